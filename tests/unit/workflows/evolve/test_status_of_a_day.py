"""Status on a past day: which commit was in force, which day it was there, and when there is no answer."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop import wiring
from careloop.domain.status import RequirementRow, RequirementState
from careloop.domain.status_result import StatusResult
from careloop.errors import InvalidInput, NotFound
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import Files, edited, small_repository, with_file
from careloop.workflows.evolve.compute_status import compute_status
from careloop.workflows.evolve.standpoint import instant_of

_SECOND = timedelta(seconds=1)
_CONTROLS = """\
owner: ai-lead
reviewed: 2026-03-02
decisions:
  - control: "iso42001:2023/A.10.4"
    applicable: false
    ground: contract
    justification: We sell books, not systems.
    owner: ai-lead
    expires: 2026-03-28
"""


def in_zone(zone: str, files: Files | None = None) -> dict[str, bytes]:
    return edited(files or small_repository(), "care.yaml", "time_zone: Europe/Dublin", f"time_zone: {zone}")


def status(source: RepositoryFake, *, now: datetime, as_of: str | None = None) -> StatusResult:
    return compute_status(source, standards=wiring.standards_library(), ledger=None, now=now, as_of=as_of)


def the_row(result: StatusResult, name: str) -> RequirementRow:
    return next(row for row in result.status.requirements if row.requirement.id == name)


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("Europe/Berlin", "2026-03-28", "2026-03-28T22:59:59Z"),  # the night before summer time
        ("Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59Z"),  # a day of 23 hours
        ("Europe/Berlin", "2026-10-24", "2026-10-24T21:59:59Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-25T22:59:59Z"),  # a day of 25 hours
        ("America/New_York", "2026-03-31", "2026-04-01T03:59:59Z"),
        ("Pacific/Kiritimati", "2026-03-31", "2026-03-31T09:59:59Z"),
        ("Asia/Beirut", "2026-10-24", "2026-10-24T21:59:59Z"),  # its last hour comes twice
        ("UTC", "2026-03-31", "2026-03-31T23:59:59Z"),
    ],
)
def test_a_day_ends_at_local_midnight(zone: str, day: str, end: str) -> None:
    assert instant_of(day, ZoneInfo(zone)).astimezone(UTC) == datetime.fromisoformat(end)


@given(
    st.dates(date(2000, 1, 1), date(2037, 12, 31)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "UTC"]),
)
def test_the_second_after_the_end_of_a_day_is_the_next_day(day: date, zone: str) -> None:
    end = instant_of(str(day), ZoneInfo(zone))
    assert end.date() == day
    assert (end.astimezone(UTC) + _SECOND).astimezone(ZoneInfo(zone)).date() > day


def test_an_instant_is_taken_as_it_is() -> None:
    assert instant_of("2026-03-31T12:00:00+02:00", ZoneInfo("UTC")) == datetime(2026, 3, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026-03-31T12:00:00", "31.03.2026", "2026-3-1", ""])
def test_what_is_no_day_and_no_instant_is_told(text: str) -> None:
    with pytest.raises(InvalidInput) as told:
        instant_of(text, ZoneInfo("UTC"))
    assert told.value.hint is not None


def test_a_commit_of_the_last_local_second_counts_for_the_day_and_one_later_does_not() -> None:
    end = datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)
    source = RepositoryFake.holding(in_zone("Europe/Berlin"), at=end - timedelta(days=3))
    source.write("laws/later.yaml", b"id: [\n")
    last = source.commit(end)
    source.write("laws/later.yaml", b"id: x\n")
    after = source.commit(end + _SECOND)
    now = end + timedelta(days=30)
    assert status(source, now=now, as_of="2026-03-29").commit == last
    assert status(source, now=now, as_of="2026-03-30").commit == after
    assert status(source, now=now, as_of="2026-03-29").in_force_by == "history"


def test_the_day_before_the_first_commit_has_no_status() -> None:
    source = RepositoryFake.holding(small_repository(), at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    with pytest.raises(NotFound, match="nothing was in force on 2026-03-01") as told:
        status(source, now=datetime(2026, 3, 9, tzinfo=UTC), as_of="2026-03-01")
    assert told.value.exit_code == 2


def test_a_day_that_has_not_begun_where_we_are_has_no_status() -> None:
    source = RepositoryFake.holding(in_zone("Pacific/Kiritimati"), at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    now = datetime(2026, 3, 9, 12, tzinfo=UTC)  # already the tenth on Kiritimati
    assert status(source, now=now, as_of="2026-03-10").status.now == now
    with pytest.raises(InvalidInput, match="still to come"):
        status(source, now=now, as_of="2026-03-11")


@pytest.mark.parametrize(
    ("zone", "state"),
    [("America/New_York", RequirementState.EXCLUDED), ("Europe/Berlin", RequirementState.MISSING)],
)
def test_what_counts_until_a_day_counts_until_it_ends_here(zone: str, state: RequirementState) -> None:
    files = with_file(in_zone(zone), "controls.yaml", _CONTROLS)
    source = RepositoryFake.holding(files, at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    now = datetime(2026, 3, 29, 2, tzinfo=UTC)  # still the 28th in New York, the 29th in Berlin
    assert the_row(status(source, now=now), "iso42001:2023/A.10.4").status is state
    as_of = status(source, now=now + timedelta(days=9), as_of="2026-03-28")
    assert the_row(as_of, "iso42001:2023/A.10.4").status is RequirementState.EXCLUDED


def test_the_status_of_a_past_day_is_the_one_that_was_shown_then() -> None:
    first = datetime(2026, 3, 2, 9, tzinfo=UTC)
    source = RepositoryFake.holding(small_repository(), at=first)
    then = status(source, now=datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC))
    source.delete("roles.yaml")
    source.commit(datetime(2026, 3, 20, tzinfo=UTC))
    again = status(source, now=datetime(2026, 9, 1, tzinfo=UTC), as_of="2026-03-09")
    assert again.status.requirements == then.status.requirements
    assert (again.dirty, again.as_of) == (False, "2026-03-09")
    today = status(source, now=datetime(2026, 9, 1, tzinfo=UTC))
    assert today.status.requirements != then.status.requirements


def test_a_time_zone_that_is_none_is_told() -> None:
    source = RepositoryFake.holding(in_zone("Mars/Olympus"), at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    for as_of in (None, "2026-03-03"):
        with pytest.raises(InvalidInput, match="Mars/Olympus"):
            status(source, now=datetime(2026, 3, 9, tzinfo=UTC), as_of=as_of)


def test_what_cannot_be_read_is_told_and_the_rest_still_has_a_status() -> None:
    files = with_file(small_repository(), "laws/gdpr.yaml", "id: [\n")
    result = status(RepositoryFake(files), now=datetime(2026, 3, 9, tzinfo=UTC))
    assert [error.place.file for error in result.errors] == ["laws/gdpr.yaml"]
    assert len(result.status.requirements) == 32 + 38 + 36
