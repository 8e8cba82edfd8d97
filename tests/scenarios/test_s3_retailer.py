"""S3: a gap between regions triggers an automated rollback and retrain; event logs allow a clean audit trail."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from s3_retailer import (
    SHIFTED,
    SYSTEM,
    USUAL,
    Retailer,
    Story,
    a_story,
    ask_for,
    at_day,
    moved_to,
    told,
    trained,
)
from s3_retailer import a_bad_day as unwatched

from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.domain.deployment import Served, ServeRelease, ServeSafeState
from careloop.domain.system import SafeStateKind
from careloop.ports.ledger import Record

WATCHER = Path(__file__).parent / "s3_retailer.py"
BASELINE = ServeSafeState(SafeStateKind.BASELINE)


@pytest.fixture(scope="module")
def thirty_good_days(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return a_story(tmp_path_factory.mktemp("s3"))


@pytest.fixture(scope="module")
def a_bad_day(thirty_good_days: Story, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Release 6.0 took over and has answered for a day."""
    return unwatched(moved_to(thirty_good_days, tmp_path_factory.mktemp("s3")))


def watch(story: Story, day: float, *options: str) -> subprocess.CompletedProcess[str]:
    """One look, by a process of its own."""
    command = [sys.executable, str(WATCHER), str(story.retailer.root), str(day), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def look(story: Story, day: float) -> str:
    """One look in this process, in words."""
    with story.retailer.ledger() as ledger:
        return told(story.retailer.watch(at_day(day), ledger))


def answers(retailer: Retailer) -> Served:
    serving = retailer.ports.registry.serving(SYSTEM, "production")
    assert serving is not None
    return serving.served


def records(story: Story, *kinds: str) -> list[Record]:
    with story.retailer.ledger() as ledger:
        return [entry.record for kind in kinds for entry in ledger.query(type=kind)]


def test_a_gap_between_regions_is_rolled_back_retrained_verified_and_audited(a_bad_day: Story, tmp_path: Path) -> None:
    story = moved_to(a_bad_day, tmp_path)
    looked = watch(story, 31.1)
    assert looked.returncode == 0, looked.stderr
    assert "attributed by replay" in looked.stdout
    assert answers(story.retailer) == ServeRelease(story.fair)
    (retrain,) = records(story, "retrain.requested")
    rows = retrain.data["rows"]
    assert isinstance(rows, dict)
    assert (rows["by"], rows["group"], rows["release"]) == ("region", "coast", story.unfair)
    assert "PAGE sev2" in looked.stderr

    assert records(story, "rollback.verified") == []
    story.retailer.serve(
        trained(on=["category_affinity"], seed=2), story.fair, range(31, 32), population=USUAL, rows=10_000
    )
    look(story, 32.0)
    (verified,) = records(story, "rollback.verified")
    assert (verified.data["from"], verified.data["to"]) == (story.unfair, story.fair)
    assert verified.data["on_target"] == verified.data["served"] == 10_000

    found = verify_sqlite_ledger(story.retailer.root / ".care" / "ledger.sqlite")
    assert (found.problems, found.checked) == ((), found.size)


def test_a_rollback_that_nobody_has_seen_in_the_traffic_stays_open(a_bad_day: Story, tmp_path: Path) -> None:
    story = moved_to(a_bad_day, tmp_path)
    look(story, 31.1)
    assert "0 answered, 1 continued" in look(story, 31.2)
    assert records(story, "rollback.verified") == []


def test_a_gap_with_too_few_rows_only_alerts(
    a_bad_day: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = moved_to(a_bad_day, tmp_path)
    ask_for(story.retailer.root, minimum_n=2_000, at=at_day(31))
    assert "fewer than the monitor's least n of 2000" in look(story, 31.1)
    assert answers(story.retailer) == ServeRelease(story.unfair)
    assert records(story, "incident.opened", "evidence.hold", "retrain.requested") == []
    assert "NOTICE sev2" in capsys.readouterr().err


def test_when_the_shoppers_change_rolling_back_would_not_help_and_the_baseline_takes_over(
    thirty_good_days: Story, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = moved_to(thirty_good_days, tmp_path)
    story.retailer.serve(trained(on=["category_affinity"], seed=2), story.fair, range(30, 31), population=SHIFTED)
    assert "rolling back would not help: on the same" in look(story, 31.1)
    assert answers(story.retailer) == BASELINE
    assert "PAGE sev1" in capsys.readouterr().err
    assert len(records(story, "retrain.requested")) == 1


def test_a_target_whose_model_was_altered_is_not_rolled_back_to(a_bad_day: Story, tmp_path: Path) -> None:
    story = moved_to(a_bad_day, tmp_path)
    for lock in (story.fair, story.oldest):
        folder = story.retailer.root / ".care" / "registry" / "artefacts" / lock.removeprefix("sha256:")
        (model,) = folder.rglob("*.joblib")
        model.write_bytes(model.read_bytes()[:-1] + b"\0")
    assert "artefacts are no longer what was locked" in look(story, 31.1)
    assert answers(story.retailer) == BASELINE


@pytest.mark.parametrize("options", [["--die-at", "4"], ["--die-at", "4", "--after"]])
def test_killed_between_steps_the_next_look_finishes_and_does_nothing_twice(
    a_bad_day: Story, tmp_path: Path, options: Sequence[str]
) -> None:
    story = moved_to(a_bad_day, tmp_path)
    killed = watch(story, 31.1, *options)
    assert killed.returncode == -signal.SIGKILL
    look(story, 31.2)
    assert answers(story.retailer) == ServeRelease(story.fair)
    kept = json.loads((story.retailer.root / ".care" / "registry" / "production" / f"{SYSTEM}.json").read_text())
    assert len(kept["orders"]) == 3, "two deployments by people, one rollback"
    once = ("alarm.raised", "plan.decided", "evidence.hold", "retrain.requested", "incident.opened", "page.sent")
    assert {kind: len(records(story, kind)) for kind in once} == dict.fromkeys(once, 1)
    size = _size(story)
    look(story, 31.3)
    assert _size(story) == size


def test_a_dry_run_shows_the_plan_and_leaves_everything_as_it_was(a_bad_day: Story, tmp_path: Path) -> None:
    story = moved_to(a_bad_day, tmp_path)
    before = _size(story)
    with story.retailer.ledger() as ledger:
        shown = story.retailer.watch(at_day(31.1), ledger, dry_run=True)
    assert _size(story) == before
    assert answers(story.retailer) == ServeRelease(story.unfair)
    with story.retailer.ledger() as ledger:
        done = story.retailer.watch(at_day(31.1), ledger)
    assert [each.plan for each in shown.answered] == [each.plan for each in done.answered]


def _size(story: Story) -> int:
    with story.retailer.ledger() as ledger:
        return ledger.size()


def test_the_commands_say_what_they_would_do_and_do_it(a_bad_day: Story, tmp_path: Path) -> None:
    story = moved_to(a_bad_day, tmp_path)

    def care(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from careloop.cli.main import run; run()", *words]
        root = ["--repo", str(story.retailer.root)]
        return subprocess.run([*command, *root], capture_output=True, text=True, check=False, timeout=120)

    shown = care("monitor", "run", SYSTEM, "--dry-run")
    assert (shown.returncode, answers(story.retailer)) == (1, ServeRelease(story.unfair))
    assert "attributed by replay" in shown.stdout
    assert "not watched: ranking-time" in shown.stdout
    done = care("monitor", "run", SYSTEM, "--format", "json")
    (alarm,) = json.loads(done.stdout)["alarms"]
    assert (done.returncode, alarm["kind"], alarm["may_act"]) == (1, "rollback", True)
    assert answers(story.retailer) == ServeRelease(story.fair)
    listed = json.loads(care("monitor", "alarms", "--format", "json").stdout)
    (row,) = [each for each in listed["alarms"] if each["system"] == SYSTEM]
    assert (row["plan"], row["holds_for_fleet"], row["threshold"] <= row["statistic"]) == ("rollback", True, True)
    assert listed["day"]["fleet"]["monitors"] > 4, "those of all systems"
    told = care("monitor", "alarms", SYSTEM, "--days", "3660")
    assert "monitors promise together at most one false alarm in" in told.stdout
    undo = care("rollback", SYSTEM, "--undo", "--dry-run")
    assert (undo.returncode, f"let {story.unfair} take over" in undo.stdout) == (0, True)
    refused = care("rollback", SYSTEM, "--to", "sha256:" + "0" * 64, "--dry-run")
    assert (refused.returncode, "has no standing" in refused.stderr) == (1, True)
