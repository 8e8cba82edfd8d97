"""An evaluation in words: the answer first, then what was measured, for the terminal, machines and the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from careloop.domain.evaluated import Aspect, Examined, ModelEvaluation
from careloop.domain.measured import Outcome
from careloop.domain.model_look import ModelLook

__all__ = [
    "OUTCOME_WORDS",
    "answer",
    "evaluation_json",
    "evaluation_lines",
    "interval_words",
    "look_words",
    "number",
    "tier_words",
]

OUTCOME_WORDS: Final = {
    Outcome.SHOWN_SAFE: "shown safe",
    Outcome.SHOWN_HARMFUL: "shown harmful",
    Outcome.CANNOT_TELL: "cannot tell",
}
_STYLES: Final = {Outcome.SHOWN_SAFE: "good", Outcome.SHOWN_HARMFUL: "bad", Outcome.CANNOT_TELL: "warn"}


def answer(found: ModelEvaluation) -> str:
    """What the evaluation comes to, in one or two sentences."""
    limited = [one for one in found.examined if one.outcome is not None]
    if not limited:
        return "No limit is declared, so nothing is decided: these figures say what is, not whether it is good enough."
    counts = {outcome: [one for one in limited if one.outcome is outcome] for outcome in Outcome}
    parts = []
    if harm := counts[Outcome.SHOWN_HARMFUL]:
        parts.append(f"{len(harm)} of {len(limited)} shown harmful: {_names(harm)}.")
    if doubt := counts[Outcome.CANNOT_TELL]:
        parts.append(f"{len(doubt)} of {len(limited)} cannot be told either way: {_names(doubt)}.")
    if not parts:
        parts.append(f"All {len(limited)} figures with a limit are shown safe.")
    failed = [one.rule for one in found.demands if one.applies and not one.held]
    if failed:
        parts.append(f"As it stands the gate would not let tier {tier_words(found)} through: {', '.join(failed)}.")
    return " ".join(parts)


def tier_words(found: ModelEvaluation) -> str:
    """The tier as people write it."""
    return found.tier.value.replace("_", " ")


def _names(figures: list[Examined]) -> str:
    names = [one.name for one in figures]
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def number(value: float | None) -> str:
    """Four leading digits, or five places for what is near nothing; a dash for none."""
    if value is None:
        return "–"
    return f"{value:.4g}" if value == 0 or abs(value) >= 0.001 else f"{value:.5f}"


def interval_words(one: Examined) -> str:
    """`0.71 to 0.83`, or nothing."""
    low, high = one.result.interval or (None, None)
    return "" if low is None or high is None else f"{number(low)} to {number(high)}"


def evaluation_lines(found: ModelEvaluation) -> Iterator[tuple[str, str]]:
    """Style and text of each line for the terminal."""
    yield "heading", answer(found)
    yield "", f"{found.name}, tier {tier_words(found)}: {found.rows:,} rows, {_labelled(found)}"
    width = max(len(one.name) for one in found.examined)
    for aspect in Aspect:
        figures = found.of(aspect)
        if figures:
            yield "heading", aspect.value
        for one in figures:
            yield from _lines_of(one, width)
        if aspect is Aspect.EXPLAINABILITY and found.importance:
            yield (
                "detail",
                "    what matters: " + ", ".join(f"{one} {number(mean)}" for one, mean, *_ in found.importance[:8]),
            )
            yield "detail", f"    {look_words(found)}"
    yield from _demand_lines(found)
    if found.not_evaluated:
        yield "heading", "not looked at"
    for missing in found.not_evaluated:
        yield "warn", f"  {missing.what}: {missing.why}"
        yield "detail", f"    mend: {missing.remedy}"


def look_words(found: ModelEvaluation) -> str:
    """How importance was taken, in a sentence."""
    look = found.look
    if look is None:
        return "importance as its file gives it"
    part = f"{look.rows:,} of {look.sampled_from:,}" if look.sampled_from > look.rows else f"{look.rows:,}"
    what = "ROC-AUC" if look.scoring == "roc_auc" else "accuracy"
    return (
        f"importance: loss of {what} ({number(look.score)}) when an input is shuffled, over {len(look.resamples)} "
        f"draws of {part} labelled rows; {look.kind}"
    )


def _labelled(found: ModelEvaluation) -> str:
    return "no labels" if found.labelled is None else f"{found.labelled:,} labelled"


def _lines_of(one: Examined, width: int) -> Iterator[tuple[str, str]]:
    result = one.result
    value = f"none: {result.reason}" if result.value is None else number(result.value)
    bounds = f" [{interval_words(one)}]" if interval_words(one) else ""
    rows = "" if result.n is None else f"  n = {result.n:,}"
    decided = "" if one.outcome is None else f"  {OUTCOME_WORDS[one.outcome]}, limit {one.limit}"
    yield _STYLES.get(one.outcome, "") if one.outcome else "", f"  {one.name:<{width}}  {value}{bounds}{rows}{decided}"
    if one.outcome is not None and one.outcome is not Outcome.SHOWN_SAFE:
        needed = f"; about {one.rows_needed:,} rows in all would tell" if one.rows_needed else ""
        yield "detail", f"    {one.because}{needed}"


def _demand_lines(found: ModelEvaluation) -> Iterator[tuple[str, str]]:
    applied = [one for one in found.demands if one.applies]
    if applied:
        yield "heading", f"what tier {tier_words(found)} demands of results"
    for one in applied:
        yield "good" if one.held else "bad", f"  {'held' if one.held else 'not held'}: {one.sentence}  [{one.rule}]"
        if not one.held and one.remedy:
            yield "detail", f"    mend: {one.remedy}"


def _look_json(look: ModelLook | None) -> dict[str, Any] | None:
    if look is None:
        return None
    return {name: getattr(look, name) for name in ("kind", "digest", "scoring", "score", "rows", "sampled_from")}


def evaluation_json(found: ModelEvaluation) -> dict[str, Any]:
    """The evaluation for machines: the results file as it is, and beside it all figures, demands and gaps."""
    return {
        "schema": "careloop/evaluation/v1",
        "system": found.system,
        "tier": found.tier.value,
        "answer": answer(found),
        "rows": found.rows,
        "labelled": found.labelled,
        "files": [{"role": role, "name": name, "digest": digest} for role, name, digest in found.files],
        "figures": [
            {
                "aspect": one.aspect.value,
                **json.loads(one.result.model_dump_json(exclude_none=True)),
                "limit_words": one.limit,
                "rows_needed": one.rows_needed,
                "digest": one.digest,
                "note": one.note,
            }
            for one in found.examined
        ],
        "demands": [
            {"rule": one.rule, "sentence": one.sentence, "applies": one.applies, "held": one.held}
            for one in found.demands
        ],
        "importance": [
            {"input": name, "mean": mean, "lowest": low, "highest": high} for name, mean, low, high in found.importance
        ],
        "model": _look_json(found.look),
        "not_evaluated": [{"what": one.what, "why": one.why, "remedy": one.remedy} for one in found.not_evaluated],
        "results": json.loads(found.results.model_dump_json(by_alias=True, exclude_none=True)),
    }
