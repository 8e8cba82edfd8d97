"""Objectives as they stand, as JSON and as lines below the scorecard (R3)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from careloop.domain.objective_standing import ObjectiveStanding, ObjectiveState

__all__ = ["objective_json", "objective_lines"]

_STYLES: Final[Mapping[ObjectiveState, str]] = {
    ObjectiveState.MET: "good",
    ObjectiveState.OPEN: "warn",
    ObjectiveState.MISSED: "bad",
}
_SIGNS: Final = {">=": "at least", "<=": "at most"}


def objective_json(standing: ObjectiveStanding) -> dict[str, Any]:
    """One objective; `value` is null without a figure, and `because` then says why."""
    one = standing.objective
    return {
        "id": one.id,
        "text": one.text,
        "metric": one.metric,
        "relation": one.relation,
        "target": one.target,
        "unit": standing.unit,
        "due": one.due.isoformat(),
        "owner": one.owner,
        "state": standing.state.value,
        "value": standing.value,
        "n": standing.n,
        "because": standing.because,
    }


def objective_lines(standings: Iterable[ObjectiveStanding]) -> Iterator[tuple[str, str]]:
    """A head and a line each, with a style; nothing where there is no objective."""
    rows = tuple(standings)
    if not rows:
        return
    yield "heading", "Objectives"
    for row in rows:
        one = row.objective
        target = f"{_SIGNS[one.relation]} {one.target:g} {row.unit}".strip() if one.target is not None else "by people"
        value = "no value" if row.value is None else f"{row.value:.4g} {row.unit} (n {row.n:,})"
        measured = f"{one.metric} {value}, {target}" if one.metric else target
        state = row.state.value.replace("_", " ")
        yield _STYLES.get(row.state, "grey"), f"{state:<11}{one.id}  {measured}  by {one.due} ({one.owner})"
        yield "grey", f"{'':<11}{row.because}"
    yield "", ""
