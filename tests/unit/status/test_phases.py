"""R1: four phases, each with owner, pace, last run, next due and what closes most."""

from datetime import date

from careloop.domain.organisation import Organisation
from careloop.domain.roles import Roles
from careloop.domain.tier import Phase
from careloop.status.phases import Turning, phase_rows

TODAY = date(2026, 11, 27)


def an_organisation(*phases: dict[str, object]) -> Organisation:
    return Organisation.model_validate(
        {
            "schema": 1,
            "organisation": {"name": "Acme", "sector": "Retail", "country": "DE"},
            "owner": "lead",
            "top_management": "lead",
            "scope": {"statement": "Everything."},
            "phases": phases,
        }
    )


ROLES = Roles.model_validate(
    {
        "owner": "lead",
        "version": "1",
        "reviewed": date(2026, 1, 1),
        "people": [{"id": "ada", "name": "Ada Byron"}, {"id": "bob", "name": "Bob", "left": date(2026, 2, 1)}],
        "posts": [{"id": "lead", "title": "Lead", "function": "risk", "holders": ["ada", "bob"]}],
    }
)


def turning(**cadence: object) -> Turning:
    organisation = an_organisation({"phase": "run", "owner": "lead", "every": "P1W", **cadence})
    rows = {row.phase: row for row in phase_rows(organisation, ROLES, (), TODAY)}
    return rows[Phase.RUN].turning


def test_a_phase_is_on_time_on_the_day_it_is_due_and_overdue_the_day_after_r1() -> None:
    assert turning(last_run=date(2026, 11, 20)) is Turning.ON_TIME
    assert turning(last_run=date(2026, 11, 19)) is Turning.OVERDUE


def test_a_phase_that_never_ran_is_not_on_time_r1() -> None:
    assert turning() is Turning.NEVER_RUN


def test_a_phase_whose_post_nobody_listed_belongs_to_nobody_r1() -> None:
    assert turning(owner="nobody", last_run=date(2026, 11, 20)) is Turning.NOBODY


def test_all_four_phases_are_there_even_when_nothing_is_declared_r1() -> None:
    rows = phase_rows(None, None, (), TODAY)
    assert [row.phase for row in rows] == list(Phase)
    assert {row.turning for row in rows} == {Turning.NOBODY}


def test_people_who_left_are_not_named_as_owners_r20() -> None:
    organisation = an_organisation({"phase": "run", "owner": "lead", "every": "P1W"})
    rows = {row.phase: row for row in phase_rows(organisation, ROLES, (), TODAY)}
    assert rows[Phase.RUN].people == ("Ada Byron",)
