"""R83, R49, R52: after an alarm, the decisions that the bad release made are listed, and their rows are held."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from care_rooms import care
from s3_retailer import SYSTEM, USUAL, Story, a_bad_day, a_story, at_day, moved_to, trained

from careloop.ports.lake import Erasure, Reading


@pytest.fixture(scope="module")
def rolled_back(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Release 6.0 answered for a day and was rolled back."""
    story = a_bad_day(a_story(tmp_path_factory.mktemp("s3")))
    with story.retailer.ledger() as ledger:
        story.retailer.watch(at_day(31.1), ledger)
    return story


def the_alarm(story: Story) -> str:
    with story.retailer.ledger() as ledger:
        (alarm,) = [entry.record.id for entry in ledger.query(type="alarm.raised")]
    return alarm


def bad_ones_of_the_coast(story: Story) -> list[str]:
    """Counted by hand from the lake."""
    with story.retailer.lake() as lake:
        events = [each.event for each in lake.events(Reading(system=SYSTEM, upto=lake.watermark()))]
    return [one.id for one in events if one.release == story.unfair and one.segment["region"] == "coast"]


def test_the_decisions_of_the_bad_release_about_the_group_are_listed(rolled_back: Story, tmp_path: Path) -> None:
    story = moved_to(rolled_back, tmp_path)
    wanted = bad_ones_of_the_coast(story)
    assert len(wanted) > 100
    told = care("affected", the_alarm(story), "--repo", story.retailer.root, "--format", "json", at=tmp_path).answer
    rows = told["decisions"]
    assert [row["event"] for row in rows] == wanted
    assert {row["release"] for row in rows} == {story.unfair}
    assert {row["window"] for row in rows} == {at_day(30).isoformat().replace("+00:00", ".000000Z")}
    assert {row["group"] for row in rows} == {"coast"}
    assert (told["slice"]["n"], told["recorded"]["n"], told["same_as_recorded"]) == (len(wanted), len(wanted), True)
    with story.retailer.ledger() as ledger:
        (incident,) = [entry.record for entry in ledger.query(type="incident.opened")]
    affected = incident.data["affected_decisions"]
    assert isinstance(affected, dict)
    assert (affected["n"], affected["digest"]) == (len(wanted), told["slice"]["digest"])


def test_subjects_are_pseudonyms_and_names_stand_nowhere(rolled_back: Story, tmp_path: Path) -> None:
    story = moved_to(rolled_back, tmp_path)
    command = ("affected", the_alarm(story), "--repo", story.retailer.root)
    shown = care(*command, "--csv", tmp_path / "list.csv", at=tmp_path)
    assert shown.code == 0
    assert f"{len(bad_ones_of_the_coast(story))} decisions about region coast by release" in shown.out
    assert "that were recorded with the incident are all here" in shown.out
    with (tmp_path / "list.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["subject"] for row in rows}) == len(rows), "each shopper of the story decided once"
    assert all(re.fullmatch(r"p-[0-9a-f]{20}", row["subject"]) for row in rows)
    again = care(*command, "--format", "json", at=tmp_path)
    assert [row["subject"] for row in again.answer["decisions"]] == [row["subject"] for row in rows]
    assert "shopper-" not in shown.out + again.out + (tmp_path / "list.csv").read_text()
    key = story.retailer.root / ".care" / "keys" / "pseudonyms"
    assert key.stat().st_mode & 0o077 == 0


def test_what_the_release_answers_after_the_incident_is_added(rolled_back: Story, tmp_path: Path) -> None:
    story = moved_to(rolled_back, tmp_path)
    before = len(bad_ones_of_the_coast(story))
    late = trained(on=["discount_share"], seed=3)
    story.retailer.serve(late, story.unfair, range(31, 32), population=USUAL, rows=200)
    after = len(bad_ones_of_the_coast(story))
    assert after > before
    shown = care("affected", the_alarm(story), "--repo", story.retailer.root, at=tmp_path)
    assert f"the {before} that were recorded with the incident are all here" in shown.out
    assert f"; {after - before} came after" in shown.out


def test_the_evidence_hold_keeps_their_rows_and_a_loss_is_told(rolled_back: Story, tmp_path: Path) -> None:
    story = moved_to(rolled_back, tmp_path)
    command = ("affected", the_alarm(story), "--repo", story.retailer.root)
    kept = care("lake", "retain", "--repo", story.retailer.root, "--format", "json", at=tmp_path).answer
    held = [one for one in kept["erasures"] if one["system"] == SYSTEM]
    assert held, "the story lies a year back, so that its rows are past their time"
    assert all(one["held_by"] is not None for one in held)
    assert care(*command, at=tmp_path).code == 0
    with story.retailer.lake() as lake:
        lake.erase(Erasure(system=SYSTEM, unit="shopper-30-0"))
        lake.erase(Erasure(system=SYSTEM, occurred_before=at_day(60)))
    lost = care(*command, at=tmp_path)
    assert (lost.code, "the lake no longer holds what was recorded" in lost.out) == (1, True)


def test_an_alarm_that_is_not_on_record_is_told(rolled_back: Story, tmp_path: Path) -> None:
    story = moved_to(rolled_back, tmp_path)
    unknown = care("affected", "nobody", "--repo", story.retailer.root, at=tmp_path)
    assert (unknown.code, "no alarm nobody is on record" in unknown.err) == (2, True)


def test_the_daily_list_has_one_line_for_the_change_with_an_id(rolled_back: Story, tmp_path: Path) -> None:
    story = moved_to(rolled_back, tmp_path)
    asked = ("monitor", "alarms", SYSTEM, "--repo", story.retailer.root)
    listed = care(*asked, "--days", "3000", "--format", "json", at=tmp_path).answer
    (one,) = listed["alarms"]
    assert (one["alarm"], one["plan"], one["state"]) == (the_alarm(story), "rollback", "under_way")
    shown = care(*asked, at=tmp_path)
    assert shown.code == 1, "its rollback is not verified yet, so that it is listed whatever its day"
    assert the_alarm(story) in shown.out
    assert "discount-gap-by-region of coast moved lower" in shown.out
