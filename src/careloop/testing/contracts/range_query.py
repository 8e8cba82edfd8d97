"""What every store of time series must answer, on a few series that hold the same in each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Final

from careloop.errors import InvalidInput
from careloop.ports.range_query import RangeQuery, RangeSeries

__all__ = ["KEPT", "START", "RangeQueryContract"]

START: Final = 1_790_000_400
"""When the samples begin, a multiple of five minutes; seconds since 1970."""
_MINUTE: Final = 60
_NAN: Final = float("nan")

KEPT: Final[Mapping[tuple[str, str], tuple[tuple[int, float], ...]]] = {
    ("care_conversion", "north"): tuple((START + n * _MINUTE, 0.25 + n / 1000) for n in range(120)),
    ("care_conversion", "south"): tuple(
        (START + n * _MINUTE, 0.5) for n in range(120) if not 30 <= n < 60
    ),  # away for half an hour
    ("care_quotient", "north"): tuple((START + n * _MINUTE, _NAN if n % 10 == 5 else 1.5) for n in range(30)),
}
"""Metric and region to its samples: what a store must hold."""


class RangeQueryContract(ABC):
    """Subclass it and hand out a store that holds `KEPT`, each with the label `region`, and nothing else of `care_`."""

    @abstractmethod
    def make_source(self) -> RangeQuery:
        """The store."""

    def test_each_series_has_its_labels_and_a_value_at_each_step(self) -> None:
        north, south = self._of("care_conversion", since=START, upto=START + 1500, step_s=300)
        assert (north.labels["region"], south.labels["region"]) == ("north", "south")
        steps = [START + n * 300 for n in range(6)]
        assert north.samples == tuple((at, 0.25 + (at - START) / 60 / 1000) for at in steps)
        assert south.samples == tuple((at, 0.5) for at in steps)

    def test_steps_without_a_sample_are_left_out_and_never_0(self) -> None:
        _, south = self._of("care_conversion", since=START, upto=START + 7200, step_s=600)
        there = [at for at, _ in south.samples]
        assert START + 1800 in there, "a sample is current for some minutes"
        assert not {START + 2400, START + 3000} & set(there)
        assert START + 3600 in there
        assert {value for _, value in south.samples} == {0.5}

    def test_what_is_no_number_is_told_from_what_is_not_there(self) -> None:
        (north,) = self._of("care_quotient", since=START, upto=START + 600, step_s=300)
        assert north.samples == ((START, 1.5), (START + 300, None), (START + 600, 1.5))

    def test_where_nothing_is_there_is_no_series(self) -> None:
        source = self.make_source()
        assert source.answer("care_unheard_of", since=START, upto=START + 600, step_s=300).series == ()
        before = source.answer("care_conversion", since=START - 86_400, upto=START - 43_200, step_s=300)
        assert before.series == ()

    def test_one_step_is_a_range(self) -> None:
        north, _ = self._of("care_conversion", since=START + 300, upto=START + 300, step_s=300)
        assert north.samples == ((START + 300, 0.255),)

    def test_more_points_than_a_server_gives_are_refused_and_said(self) -> None:
        try:
            self.make_source().answer("care_conversion", since=START, upto=START + 11_001, step_s=1)
        except InvalidInput as error:
            said = error.message
        else:
            said = "11,002 points were answered"
        assert "11,000 points" in said

    def _of(self, query: str, *, since: int, upto: int, step_s: int) -> list[RangeSeries]:
        found = self.make_source().answer(query, since=since, upto=upto, step_s=step_s)
        assert found.warnings == ()
        return sorted(found.series, key=lambda one: one.labels["region"])
