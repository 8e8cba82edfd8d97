"""Which columns of a file of predictions mean what: as the system's events declare it, or as somebody says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from careloop.domain.count_plan import ColumnKind
from careloop.domain.evaluated import EvaluatedColumns, NotEvaluated
from careloop.domain.system import EventSchema, EventType, System
from careloop.errors import UsageError

__all__ = ["ColumnWishes", "FoundColumns", "find_columns"]

_YES: Mapping[ColumnKind, str] = {ColumnKind.FLAG: "true", ColumnKind.INTEGER: "1"}
"""What "yes" is in a column that can say only yes or no."""
_ROLES = ("prediction", "label", "score", "unit", "reasons")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnWishes:
    """What the caller says about columns; everything else follows from the system's event schema."""

    mapped: Mapping[str, str] = field(default_factory=dict)
    """`label`, `groups.sex`, `features.age`, … -> the column that has it."""
    favourable: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundColumns:
    """The columns, and what is declared and not there."""

    columns: EvaluatedColumns
    absent: tuple[NotEvaluated, ...]


def find_columns(system: System, kinds: Mapping[str, ColumnKind], wishes: ColumnWishes) -> FoundColumns:
    """Find every column by the name that events use (`groups.sex`), by its bare name, or by what is mapped.

    Raises `UsageError` when there is no column of predictions, a mapped column is not there, or nobody says which
    predictions or labels are the favourable ones.
    """
    schema = system.events or EventSchema()
    _check(wishes, schema, kinds)
    roles = {role: _column(role, role, wishes, kinds) for role in _ROLES}
    if roles["prediction"] is None:
        raise UsageError(
            "the rows have no column 'prediction'",
            hint=f"say which it is, as --map prediction={next(iter(sorted(kinds)), 'COLUMN')}; they have "
            + ", ".join(sorted(kinds)),
        )
    groups, no_groups = _declared("groups", schema.groups, wishes, kinds)
    features, no_features = _declared("features", schema.features, wishes, kinds)
    for name, mapped in wishes.mapped.items():
        part, _, field_ = name.partition(".")
        if part in ("groups", "features"):
            (groups if part == "groups" else features)[field_] = mapped
    label = roles["label"]
    words = [f"features.{name}" for name, declared in schema.features.items() if declared.type is EventType.TEXT]
    texts = [column for name in words if (column := features.get(name.partition(".")[2]))]
    found = EvaluatedColumns(
        prediction=roles["prediction"],
        favourable=_meant(roles["prediction"], wishes.favourable, kinds, "--favourable", "predictions"),
        label=label,
        positive=() if label is None else _meant(label, wishes.positive, kinds, "--positive", "labels"),
        score=roles["score"],
        unit=roles["unit"],
        reasons=roles["reasons"],
        groups=groups,
        features=features,
        texts=tuple(dict.fromkeys([*wishes.texts, *texts])),
    )
    return FoundColumns(columns=found, absent=(*_roles_absent(found), *no_groups, *no_features))


def _check(wishes: ColumnWishes, schema: EventSchema, kinds: Mapping[str, ColumnKind]) -> None:
    for name, column in wishes.mapped.items():
        part, _, field_ = name.partition(".")
        if name not in _ROLES and not (part in ("groups", "features") and field_):
            raise UsageError(
                f"--map {name}={column}: there is no such part of an event",
                hint=f"{', '.join(_ROLES)}, groups.NAME and features.NAME can be mapped",
            )
        declared = {"groups": schema.groups, "features": schema.features}.get(part, {})
        if declared and field_ not in declared:
            raise UsageError(
                f"--map {name}={column}: the system declares no {part}.{field_}",
                hint=f"it declares {', '.join(sorted(declared))}: `events` of its system.yaml",
            )
    for column in (*wishes.mapped.values(), *wishes.texts):
        if column not in kinds:
            raise UsageError(f"the rows have no column '{column}'", hint=f"they have {', '.join(sorted(kinds))}")


def _column(name: str, bare: str, wishes: ColumnWishes, kinds: Mapping[str, ColumnKind]) -> str | None:
    return next((one for one in (wishes.mapped.get(name), name, bare) if one in kinds), None)


def _declared(
    part: str, fields: Mapping[str, object], wishes: ColumnWishes, kinds: Mapping[str, ColumnKind]
) -> tuple[dict[str, str], list[NotEvaluated]]:
    found: dict[str, str] = {}
    absent = []
    for name in fields:
        column = _column(f"{part}.{name}", name, wishes, kinds)
        if column is not None:
            found[name] = column
        else:
            remedy = f"add the column '{name}', or say which it is: --map {part}.{name}=COLUMN"
            absent.append(NotEvaluated(what=f"{part}.{name}", why="the rows have no such column", remedy=remedy))
    return found, absent


def _meant(
    column: str, said: Sequence[str], kinds: Mapping[str, ColumnKind], option: str, what: str
) -> tuple[str, ...]:
    if said:
        return tuple(said)
    usual = _YES.get(kinds[column])
    if usual is None:
        raise UsageError(
            f"nobody says which {what} in '{column}' are the favourable ones",
            hint=f"name them: {option} VALUE, repeat for several",
        )
    return (usual,)


def _roles_absent(found: EvaluatedColumns) -> Iterator[NotEvaluated]:
    wants = {
        "label": (found.label, "how often it is right, and error rates by group"),
        "score": (found.score, "ROC-AUC, Brier score and calibration"),
        "reasons": (found.reasons, "how many decisions carry a reason"),
    }
    for role, (column, what) in wants.items():
        if column is None:
            remedy = f"add the column '{role}', or say which it is: --map {role}=COLUMN"
            yield NotEvaluated(what=what, why=f"the rows have no column '{role}'", remedy=remedy)
    if not found.groups:
        yield NotEvaluated(
            what="fairness between groups",
            why="no attribute of groups is declared or found",
            remedy="declare `events: groups:` in system.yaml, or say --map groups.NAME=COLUMN; where the law forbids "
            "to ask, document the basis (`protected_basis`)",
        )
