"""How many answers were served: counted by a census, else estimated from the sample rate."""

from careloop.domain.counts import CellKey, CountTable
from careloop.measures.served import served, served_by_release, served_plan

COLUMNS = ("events", "weight", "census")


def a_table(**releases: tuple[int, int, int]) -> CountTable:
    return CountTable(COLUMNS, {CellKey("served", name, 0, "", 0, 0): counts for name, counts in releases.items()})


def test_the_plan_counts_what_the_measure_reads() -> None:
    assert served_plan().columns == COLUMNS


def test_without_a_census_each_event_stands_for_one_over_its_sample_rate() -> None:
    found = served(a_table(v1=(3, 30_000_000, 0)))
    assert (found.value, found.n, found.note) == (30.0, 3, "by sample rate")


def test_a_census_says_the_true_count() -> None:
    found = served(a_table(v1=(3, 30_000_000, 41)))
    assert (found.value, found.n, found.note) == (41.0, 3, "by census")


def test_a_census_that_says_less_than_was_seen_is_not_believed() -> None:
    assert served(a_table(v1=(50, 50_000_000, 41))).value == 50.0


def test_nothing_served_is_nought() -> None:
    assert served(CountTable(COLUMNS, {})).value == 0.0


def test_each_release_is_counted_by_itself() -> None:
    found = served_by_release(a_table(v1=(1, 2_000_000, 0), v2=(1, 1_000_000, 99)))
    assert {release: measured.value for release, measured in found.items()} == {"v1": 2.0, "v2": 99.0}
