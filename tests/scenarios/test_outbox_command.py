"""R49, R50, R83: a page that nobody took is seen, sent again, and delivered by a worker that was started anew."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from care_rooms import a_repository, care
from hanging_server import HangingServer, Hangs
from paging_services import API_KEY, ROUTING_KEY, PagingServices
from served import care_command
from webhook_receiver import SECRET

from careloop import wiring
from careloop.adapters.sqlite_outbox import SqliteOutbox
from careloop.domain.outgoing import PAGES, Message, MessageState
from careloop.testing.contracts.outbox import a_message
from careloop.testing.source_tree_builder import edited, small_repository

KEYS = {"DUTY": ROUTING_KEY, "GENIE": API_KEY}


def a_shop(tmp_path: Path, url: str) -> Path:
    channels = (
        f"notify: {{channels: [{{id: duty, kind: pagerduty, at: '{url}', secret: DUTY}},"
        f" {{id: genie, kind: opsgenie, at: '{url}', secret: GENIE}}]}}\n"
    )
    a_repository(tmp_path / "shop", edited(small_repository(), "care.yaml", "schema: 1\n", f"schema: 1\n{channels}"))
    return tmp_path / "shop"


def a_page(number: int, channel: str) -> Message:
    """As it was written down an hour ago."""
    at = wiring.now() - timedelta(hours=1)
    body = {
        "urgency": "page",
        "severity": "sev1",
        "text": f"page {number}",
        "at": at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
    }
    return replace(a_message(number, channel=channel), body=body, made_at=at, not_before=at)


def outbox_of(shop: Path) -> SqliteOutbox:
    return SqliteOutbox(shop / ".care" / "state.sqlite")


def eventually(what: Callable[[], bool]) -> None:
    for _ in range(600):
        if what():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def a_worker(shop: Path, **environment: str) -> subprocess.Popen[bytes]:
    command = care_command("worker", "--repo", str(shop), "--every", "0.5")
    return subprocess.Popen(
        command,
        env={**os.environ, **KEYS, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def rounds_of(shop: Path) -> str:
    """When the worker's last round began."""
    beat = shop / ".care" / "worker.json"
    return str(json.loads(beat.read_text())["at"]) if beat.exists() else ""


def test_what_was_given_up_is_listed_owed_in_status_and_sent_again(tmp_path: Path) -> None:
    with PagingServices() as services:
        shop = a_shop(tmp_path, services.url)
        box = outbox_of(shop)
        box.put([a_page(1, "duty"), a_page(2, "genie")])
        for one in box.lease(holder="x", now=wiring.now(), lease_s=60):
            box.failed(one.message.key, holder="x", why="answered 400", now=wiring.now(), due_at=None)
        listed = care("outbox", "list", "--state", "dead", "--repo", shop, at=tmp_path)
        assert "dead" in listed.out
        assert "duty: page 1" in listed.out
        assert listed.out.splitlines()[-1] == "2 dead"
        told = care("outbox", "list", "--repo", shop, "--format", "json", at=tmp_path).answer
        assert [(one["channel"], one["state"], one["why"]) for one in told["messages"]] == [
            ("duty", "dead", "answered 400"),
            ("genie", "dead", "answered 400"),
        ]
        owed = care("status", shop, "--format", "json", at=tmp_path).answer["programme"]
        mine = [one for one in owed if one["rule"] == "message-delivered"]
        assert [one["message"] for one in mine] == [
            "duty: a page was not taken, last that of credit (answered 400)",
            "genie: a page was not taken, last that of credit (answered 400)",
        ]
        without_key = care("outbox", "retry", a_page(2, "genie").id, "--repo", shop, at=tmp_path)
        assert (without_key.code, without_key.out.strip()) == (1, "0 taken, 1 to be tried again, 0 refused")
        sent = care("outbox", "retry", "--repo", shop, at=tmp_path, **KEYS)
        assert sent.code == 0
        assert sent.out.endswith("taken, 0 to be tried again, 0 refused\n")
        assert care("outbox", "retry", "nobody", "--repo", shop, at=tmp_path).code == 2
        assert ("/v2/enqueue", a_page(1, "duty").id) in services.incidents


def test_a_worker_killed_amid_sending_leaves_its_messages_to_the_next(tmp_path: Path) -> None:
    with PagingServices() as services:
        shop = a_shop(tmp_path, services.url)
        services.hanging = True
        outbox_of(shop).put([a_page(number, "duty") for number in range(20)])
        first = a_worker(shop)
        eventually(lambda: any(one.leased_until is not None for one in outbox_of(shop).entries()))
        first.send_signal(signal.SIGKILL)
        first.wait()
        services.hanging = False
        services.hold.set()
        second = a_worker(shop)
        try:
            eventually(lambda: len(outbox_of(shop).entries(state=MessageState.SENT)) == 20)
        finally:
            second.terminate()
            assert second.wait(30) == 0
        assert len(services.incidents) == 20
        beat = json.loads((shop / ".care" / "worker.json").read_text())
        assert "messages" not in beat["failed"]


def test_a_webhook_that_hangs_is_given_up_in_sight_and_holds_neither_worker_nor_other_channels_up(
    tmp_path: Path,
) -> None:
    """The webhook takes each request and never answers; the worker's rounds and the pages of others go on."""
    with PagingServices() as services, HangingServer(Hangs.HEAD) as hook:
        shop = a_shop(tmp_path, services.url)
        box, last = outbox_of(shop), a_page(7, "pager")
        box.put([last, a_page(8, "pager"), *(a_page(number, "duty") for number in range(20))])
        for _ in range(PAGES.attempts - 1):
            box.lease(holder="x", now=wiring.now(), lease_s=60, only=(last.key,))
            box.failed(last.key, holder="x", why="timed out", now=wiring.now(), due_at=last.not_before)
        worker = a_worker(shop, CARE_PAGER_URL=hook.url, CARE_PAGER_SECRET=SECRET)
        try:
            eventually(lambda: hook.requests > 0)
            first = rounds_of(shop)
            eventually(lambda: len(outbox_of(shop).entries(state=MessageState.SENT)) == 20)
            eventually(lambda: rounds_of(shop) > first)
            eventually(lambda: bool(outbox_of(shop).entries(state=MessageState.DEAD)))
            eventually(lambda: ("/v2/enqueue", f"{last.id}/pager/undelivered") in services.incidents)
        finally:
            worker.terminate()
            assert worker.wait(60) == 0
        listed = care("outbox", "list", "--repo", shop, at=tmp_path)
        assert "pager: page 7" in listed.out
        assert "timed out" in listed.out
        owed = care("status", shop, "--format", "json", at=tmp_path).answer["programme"]
        assert [one["message"] for one in owed if one["rule"] == "message-delivered"] == [
            "pager: a page was not taken, last that of credit (the page was not taken: 127.0.0.1 cannot be reached: "
            "timed out)"
        ]
