"""Figures that a card states by itself: under `care: claims`, and in the `model-index` of a published card (R29)."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from careloop.documents.card_care import StatedFigure
from careloop.domain.card import CardClaim
from careloop.domain.place import Pointer

__all__ = ["claims_of"]

_NO_NAME = re.compile(r"[^a-z0-9._-]+")


def claims_of(
    declared: Sequence[StatedFigure], front: Mapping[str, object], line_of: Callable[[Pointer], int]
) -> tuple[CardClaim, ...]:
    """Every figure with its line; `line_of` tells the line of a key of the front matter."""
    own = [
        CardClaim(
            measure=one.measure, value=one.value, tolerance=one.tolerance, line=line_of(("care", "claims", position))
        )
        for position, one in enumerate(declared)
    ]
    return (*own, *_published(front.get("model-index"), line_of))


def _published(index: object, line_of: Callable[[Pointer], int]) -> Iterator[CardClaim]:
    for model_at, model in _items(index):
        for result_at, result in _items(model.get("results")):
            for metric_at, metric in _items(result.get("metrics")):
                measure = _measure(metric.get("type") or metric.get("name"))
                value = metric.get("value")
                if measure and isinstance(value, int | float) and not isinstance(value, bool):
                    at = ("model-index", model_at, "results", result_at, "metrics", metric_at)
                    yield CardClaim(measure=measure, value=float(value), line=line_of(at), declared=False)


def _items(value: object) -> Iterator[tuple[int, Mapping[object, object]]]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        yield from ((position, item) for position, item in enumerate(value) if isinstance(item, Mapping))


def _measure(name: object) -> str:
    """The name as measures are named: `Equal opportunity (sex)` is `equal_opportunity_sex`."""
    return _NO_NAME.sub("_", name.casefold()).strip("_.-")[:80] if isinstance(name, str) else ""
