"""R52: each high-risk system has a plan for failures, rollback and reading its logs, practised within its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from acme_releases import SYSTEM, Acme

PLAN = f"systems/{SYSTEM}/plan.md"


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme.founded(tmp_path)


def practised(acme: Acme) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What status says of A.6.2.6's claim, and what it says is owed."""
    said = acme.care("status", "--format", "json").json
    (claim,) = [
        one
        for row in said["requirements"]
        if row["id"] == "iso42001:2023/A.6.2.6"
        for one in row["claims"]
        if one["id"] == "a.6.2.6-practised"
    ]
    return claim, [one for one in said["programme"] if one["rule"] == "failure-plan-drilled"]


def test_a_plan_without_one_of_its_parts_stops_the_change_r52(acme: Acme) -> None:
    acme.edit(PLAN, "## Event log review", "## Reading")
    said = acme.care("check")
    assert said.code == 1
    assert "failure-plan-complete" in said.out
    assert SYSTEM in said.out


@pytest.mark.parametrize("day", ["2026-05-01", "2027-06-01", None])
def test_a_plan_that_was_not_practised_in_its_interval_is_owed_and_not_held_r52(acme: Acme, day: str | None) -> None:
    """Longer ago than the plan's own six months, a day that is still to come, or never."""
    claim, owed = practised(acme)
    assert (claim["state"], owed) == ("held", [])
    acme.edit(PLAN, "drilled: 2026-08-18\n", "" if day is None else f"drilled: {day}\n")
    claim, owed = practised(acme)
    assert claim["state"] == "not_held"
    assert SYSTEM in claim["because"]
    assert [SYSTEM in str(one["file"]) for one in owed] == [True]
    assert all(one["owner"] for one in owed)
