"""The fleet's order, how long ago something was heard of, and how a day's evidence is told."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

import pytest

from careloop import wiring
from careloop.domain.deployment import ServeRelease, ServeSafeState, Serving
from careloop.domain.monitor import MonitorKind
from careloop.domain.plan_steps import RollbackTarget
from careloop.domain.system import Lifecycle, SafeStateKind
from careloop.domain.tier import Tier
from careloop.web.evidences import FleetEvidence
from careloop.web.live_marks import age, evidence, evidence_of, sort_key
from careloop.web.pages.fleet import rank
from careloop.workflows.run.fleet_evidence import MonitorEvidence, SystemEvidence
from careloop.workflows.run.fleet_overview import Freshness, Silence, SystemRow
from careloop.workflows.run.system_cards import SystemCard

DAY = datetime(2026, 11, 28, tzinfo=UTC)


def a_row(name: str, *, silent: Silence = Silence.NO, safe: bool = False, newest: datetime | None = None) -> SystemRow:
    card = SystemCard(
        id=name,
        name=f"<{name}>",
        purpose="Decides.",
        domain="credit",
        tier=Tier.HIGH,
        tier_because=(),
        stage=Lifecycle.OPERATION,
        owner="ai-lead",
        owner_title=None,
        holders=(),
        safe_state=SafeStateKind.HUMAN,
        monitors=1,
        shortest_window_s=60,
    )
    served = ServeSafeState(SafeStateKind.HUMAN) if safe else ServeRelease("sha256:" + "a" * 64)
    return SystemRow(
        card=card,
        serving=Serving(system=name, environment="production", served=served, since=DAY - timedelta(days=9), order="o"),
        version=None,
        target=RollbackTarget(lock=None, because="none"),
        target_version=None,
        paused=None,
        alarms=(),
        plans_open=0,
        freshness=Freshness(newest=newest, silent=silent, after_s=120),
        waiting=(),
    )


def told(**log_e: float) -> FleetEvidence:
    """Evidence of systems with one monitor each."""
    return FleetEvidence.of(
        {
            name: SystemEvidence(
                at=DAY,
                monitors=(
                    MonitorEvidence(monitor="gap", kind=MonitorKind.FAIRNESS, since=DAY, log_e=value, windows=5),
                ),
            )
            for name, value in log_e.items()
        }
    )


def test_the_fleet_stands_by_the_worst_evidence_of_the_day_after_what_has_no_numbers_r47() -> None:
    rows = [
        a_row("calm"),
        a_row("loud"),
        a_row("mute", silent=Silence.YES),
        a_row("stopped", safe=True),
        a_row("louder"),
        a_row("unweighed"),
    ]
    found = told(calm=-3.0, loud=3.0, louder=8.0)
    order = [one.card.id for one in sorted(rows, key=lambda one: rank(one, found))]
    assert order == ["stopped", "mute", "louder", "loud", "calm", "unweighed"]


def test_who_stands_out_is_chosen_among_all_monitors_of_the_fleet() -> None:
    quiet = {f"s{n}": 0.0 for n in range(99)}
    assert told(**quiet, loud=math.log(1000)).outstanding == frozenset()
    assert told(**quiet, loud=math.log(2001)).outstanding == {"loud"}


def test_how_long_ago_is_told_with_what_the_page_needs_to_count_on_r47() -> None:
    now = wiring.now()
    text = str(age(a_row("credit", newest=now - timedelta(seconds=12))))
    assert re.search(r"Last event <span data-age=\"\d+\" data-after=\"120\">1[2-4] s ago</span>", text)
    assert "care-silent" not in text
    assert "&lt;credit&gt;" in text, "a name is never markup"
    silent = str(age(a_row("credit", newest=now - timedelta(hours=3), silent=Silence.YES)))
    assert 'class="care-age care-silent"' in silent
    assert "3 h ago" in silent


def test_what_was_just_deployed_is_not_silent_before_its_time() -> None:
    row = a_row("credit", newest=DAY - timedelta(days=10))
    assert 'data-after="86520"' in str(age(row)), "two minutes from when it took over, a day after the newest event"


def test_a_system_that_never_sent_anything_says_so() -> None:
    assert "No event yet" in str(age(a_row("credit", silent=Silence.NOT_EXPECTED)))
    assert "No event since it answers" in str(age(a_row("credit", silent=Silence.YES)))


@pytest.mark.parametrize(("log_e", "red"), [(math.log(19), False), (math.log(21), True)])
def test_evidence_is_red_from_twenty_on_and_says_it_in_words(log_e: float, red: bool) -> None:
    (one,) = told(credit=log_e).systems["credit"].monitors
    text = str(evidence(one))
    assert ("care-red" in text) is red
    assert ("against it" in text) is red
    assert f"×{round(math.exp(log_e))}" in text


def test_a_system_that_was_not_weighed_says_so_and_sorts_last() -> None:
    fleet = told(credit=2.0)
    assert "not weighed yet" in str(evidence_of(fleet, "other"))
    assert (sort_key(fleet, "credit"), sort_key(fleet, "other")) == ("2.000", "")
    assert "gap" in str(evidence_of(fleet, "credit"))
