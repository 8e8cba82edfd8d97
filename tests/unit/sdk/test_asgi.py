"""The middleware records what a handler tells, with the time to the last byte, and lets everything else pass."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from careloop.sdk.asgi import Message, Receive, RecorderMiddleware, Scope, Send, tell
from careloop.sdk.recorder import Recorder, RecorderLimits


async def decide(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that says what it decided, on one path; streams its answer, and fails on another."""
    if scope["path"] == "/decide":
        assert tell(scope, prediction="approve", features={"age": 41}) == tell(scope, unit="case-7")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    for part in (b"app", b"roved"):
        await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": part, "more_body": part == b"app"})
    if scope["path"] == "/fail":
        raise RuntimeError("broke off")


def asked(app: RecorderMiddleware, path: str, kind: str = "http") -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(app({"type": kind, "path": path}, receive, send))
    return sent


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder("credit", "v1", spool=tmp_path / "spool", limits=RecorderLimits(heartbeat_s=0))


def events(recorder: Recorder, tmp_path: Path) -> list[dict[str, Any]]:
    recorder.close()
    spool = tmp_path / "spool"
    return [json.loads(line) for line in spool.read_bytes().splitlines()] if spool.exists() else []


def test_what_the_handler_tells_is_recorded_and_the_answer_carries_its_id(recorder: Recorder, tmp_path: Path) -> None:
    start, *body = asked(RecorderMiddleware(decide, recorder), "/decide")
    assert b"".join(one["body"] for one in body) == b"approved"
    (row,) = events(recorder, tmp_path)
    assert dict(start["headers"])[b"care-inference"].decode() == row["id"]
    assert (row["prediction"], row["features"], row["unit"]) == ("approve", {"age": 41}, "case-7")
    assert row["latency_ms"] >= 20, "to the last byte, not to the first"


def test_requests_about_which_nothing_is_told_pass_unseen(recorder: Recorder, tmp_path: Path) -> None:
    start, *_ = asked(RecorderMiddleware(decide, recorder), "/health")
    assert b"care-inference" not in dict(start["headers"])
    with pytest.raises(RuntimeError):
        asked(RecorderMiddleware(decide, recorder), "/fail")
    assert events(recorder, tmp_path) == []


def test_outside_the_middleware_telling_says_so_and_other_protocols_pass(recorder: Recorder) -> None:
    assert tell({"type": "http"}, prediction="approve") is None
    seen: list[str] = []

    async def other(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])
        assert "careloop.inference" not in scope

    asked(RecorderMiddleware(other, recorder), "/", kind="websocket")
    assert seen == ["websocket"]
    recorder.close()
