"""Every lake keeps the promises of the port: in memory, in segments, in Parquet, and between the two."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.domain.event import Event
from careloop.domain.event_rows import View
from careloop.domain.label_spec import Maturity
from careloop.errors import Unavailable
from careloop.ports.lake import Appended, Lake, Reading
from careloop.testing.contracts.lake import LakeContract, a_label, agreed_tables, plans_of_all_sorts
from careloop.testing.event_builders import NOON, an_event
from careloop.testing.lake_fake import LakeFake


class TestLakeFake(LakeContract):
    def make_lake(self) -> Lake:
        return LakeFake()

    def test_out_of_reach_means_unavailable(self) -> None:
        lake = LakeFake()
        lake.out_of_reach = True
        with pytest.raises(Unavailable):
            lake.append([an_event(1)], now=NOON)
        with pytest.raises(Unavailable):
            lake.watermark()


class _InFolders(LakeContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(n) for n in count())


class TestSegments(_InFolders):
    def make_lake(self) -> Lake:
        return open_lake(next(self._folders))


class CompactingLake(ParquetLake):
    """Compacts after each batch but one in `every`, so that reads find events on both sides."""

    every = 1

    def append(self, events: Sequence[Event], *, now: datetime) -> Appended:
        answer = super().append(events, now=now)
        if answer.last_seq % self.every == 0:
            self.close_segments(even_if_small=True)
            self.compact()
        return answer


class TestParquet(_InFolders):
    def make_lake(self) -> Lake:
        return CompactingLake(next(self._folders), segment_bytes=2**20)


class SometimesCompactingLake(CompactingLake):
    every = 2


class TestSegmentsAndParquet(_InFolders):
    def make_lake(self) -> Lake:
        return SometimesCompactingLake(next(self._folders), segment_bytes=500)


ANSWERS = st.sampled_from(["approve", "no", True, 1, 1.0, 0.25, None])
TIMES = st.integers(-200_000, 0).map(lambda minutes: datetime.fromtimestamp(NOON.timestamp() + minutes, NOON.tzinfo))


@st.composite
def inferences(draw: st.DrawFn, number: int) -> Event:
    """An inference with any of the fields that plans read."""
    chosen: dict[str, Any] = {
        "prediction": draw(ANSWERS),
        "score": draw(st.none() | st.floats(0, 1)),
        "features": {"hours": draw(st.none() | st.floats(-5, 80) | st.integers(0, 80))},
        "groups": {"sex": draw(st.sampled_from([None, "female", "male"]))},
        "segment": {"region": draw(st.none() | st.text(min_size=1, max_size=3).filter(str.isprintable))},
        "business": {"amount": draw(st.none() | st.floats(-1e6, 1e6))},
        "latency_ms": draw(st.none() | st.floats(0, 1e7)),
        "sample_rate": draw(st.none() | st.sampled_from([1, 0.5, 0.001])),
        "unit": draw(st.none() | st.sampled_from(["u1", "u2", "é"])),
        "occurred_at": draw(TIMES).isoformat(),
        "drill": draw(st.none() | st.booleans()),
    }
    return an_event(number, **chosen)


@st.composite
def labels(draw: st.DrawFn, number: int) -> Event:
    """A label or outcome of one of the first few inferences."""
    return a_label(
        draw(st.integers(0, 5)),
        id=f"label-{number}",
        kind=draw(st.sampled_from(["label", "outcome"])),
        label=draw(st.sampled_from(["approve", "no"])),
        value=draw(st.none() | st.floats(0, 1)),
        occurred_at=draw(TIMES).isoformat(),
        drill=draw(st.none() | st.booleans()),
    )


@st.composite
def batches(draw: st.DrawFn) -> list[list[Event]]:
    """Events in some order, cut into batches."""
    numbers = draw(st.lists(st.integers(0, 9), max_size=10, unique=True))
    events = [draw(inferences(n)) if draw(st.booleans()) or n < 3 else draw(labels(n)) for n in numbers]
    return [events[at : at + 3] for at in range(0, len(events), 3)]


@settings(max_examples=10)
@given(given=batches(), compacted=st.integers(0, 4), view=st.sampled_from(View))
def test_duckdb_over_parquet_and_numpy_in_process_agree_on_any_events(
    given: list[list[Event]], compacted: int, view: View
) -> None:
    with TemporaryDirectory() as folder:
        lake = open_lake(Path(folder))
        for n, batch in enumerate(given):
            lake.append(batch, now=NOON + timedelta(minutes=50 * n))
            if n < compacted:
                lake.close_segments(even_if_small=True)
                lake.compact()
        maturity = Maturity(after=timedelta(hours=1), otherwise="no") if view is View.MATURED else None
        reading = Reading(system="credit", upto=lake.watermark(), view=view, maturity=maturity)
        tables = agreed_tables(lake, reading, plans_of_all_sorts(view))
        lake.close()
        kept = [event for batch in given for event in batch if event.kind == "inference"]
        if view is View.OCCURRED:
            assert tables[3].by_group().get("inference", (0,))[0] == len(kept)
