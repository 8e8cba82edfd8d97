"""What every store of views must do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from careloop.domain.view import ViewKey, ViewReading
from careloop.ports.view_store import LabelledSamples, ViewRange, ViewStore

__all__ = ["ViewStoreContract", "a_range"]

_NOON: Final = datetime(2026, 3, 31, 12, tzinfo=UTC)
_KEY: Final = ViewKey("shop", "conversion")


def a_range(since: int, upto: int, *, digest: str = "d1", key: ViewKey = _KEY, **lines: Any) -> ViewRange:
    """A range with lines by label, each a mapping of seconds to values."""
    return ViewRange(
        key=key,
        digest=digest,
        since=since,
        upto=upto,
        lines=[LabelledSamples(label=label, samples=tuple(of.items())) for label, of in lines.items()],
    )


class ViewStoreContract(ABC):
    """Derive a test class, give it `make_store`, and run it."""

    @abstractmethod
    def make_store(self) -> ViewStore:
        """Without anything in it."""

    def test_of_a_view_that_was_never_tried_nothing_is_known(self) -> None:
        store = self.make_store()
        assert store.reading(_KEY) is None
        assert store.tried() == {}

    def test_what_was_noted_is_read_by_lines_in_order_of_time(self) -> None:
        store = self.make_store()
        store.note(a_range(100, 300, south={100: 2.0, 300: 3.0}, north={200: 1.5}), keep_from=0, now=_NOON)
        found = _there(store)
        assert (found.since, found.upto, found.read_at, found.failed) == (100, 300, _NOON, None)
        assert [(one.label, [(point.at, point.value) for point in one.points]) for one in found.series] == [
            ("north", [(200, 1.5)]),
            ("south", [(100, 2.0), (300, 3.0)]),
        ]
        assert store.tried() == {_KEY: _NOON}

    def test_a_line_of_its_own_needs_no_label(self) -> None:
        store = self.make_store()
        alone = ViewRange(
            key=_KEY, digest="d", since=1, upto=2, lines=[LabelledSamples(label=None, samples=((1, 4.0),))]
        )
        store.note(alone, keep_from=0, now=_NOON)
        (line,) = _there(store).series
        assert (line.label, line.points[0].value) == (None, 4.0)

    def test_a_range_takes_the_place_of_what_was_kept_of_it_also_where_it_has_less(self) -> None:
        store = self.make_store()
        store.note(a_range(100, 300, north={100: 1.0, 200: 2.0, 300: 3.0}, gone={200: 9.0}), keep_from=0, now=_NOON)
        store.note(a_range(200, 400, north={200: 2.5, 400: 4.0}), keep_from=0, now=_NOON)
        found = _there(store)
        assert (found.since, found.upto) == (100, 400)
        (north,) = found.series
        assert [(point.at, point.value) for point in north.points] == [(100, 1.0), (200, 2.5), (400, 4.0)]

    def test_of_another_declaration_or_beyond_a_gap_nothing_of_before_stays(self) -> None:
        for later in (a_range(200, 300, digest="d2", north={250: 7.0}), a_range(500, 600, north={500: 7.0})):
            store = self.make_store()
            store.note(a_range(100, 300, north={100: 1.0}), keep_from=0, now=_NOON)
            store.note(later, keep_from=0, now=_NOON)
            found = _there(store)
            assert (found.since, found.digest) == (later.since, later.digest)
            assert [[point.value for point in one.points] for one in found.series] == [[7.0]]

    def test_what_is_no_number_is_a_sample_without_a_value(self) -> None:
        store = self.make_store()
        store.note(a_range(0, 900, north={0: None, 300: 2.0, 600: None, 900: None}), keep_from=0, now=_NOON)
        (raw,) = _there(store).series
        assert [(point.value, point.odd) for point in raw.points] == [(None, 1), (2.0, 0), (None, 1), (None, 1)]
        (wide,) = _there(store, stretch_s=600).series
        assert [(point.at, point.value, point.samples, point.odd) for point in wide.points] == [
            (0, 2.0, 2, 1),
            (600, None, 2, 2),
        ]

    def test_a_stretch_has_the_mean_and_the_ends_of_its_samples(self) -> None:
        store = self.make_store()
        store.note(a_range(600, 1200, north={600: 1.0, 900: 4.0, 1199: 1.0, 1200: 8.0}), keep_from=0, now=_NOON)
        (line,) = _there(store, stretch_s=600).series
        first, second = line.points
        assert (first.at, first.newest, first.value, first.low, first.high) == (600, 1199, 2.0, 1.0, 4.0)
        assert (second.at, second.newest, second.value, second.samples) == (1200, 1200, 8.0, 1)

    def test_only_what_is_asked_for_is_read_and_what_is_too_old_goes(self) -> None:
        store = self.make_store()
        store.note(a_range(100, 300, north={100: 1.0, 200: 2.0, 300: 3.0}), keep_from=200, now=_NOON)
        found = _there(store)
        assert (found.since, [point.at for point in found.series[0].points]) == (200, [200, 300])
        assert [point.at for point in _there(store, since=250).series[0].points] == [300]

    def test_a_failure_is_remembered_and_takes_nothing_away(self) -> None:
        store, later = self.make_store(), _NOON + timedelta(minutes=1)
        store.note_failure(_KEY, "d1", "the server is away", now=_NOON)
        found = _there(store)
        assert (found.failed, found.read_at, found.since, found.series) == ("the server is away", None, None, ())
        store.note(a_range(100, 300, north={100: 1.0}), keep_from=0, now=_NOON)
        assert _there(store).failed is None
        store.note_failure(_KEY, "d1", "away again", now=later)
        found = _there(store)
        assert (found.failed, found.read_at, found.tried_at, len(found.series)) == ("away again", _NOON, later, 1)
        store.note_failure(_KEY, "d2", "away still", now=later)
        assert (_there(store).series, _there(store).read_at) == ((), None)

    def test_what_a_server_remarks_is_kept_until_the_next_reading(self) -> None:
        store, plain = self.make_store(), a_range(100, 300, north={100: 1.0})
        told = ViewRange(key=_KEY, digest="d1", since=100, upto=300, lines=plain.lines, warning="half of it")
        store.note(told, keep_from=0, now=_NOON)
        assert _there(store).warning == "half of it"
        store.note(plain, keep_from=0, now=_NOON)
        assert _there(store).warning is None

    def test_views_are_kept_apart_and_forgotten_when_they_are_declared_no_longer(self) -> None:
        store, other = self.make_store(), ViewKey("shop", "revenue")
        store.note(a_range(100, 300, north={100: 1.0}), keep_from=0, now=_NOON)
        store.note(a_range(100, 300, key=other, north={100: 2.0}), keep_from=0, now=_NOON)
        store.keep_only([other])
        assert store.reading(_KEY) is None
        found = store.reading(other)
        assert found is not None
        assert found.series[0].points[0].value == 2.0


def _there(store: ViewStore, **asked: int) -> ViewReading:
    found = store.reading(_KEY, **asked)
    assert found is not None
    return found
