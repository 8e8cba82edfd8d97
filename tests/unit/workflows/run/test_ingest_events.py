"""A batch is taken row by row, and the report says what became of every row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.event_batch import BatchRow, SentRows, Unreadable, read_json_events
from careloop.domain.event_contract import EventContract
from careloop.domain.event_report import IngestReport, RefusedRow, counted_names
from careloop.errors import InvalidInput, Unavailable
from careloop.ports.lake import Reading
from careloop.testing.event_builders import NOON, ReleasesFake, a_row, a_schema
from careloop.testing.lake_fake import LakeFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.schema_notes_fake import SchemaNotesFake
from careloop.testing.source_tree_builder import edited, small_repository, with_file
from careloop.workflows.run.ingest_events import Intake, event_contracts, ingest_events


class CountingReleases(ReleasesFake):
    asked = 0

    def resolve(self, system: str, name: str) -> str | None:
        self.asked += 1
        return super().resolve(system, name)


def an_intake(lake: LakeFake | None = None, releases: ReleasesFake | None = None) -> Intake:
    return Intake(
        lake=lake or LakeFake(),
        contracts={system: EventContract.of(system, a_schema()) for system in ("credit", "shop")},
        releases=releases or ReleasesFake(),
    )


def rows(*given: object) -> list[BatchRow]:
    return [BatchRow(at, row) for at, row in enumerate(given)]


def test_half_of_a_batch_is_bad_and_the_other_half_is_kept() -> None:
    lake = LakeFake()
    later = (NOON + timedelta(hours=1)).isoformat()
    batch = rows(
        a_row(1),
        a_row(2, score=float("nan")),
        a_row(3),
        a_row(4, occurred_at=later),
        a_row(1),
        a_row(5, features={"age": 3, "shoe": 4}, drill=True),
        Unreadable("the row is not JSON"),
        a_row(6, release="v9"),
    )
    report = ingest_events(batch, an_intake(lake), now=NOON)
    assert (report.accepted, report.duplicates, report.marked, report.last_seq) == (3, 1, 1, 3)
    assert [(row.index, row.reason.partition(":")[0]) for row in report.refused] == [
        (1, "score"),
        (3, "occurred_at"),
        (6, "the row is not JSON"),
        (7, "release"),
    ]
    assert (report.rows, report.refused_rows, report.dropped) == (8, 4, {"features.shoe": 1})
    kept = [each.event.id for each in lake.events(Reading(system="credit", upto=9))]
    assert kept == ["event-1", "event-3", "event-5"]


def test_a_batch_of_one_system_fills_the_system_in_and_takes_no_other() -> None:
    lake = LakeFake()
    batch = rows(a_row(1, system=None), a_row(2), a_row(3, system="shop"))
    report = ingest_events(batch, an_intake(lake), now=NOON, system="credit")
    assert report.refused == (RefusedRow(2, "system: this batch is for 'credit'"),)
    assert report.accepted == 2


def test_the_releases_are_asked_once_a_batch_for_each_name() -> None:
    releases = CountingReleases()
    ingest_events(rows(*(a_row(n) for n in range(20))), an_intake(releases=releases), now=NOON)
    assert releases.asked == 1


def test_sending_a_batch_again_changes_nothing() -> None:
    lake = LakeFake()
    batch = rows(a_row(1), a_row(2))
    first = ingest_events(batch, an_intake(lake), now=NOON)
    again = ingest_events(batch, an_intake(lake), now=NOON + timedelta(hours=1))
    assert (first.accepted, again.accepted, again.duplicates, again.last_seq) == (2, 0, 2, None)
    assert lake.watermark() == 2


def test_nothing_is_acknowledged_when_the_lake_is_out_of_reach() -> None:
    lake = LakeFake()
    lake.out_of_reach = True
    with pytest.raises(Unavailable):
        ingest_events(rows(a_row(1)), an_intake(lake), now=NOON)


def test_a_batch_of_refused_rows_only_does_not_touch_the_lake() -> None:
    lake = LakeFake()
    lake.out_of_reach = True
    assert ingest_events(rows({}), an_intake(lake), now=NOON).refused_rows == 1


def test_a_json_list_with_a_nan_keeps_its_other_rows() -> None:
    body = b'[{"id": "a", "release": "v1", "occurred_at": "2026-03-31T11:00:00Z", "kind": "inference", "score": NaN}, '
    body += b'{"id": "b", "release": "v1", "occurred_at": "2026-03-31T11:00:00Z", "kind": "inference", "score": 0.5}]'
    report = ingest_events(read_json_events(body), an_intake(), now=NOON, system="credit")
    assert (report.accepted, report.refused) == (1, (RefusedRow(0, "score: not a finite number"),))


REPORTS = st.builds(
    lambda accepted, duplicates, refused, dropped: IngestReport(
        accepted=accepted,
        duplicates=duplicates,
        refused_rows=len(refused),
        refused=tuple(RefusedRow(i, reason) for i, reason in enumerate(refused)),
        dropped=dropped,
        last_seq=accepted or None,
    ),
    st.integers(0, 9),
    st.integers(0, 9),
    st.lists(st.sampled_from(["a", "b"]), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(1, 5), max_size=4),
)


@given(st.lists(REPORTS, max_size=5))
def test_adding_reports_adds_their_batches(reports: list[IngestReport]) -> None:
    total = IngestReport()
    for report in reports:
        total = total.plus(report)
    assert total.rows == sum(report.rows for report in reports)
    assert total.refused == tuple(row for report in reports for row in report.refused)
    assert sum(total.dropped.values()) == sum(sum(report.dropped.values()) for report in reports)


def test_very_many_undeclared_names_are_counted_together_beyond_the_first_hundred() -> None:
    found: Mapping[str, int] = counted_names(f"field-{n}" for n in range(250))
    assert (len(found), found["(others)"], sum(found.values())) == (101, 150, 250)


SYSTEM = "systems/book-finder/system.yaml"
DECLARED = "affects_rights: false\nevents:\n  features:\n    age: {type: integer, personal: true}\n"


def test_what_each_system_declares_is_read_from_the_repository() -> None:
    files = edited(small_repository(), SYSTEM, "affects_rights: false\n", DECLARED)
    contracts = event_contracts(RepositoryFake(with_file(files, "care.yaml", "not: read here")))
    assert list(contracts) == ["book-finder"]
    assert list(contracts["book-finder"].parts["features"]) == ["age"]


def test_a_system_without_a_declaration_may_send_events_without_fields() -> None:
    contracts = event_contracts(RepositoryFake(small_repository()))
    assert contracts["book-finder"].parts["features"] == {}


def test_a_declaration_that_cannot_be_read_is_told_with_its_place() -> None:
    files = edited(small_repository(), SYSTEM, "affects_rights: false\n", DECLARED.replace("integer", "colour"))
    with pytest.raises(InvalidInput, match=r"book-finder/system.yaml:\d+:\d+: "):
        event_contracts(RepositoryFake(files))


def test_a_storm_of_nan_and_a_new_category_show_as_reasons_and_not_as_odd_rows() -> None:
    storm = [a_row(n, score=float("nan")) for n in range(10_000)]
    drifted = [a_row(n + 20_000, features={"job": "baker"}) for n in range(7)]
    report = ingest_events(rows(*storm, *drifted, a_row(1)), an_intake(), now=NOON)
    assert report.reasons == {"score: not a finite number": 10_000, "features.job: not one of the declared values": 7}
    assert (report.accepted, report.refused_rows) == (1, 10_007)
    assert report.plus(report).reasons["features.job: not one of the declared values"] == 14


def test_reasons_without_end_are_kept_to_a_hundred_and_the_rest_together() -> None:
    odd = [Unreadable(f"the row is not JSON: byte {n}") for n in range(500)]
    reasons = ingest_events(rows(*odd), an_intake(), now=NOON).reasons
    assert (len(reasons), reasons["(others)"], sum(reasons.values())) == (101, 400, 500)


def test_what_departs_from_a_declaration_is_counted_for_its_system() -> None:
    notes = SchemaNotesFake()
    intake = replace(an_intake(), notes=notes)
    whole = {**a_row(1), "features": {"hours": 40.0}}
    bare = a_row(2)
    odd = {**a_row(3), "features": {"hours": 38.5, "unheard_of": 1}}
    wrong = {**a_row(4), "score": "high"}
    ingest_events(rows(whole, bare, odd, wrong, {"kind": "inference"}, "no row"), intake, now=NOON)
    (found,) = notes.tallies()
    assert (found.system, found.rows, found.answers) == ("credit", 6, 3)
    assert found.hour == NOON.replace(minute=0, second=0, microsecond=0)
    assert dict(found.undeclared) == {"features.unheard_of": 1}
    assert found.refused["score: text where a number is wanted"] == 1
    assert sum(found.refused.values()) == 3
    assert (found.absent["features.hours"], found.absent["features.job"]) == (1, 3)


def test_a_batch_that_is_refused_as_a_whole_still_counts_for_its_system() -> None:
    notes = SchemaNotesFake()
    intake = replace(an_intake(), notes=notes)
    ingest_events(rows(*({**a_row(n), "score": "high"} for n in range(3))), intake, now=NOON)
    ingest_events(SentRows([(0, json.dumps({**a_row(9), "score": "high"}).encode())]), intake, now=NOON)
    (found,) = notes.tallies()
    assert (found.system, found.rows, found.answers) == ("credit", 4, 0)
    assert sum(found.refused.values()) == 4
