"""`care evaluate`: from a file of predictions to results for the gate and to what a reviewer wants to know (R42-R45).

Reads the governance documents as they lie in the work tree; writes and records nothing. The gate makes every test
again by itself, on the documents in force.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from careloop.checks.catalogue import Catalogue
from careloop.checks.rule_book import build_rule_book
from careloop.checks.subjects import Cases
from careloop.checks.vocabulary import vocabulary_for
from careloop.documents.compile import compile_tree
from careloop.domain.count_plan import ColumnKind
from careloop.domain.evaluated import (
    Aspect,
    Examined,
    ModelEvaluation,
    NotEvaluated,
    TierDemand,
)
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Measured, Outcome
from careloop.domain.model_look import ModelLook
from careloop.domain.release import Release, Result, ResultsFile
from careloop.domain.repository import Repository
from careloop.domain.rule import Subject
from careloop.domain.rule import Verdict as RuleVerdict
from careloop.domain.system import EventSchema, System
from careloop.domain.tier import Moment
from careloop.errors import NotFound
from careloop.measures.importance_stability import importance_stability
from careloop.measures.rate import rate_of
from careloop.measures.scored_rows import brier_score, roc_auc
from careloop.ports.repository_source import RepositorySource
from careloop.ports.row_files import RowFiles
from careloop.ports.standards_library import StandardsLibrary
from careloop.rules.engine import bind
from careloop.rules.evaluate import evaluate
from careloop.rules.facts import facts_for
from careloop.workflows.run.evaluated_counts import LEVEL, CountedLine, count_evaluation
from careloop.workflows.run.evaluated_rows import EvaluatedRows, RowValues, importance_of, membership_advantage
from careloop.workflows.run.evaluation_columns import ColumnWishes, FoundColumns, find_columns
from careloop.workflows.run.evaluation_limits import examine, line_of
from careloop.workflows.run.explained_model import explanation_figures, unlike_answers

__all__ = ["UNLOCKED", "EvaluationAsk", "EvaluationData", "EvaluationPlan", "evaluate_predictions", "plan_evaluation"]

UNLOCKED: Final = "unlocked"
"""In place of a lock while nobody says which release is measured; never accepted by a gate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationAsk:
    """What is evaluated, and what the caller adds to the system's document."""

    system: str
    wishes: ColumnWishes
    stated: tuple[ExpectedResult, ...] = ()
    """Limits stated at the call; those of system.yaml hold beside them."""
    min_n: int = 30
    """Least rows of a group that is compared."""
    lock: str | None = None
    """Digest of the release lock that the predictions come from."""
    files: tuple[tuple[str, str, str], ...] = ()
    """Role (`predictions`, `reference`, `importance`, `model`, `data`), name and digest of each file."""
    looked: Mapping[str, int] = field(default_factory=dict)
    """How a model was looked at: `seed`, `resamples`, `most_rows`."""
    model_is_locked: bool | None = None
    """Whether the model's file is one that the lock names by digest; null when there is no lock to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """The system and its columns; the rows must be read for `exact` and, of the reference, `of_reference`."""

    ask: EvaluationAsk
    repository: Repository
    system: System
    found: FoundColumns
    exact: tuple[str, ...]
    of_reference: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationData:
    """The rows: to be counted by an engine, and the columns that must be looked at row by row."""

    rows: RowFiles
    values: RowValues
    reference: RowFiles | None = None
    reference_values: RowValues | None = None
    importance: RowValues | None = None
    look: ModelLook | None = None
    """What the model itself showed; its importance stands in for a file of importance."""


def plan_evaluation(
    ask: EvaluationAsk, source: RepositorySource, rows: RowFiles, reference: RowFiles | None = None
) -> EvaluationPlan:
    """Find the system and its columns. Raises `NotFound` for an unknown system, `UsageError` for unclear columns."""
    repository = compile_tree(source.work_tree()).repository
    systems = repository.nouns(System)
    system = next((one for one in systems if one.id == ask.system), None)
    if system is None:
        known = ", ".join(sorted(one.id for one in systems)) or "none"
        raise NotFound(f"there is no system '{ask.system}' in the inventory", hint=f"there are: {known}")
    found = find_columns(system, rows.kinds, ask.wishes)
    columns = found.columns
    named = (columns.prediction, columns.label, columns.score, columns.reasons)
    exact = dict.fromkeys([one for one in named if one] + [*columns.groups.values(), *columns.texts])
    watched = [*columns.features.values(), *columns.groups.values(), columns.label, columns.score]
    kinds = {} if reference is None else reference.kinds
    wanted = [one for one in watched if one and (kinds.get(one) is ColumnKind.TEXT or one in named) and one in kinds]
    return EvaluationPlan(
        ask=ask,
        repository=repository,
        system=system,
        found=found,
        exact=tuple(exact),
        of_reference=tuple(dict.fromkeys(wanted)),
    )


def evaluate_predictions(
    plan: EvaluationPlan, data: EvaluationData, *, standards: StandardsLibrary, version: str, now: datetime
) -> ModelEvaluation:
    """Take every figure that the rows allow and hold it against its limits."""
    ask, system, columns = plan.ask, plan.system, plan.found.columns
    limits = [(one, "system.yaml") for one in system.evaluation] + [(one, "stated at the call") for one in ask.stated]
    counted, left_out = count_evaluation(
        columns, data.rows, data.reference, categories=_categories(plan, data), min_n=ask.min_n
    )
    seen, rows = [_seen(one, limits) for one in counted], EvaluatedRows(columns, data.values)
    resamples = importance_of(data.importance, _name(ask, "importance")) if data.importance else []
    for aspect, name, of, measured, counts in _exact(rows, plan, data, resamples):
        line = line_of(name, measured, of=of, counted=counts)
        seen.append(examine(aspect, line, limits, note=measured.note))
    seen.sort(key=lambda one: list(Aspect).index(one.aspect))
    results = _results(plan, seen, version, now)
    return ModelEvaluation(
        system=system.id,
        name=system.name,
        tier=system.tier,
        rows=len(rows.answers),
        labelled=sum(one is not None for one in rows.labels) if rows.labels else None,
        columns=columns,
        files=ask.files,
        results=results,
        examined=tuple(seen),
        demands=tuple(_demands(plan, results, standards, now)),
        not_evaluated=(
            *plan.found.absent,
            *left_out,
            *_not_looked_at(plan, data, resamples, seen),
            *_unlike(data, rows, ask),
        ),
        measured_at=now,
        confusion=rows.confusion(),
        curves=tuple(rows.curves(min_n=ask.min_n)),
        importance=_importance(resamples or (data.look.resamples if data.look else ())),
        look=data.look,
        personal_data=rows.personal_data()[1],
    )


def _seen(one: CountedLine, limits: Sequence[tuple[ExpectedResult, str]]) -> Examined:
    return examine(one.aspect, one.line, limits, digest=one.digest, note=one.note)


def _unlike(data: EvaluationData, rows: EvaluatedRows, ask: EvaluationAsk) -> Iterator[NotEvaluated]:
    if data.look is not None:
        yield from unlike_answers(data.look, rows, locked=ask.model_is_locked)


def _categories(plan: EvaluationPlan, data: EvaluationData) -> Mapping[str, Sequence[str]]:
    """Of each column of texts: the declared values, else those of the reference."""
    schema = plan.system.events or EventSchema()
    columns = plan.found.columns
    declared = [
        (column, fields[name].values)
        for fields, named in ((schema.features, columns.features), (schema.groups, columns.groups))
        for name, column in named.items()
        if name in fields
    ]
    found: dict[str, Sequence[str]] = {
        column: sorted({str(one) for one in values if one is not None})
        for column, values in (data.reference_values or {}).items()
    }
    return {**found, **{column: values for column, values in declared if values}}


def _exact(
    rows: EvaluatedRows, plan: EvaluationPlan, data: EvaluationData, resamples: Sequence[Mapping[str, float]]
) -> Iterator[tuple[Aspect, str, str | None, Measured, bool]]:
    """Figures that need the rows: aspect, measure, what of, value, and whether it follows from counts."""
    scores, labels = [one for _, one, _ in rows.scored], [one for _, _, one in rows.scored]
    if plan.found.columns.score and plan.found.columns.label:
        yield Aspect.PERFORMANCE, "roc_auc", None, roc_auc(scores, labels, level=LEVEL), False
        yield Aspect.CALIBRATION, "brier", None, brier_score(scores, labels, level=LEVEL), False
    if resamples:
        stability = importance_stability(resamples, level=LEVEL)
        yield Aspect.EXPLAINABILITY, "importance_stability", None, stability, False
    if data.look is not None:
        for name, of, measured, counts in explanation_figures(data.look, rows, level=LEVEL):
            yield Aspect.EXPLAINABILITY, name, of, measured, counts
    coverage = rows.reason_coverage()
    if coverage is not None:
        yield Aspect.EXPLAINABILITY, "reason_code_coverage", None, coverage, True
    trained = EvaluatedRows(rows.columns, _scored_by_model(plan, data))
    if trained.scored and rows.scored:
        advantage = membership_advantage(trained.losses(), rows.losses())
        yield Aspect.PRIVACY, "membership_advantage", None, advantage, True
    for attribute, leak in rows.inversion(level=LEVEL):
        yield Aspect.PRIVACY, "inversion_advantage", attribute, leak, False
    tally, _ = rows.personal_data()
    if tally.n:
        yield Aspect.PRIVACY, "pii_found", None, rate_of(tally, level=LEVEL), True


def _scored_by_model(plan: EvaluationPlan, data: EvaluationData) -> RowValues:
    """The training rows; where they lack the model's score and the model itself is there, with the score it gives."""
    column, values = plan.found.columns.score, data.reference_values or {}
    if column is None or column in values or data.look is None or not data.look.training_scores:
        return values
    return {**values, column: data.look.training_scores}


def _results(plan: EvaluationPlan, seen: Sequence[Examined], version: str, now: datetime) -> ResultsFile:
    """What the gate gets: figures with a limit. How they were taken is digested, so that a change of it shows."""
    ask, columns = plan.ask, plan.found.columns
    settings = {
        "careloop": version,
        "min_n": ask.min_n,
        "level": LEVEL,
        "columns": {"prediction": columns.prediction, "label": columns.label, "score": columns.score}
        | {f"groups.{name}": column for name, column in columns.groups.items()}
        | {f"features.{name}": column for name, column in columns.features.items()},
        "favourable": columns.favourable,
        "positive": columns.positive,
        "stated": [one.model_dump(mode="json") for one in ask.stated],
        "looked": dict(ask.looked),
        "files": [(role, digest) for role, _, digest in ask.files if role != "predictions"],
    }
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return ResultsFile.model_validate(
        {
            "schema": "careloop/results/v1",
            "system": plan.system.id,
            "lock": ask.lock or UNLOCKED,
            "data_digest": next((digest for role, _, digest in ask.files if role == "predictions"), None),
            "config_digest": f"sha256:{sha256(text.encode()).hexdigest()}",
            "measured_at": now,
            "results": tuple(one.result for one in seen if one.outcome is not None),
        }
    )


def _demands(
    plan: EvaluationPlan, results: ResultsFile, standards: StandardsLibrary, now: datetime
) -> Iterator[TierDemand]:
    """Each rule of the gate that reads results, on these results."""
    told = tuple(
        Result(measure=one.measure, outcome=one.outcome or Outcome.CANNOT_TELL, value=one.value, n=one.n or 0)
        for one in results.results
    )
    release = Release(
        id=plan.system.id,
        system=plan.system.id,
        environment="evaluation",
        lock=results.lock or UNLOCKED,
        results=told,
        card_digest_matches=False,
        results_match_lock=False,
        approvals=0,
        independent_validation=False,
        rollback_target_ready=False,
    )
    book = build_rule_book(plan.repository, Catalogue(standards.read_all()), frozenset({Moment.RELEASE}))
    cases = Cases(plan.repository, now)
    case = next(one for one in cases.of(Subject.SYSTEM) if one.id == plan.system.id)
    vocabulary = vocabulary_for(Subject.RELEASE, clock=True)
    beside = {name: value for name, value in case.values.items() if name in ("system", "criteria", "now")}
    facts = bind(vocabulary, facts_for(vocabulary, {**beside, "release": release}))
    for rule in book.at(Moment.RELEASE):
        if rule.rule.subject is not Subject.RELEASE or "release.results" not in _fields(rule.reads):
            continue
        found = evaluate(rule, facts)
        yield TierDemand(
            rule=rule.id,
            sentence=rule.rule.sentence,
            held=found.verdict is RuleVerdict.ALLOW,
            applies=found.verdict is not RuleVerdict.NOT_APPLICABLE,
            because=tuple(found.explanation),
            remedy=rule.rule.remedy or "",
        )


def _fields(paths: Sequence[str] | frozenset[str]) -> set[str]:
    return {".".join(path.split(".")[:2]) for path in paths}


def _not_looked_at(
    plan: EvaluationPlan, data: EvaluationData, resamples: Sequence[object], seen: Sequence[Examined]
) -> Iterator[NotEvaluated]:
    """What the rows and files did not allow to be told."""
    if not resamples and data.look is None:
        yield NotEvaluated(
            what="which inputs matter, and whether that is stable",
            why="neither a model nor a file of importance was given",
            remedy="give the model: --model FILE; or --importance FILE with feature, importance and resample",
        )
    measures = {one.result.measure for one in seen}
    if "membership_advantage" not in measures:
        yield NotEvaluated(
            what="whether the model gives away who it was trained on",
            why="there are no labelled and scored training rows" if data.reference else "no training data was given",
            remedy="give --reference FILE with the model's score and the label of each training row",
        )
    if not plan.found.columns.texts:
        yield NotEvaluated(
            what="personal data in free text",
            why="no column holds free text",
            remedy="name one, if there is any: --text COLUMN",
        )
    given = {one.result.measure for one in seen}
    for expected in plan.system.evaluation:
        if expected.measure not in given:
            yield NotEvaluated(
                what=f"{expected.measure}, which system.yaml asks for",
                why="these rows do not give it",
                remedy="give the columns or files that it needs, or another results file to the gate as well",
            )


def _importance(resamples: Sequence[Mapping[str, float]]) -> tuple[tuple[str, float, float, float], ...]:
    """Mean, lowest and highest importance of each input, the most important first."""
    names = dict.fromkeys(name for one in resamples for name in one)
    rows = []
    for name in names:
        known = [one[name] for one in resamples if name in one]
        rows.append((name, sum(known) / len(known), min(known), max(known)))
    return tuple(sorted(rows, key=lambda row: (-row[1], row[0])))


def _name(ask: EvaluationAsk, role: str) -> str:
    return next((name for one, name, _ in ask.files if one == role), role)
