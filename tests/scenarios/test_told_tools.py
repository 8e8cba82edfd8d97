"""R48, R49: after an alarm the worker tells every tool that care.yaml lists; a dry run shows what it would send."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from care_rooms import a_repository, care
from served import care_command
from told_services import TOKEN, ToldServices

from careloop import wiring
from careloop.adapters.sqlite_outbox import SqliteOutbox
from careloop.domain.outgoing import MessageState
from careloop.ports.ledger import Actor, ActorKind, Json, Record
from careloop.testing.source_tree_builder import edited, small_repository

WORKER = Actor(iss="careloop", sub="care-monitor", kind=ActorKind.AUTOMATION)
SLICE: dict[str, Json] = {
    "system": "credit",
    "release": f"sha256:{'2' * 64}",
    "monitor": "approval-gap",
    "since": 1_774_915_200,
    "until": 1_774_958_400,
    "by": "sex",
    "group": "women",
    "n": 4102,
    "digest": "ab" * 32,
}


def a_shop(tmp_path: Path, url: str) -> Path:
    rows = (
        f"{{id: marks, kind: grafana, at: '{url}', secret: TOOL}}",
        f"{{id: training, kind: airflow, at: '{url}', secret: TOOL, to: retrain}}",
        f"{{id: work, kind: github, at: '{url}', secret: TOOL, to: acme/models}}",
        f"{{id: risk, kind: jira, at: '{url}', secret: TOOL, to: RISK, systems: [another]}}",
    )
    channels = f"notify: {{channels: [{', '.join(rows)}]}}\n"
    a_repository(tmp_path / "shop", edited(small_repository(), "care.yaml", "schema: 1\n", f"schema: 1\n{channels}"))
    return tmp_path / "shop"


def record(shop: Path) -> None:
    """A rollback and a wish to retrain, as a plan records them."""
    now = wiring.now()
    where: dict[str, Json] = {"system": "credit", "environment": "production", "plan": "p-1", "alarm": "a-1"}
    back: dict[str, Json] = {
        **where,
        "lock": f"sha256:{'1' * 64}",
        "order": "o-1",
        "over": [{"release": f"sha256:{'2' * 64}"}],
    }
    wish: dict[str, Json] = {**where, "reason": "approval-gap moved lower for women", "rows": SLICE}
    rows = [
        Record(id=wiring.new_id(now), type=kind, actor=WORKER, occurred_at=now, data=data)
        for kind, data in (("deploy.done", back), ("retrain.requested", wish))
    ]
    with closing(wiring.ledger_to_write(shop)) as ledger:
        ledger.append(rows, recorded_at=now)


def test_a_dry_run_shows_requests_without_keys_and_announce_sends_them_once(tmp_path: Path) -> None:
    with ToldServices() as services:
        shop = a_shop(tmp_path, services.url)
        record(shop)
        yesterday = (wiring.now() - timedelta(days=1)).date().isoformat()
        shown = care("outbox", "announce", "--since", yesterday, "--dry-run", "--repo", shop, at=tmp_path)
        assert shown.code == 0, shown.err
        assert "would be sent: 1 to marks, 0 to risk, 1 to training, 1 to work" in shown.out
        assert f"POST {services.url}/api/v2/dags/retrain/dagRuns" in shown.out
        assert services.asked == []
        assert not (shop / ".care" / "state.sqlite").exists()

        for _ in range(2):
            told = care("outbox", "announce", "--since", yesterday, "--repo", shop, at=tmp_path, TOOL=TOKEN)
            assert told.code == 0, told.err + told.out
        assert (len(services.annotations), len(services.runs), len(services.issues)) == (1, 1, 1)
        said = care("outbox", "announce", "--since", "soon", "--repo", shop, at=tmp_path)
        assert (said.code, "no day and no instant" in said.err) == (2, True)


def test_a_worker_tells_the_tools_and_what_is_not_taken_shows(tmp_path: Path) -> None:
    with ToldServices() as services:
        shop = a_shop(tmp_path, services.url)
        worker = subprocess.Popen(
            care_command("worker", "--repo", str(shop), "--every", "0.5"),
            env={**os.environ, "TOOL": TOKEN},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _eventually((shop / ".care" / "state.sqlite").exists)
            record(shop)
            box = SqliteOutbox(shop / ".care" / "state.sqlite")
            _eventually(lambda: len(box.entries(state=MessageState.SENT)) == 3)
        finally:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
    (run,) = services.runs.values()
    assert (len(services.annotations), len(services.issues)) == (1, 1)
    assert run["conf"]["slice"]["digest"] == f"sha256:{'ab' * 32}"
    listed = care("outbox", "list", "--repo", shop, "--format", "json", at=tmp_path)
    states = {one["channel"]: one["state"] for one in json.loads(listed.out)["messages"]}
    assert states == {"marks": "sent", "training": "sent", "work": "sent"}


def _eventually(what: object) -> None:
    assert callable(what)
    for _ in range(600):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")
