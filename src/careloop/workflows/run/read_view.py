"""Read a view on: what is new first, then what lies further back, in parts that a server answers quickly.

Every part is kept as soon as it is there, so that a server that gives up over the past still gives the present. What
was read never has a gap inside: the next reading knows how far it came from two instants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.noun import seconds_in
from careloop.domain.view import PrometheusView, ViewKey
from careloop.errors import CareloopError, InvalidInput
from careloop.ports.range_query import RangeQuery, RangeSeries
from careloop.ports.view_store import LabelledSamples, ViewRange, ViewStore

__all__ = ["ViewPart", "parts_to_read", "read_view"]

_MOST_POINTS: Final = 5_000
"""Steps of one question: a Prometheus refuses more than 11,000, and answers few quickly."""
_MOST_LINES: Final = 20
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class ViewPart:
    """A range of time to ask for; both ends are in it, at multiples of the step, in seconds since 1970."""

    since: int
    upto: int


def read_view(view: PrometheusView, key: ViewKey, source: RangeQuery, store: ViewStore, *, now: datetime) -> int:
    """Read what is lacking; how many samples came.

    What goes wrong is noted in the store and raised: what the source or the store raise, and `InvalidInput` for an
    answer whose series cannot be told apart by the view's label.
    """
    place, came = f"systems/{key.system}/system.yaml: views.{key.view}", 0
    keep_from = int(now.timestamp()) - seconds_in(view.keep)
    try:
        known = store.reading(key, since=int(now.timestamp()))
        covered = None
        if known is not None and known.digest == view.digest and known.since is not None and known.upto is not None:
            covered = ViewPart(known.since, known.upto)
        for part in parts_to_read(view, covered, now=now):
            answer = source.answer(view.query, since=part.since, upto=part.upto, step_s=seconds_in(view.step))
            lines = _lines(answer.series, view, place)
            given = ViewRange(
                key=key,
                digest=view.digest,
                since=part.since,
                upto=part.upto,
                lines=lines,
                warning="; ".join(answer.warnings) or None,
            )
            store.note(given, keep_from=keep_from, now=now)
            came += sum(len(line.samples) for line in lines)
    except CareloopError as error:
        store.note_failure(key, view.digest, error.message, now=now)
        raise
    return came


def parts_to_read(view: PrometheusView, covered: ViewPart | None, *, now: datetime) -> Iterator[ViewPart]:
    """The parts that are lacking. Each shares an instant with what is there when it is noted, the first one aside.

    From where reading ended, less the overlap, up to now; then, newest first, back to as far as the view keeps.
    """
    step, end = seconds_in(view.step), int(now.timestamp())
    last, oldest = end // step * step, -(-(end - seconds_in(view.keep)) // step) * step
    if covered is None or covered.upto < oldest or covered.since > last:
        covered = ViewPart(last, last)
        yield covered
    at = max(covered.since, oldest, (min(covered.upto, last) - seconds_in(view.overlap)) // step * step)
    while at < last:
        upto = min(at + _MOST_POINTS * step, last)
        yield ViewPart(at, upto)
        at = upto
    at = min(covered.since // step * step, last)
    while at > oldest:
        since = max(at - _MOST_POINTS * step, oldest)
        yield ViewPart(since, at)
        at = since


def _lines(series: Sequence[RangeSeries], view: PrometheusView, place: str) -> list[LabelledSamples]:
    """The series by the view's label. Raises `InvalidInput` where it does not tell them apart, or they are many."""
    if len(series) > _MOST_LINES:
        raise InvalidInput(
            f"{place}: the query has {len(series)} series; a chart holds {_MOST_LINES}",
            hint="aggregate it: sum by (LABEL) (…), or topk",
        )
    if view.by is None:
        if len(series) > 1:
            raise InvalidInput(
                f"{place}: the query has {len(series)} series, which differ in {_differing(series)}",
                hint="aggregate it, such as sum(…), or say which label tells them apart: `by: LABEL`",
            )
        return [LabelledSamples(label=None, samples=one.samples) for one in series]
    found: dict[str, RangeSeries] = {}
    for one in series:
        label = one.labels.get(view.by, "")
        if not label:
            raise InvalidInput(
                f"{place}: a series has no label '{view.by}'; its labels are {', '.join(sorted(one.labels)) or 'none'}",
                hint=f"keep the label: sum by ({view.by}) (…)",
            )
        if label in found:
            raise InvalidInput(
                f"{place}: two series have {view.by}={label}; they differ in {_differing((found[label], one))}",
                hint=f"aggregate it: sum by ({view.by}) (…)",
            )
        found[label] = one
    return [LabelledSamples(label=label, samples=one.samples) for label, one in sorted(found.items())]


def _differing(series: Sequence[RangeSeries]) -> str:
    names = sorted({name for one in series for name in one.labels})
    differing = [name for name in names if len({one.labels.get(name) for one in series}) > 1]
    return ", ".join(differing[:_NAMED]) or "nothing"
