"""Tell the lake what an AI system did, from inside the application, without ever being in its way.

    recorder = Recorder("credit-decision", "sha256:…", url="https://care.acme.example/api/v1/events")
    answer_id = recorder.inference(features={"age": 41}, prediction="approve", latency_ms=12.5)
    recorder.label(answer_id, label="repaid")

Events are sent by a thread of its own, in batches. What cannot be sent goes to the spool file if there is one, and from
there to the lake once it is back; without one it waits in bounded memory, and what is pushed out is counted. No call
raises, and none waits for the network or the disk.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import socket
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from careloop.adapters.event_post import EventPost
from careloop.adapters.event_spool import EventSpool
from careloop.errors import CareloopError, InvalidInput, Unavailable, UsageError
from careloop.ports.event_sink import EventSink
from careloop.sdk.waiting_events import WaitingEvents

__all__ = ["Recorded", "Recorder", "RecorderLimits"]

_BATCH: Final = 500
_EVERY_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the events so far."""

    sent: int = 0
    """Handed over to the lake, refused rows among them, and those that lay in the spool for a while."""
    spooled: int = 0
    """Written to the spool at some time."""
    refused: int = 0
    """Rows that do not fit the system's declaration; `care ingest` of the same rows says why."""
    lost: int = 0
    """Not JSON, or pushed out while the lake was out of reach."""
    left_out: int = 0
    """Answers that the sample rate did not pick; the census counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderLimits:
    """What a recorder may cost the application that it lives in."""

    most_events: int = 50_000
    """Events in memory."""
    most_bytes: int = 64 << 20
    """Bytes of events in memory."""
    most_spooled_bytes: int = 1 << 30
    """Bytes of the spool file."""
    timeout_s: float = 10.0
    """One request to the lake."""
    exit_s: float = 5.0
    """How long the end of the process may be held up; what is left goes to the spool, or is lost and counted."""
    heartbeat_s: float = 60.0
    """Every so often it says that it lives and how many answers were served; 0 says nothing."""


class Recorder:
    """Sends events of one release of one system to `url`, or to the file `spool`; with both, to the file on failure.

    `sample_rate` in (0, 1] sends only so large a part of the answers; how many there truly were, a census says.
    Raises `UsageError` without a place to send to and `InvalidInput` for a rate or an address that cannot be.
    """

    def __init__(  # noqa: PLR0913  # each says one thing about where events go
        self,
        system: str,
        release: str,
        *,
        url: str | None = None,
        spool: Path | str | None = None,
        token: str | None = None,
        sample_rate: float = 1.0,
        limits: RecorderLimits | None = None,
    ) -> None:
        if url is None and spool is None:
            raise UsageError("a recorder needs a url, a spool file, or both")
        if not 0 < sample_rate <= 1:
            raise InvalidInput(f"sample_rate: {sample_rate} is not above 0 and at most 1")
        self._limits = limits or RecorderLimits()
        self._about = {"system": system, "release": release}
        self._rate, self._dice = sample_rate, random.Random()
        self._post: EventSink | None = EventPost(url, token=token, timeout_s=self._limits.timeout_s) if url else None
        limit = self._limits.most_spooled_bytes
        self._spool = EventSpool(Path(spool), most_bytes=limit) if spool else None
        self._recorded = Recorded()
        self._begin()
        atexit.register(self.close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_begin_again(self))

    def _begin(self) -> None:
        """Everything that belongs to one process."""
        self._waiting = WaitingEvents(most_events=self._limits.most_events, most_bytes=self._limits.most_bytes)
        self._state, self._sending = threading.Condition(), threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._pause_s, self._try_at = 0.0, 0.0
        self._source, self._beats = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}", 0
        self._served, self._beat_at = 0, time.monotonic()

    def inference(self, **fields: object) -> str:
        """One answer of the system; returns its id, by which a label can name it. Fields as in EVENTS."""
        with self._state:
            self._served += 1
        if self._rate < 1:
            if self._dice.random() >= self._rate:
                self._add(left_out=1)
                return str(fields.get("id") or uuid.uuid4().hex)
            fields = {"sample_rate": self._rate, **fields}
        return self.record("inference", fields)

    def label(self, inference_id: str, **fields: object) -> str:
        """What the right answer was (`label`), or what came of it (`value`)."""
        return self.record("label", {"inference_id": inference_id, **fields})

    def record(self, kind: str, fields: Mapping[str, object]) -> str:
        """Any event; `id` and `occurred_at` are made here unless given."""
        event: dict[str, object] = {"id": uuid.uuid4().hex, "occurred_at": datetime.now(UTC).isoformat(), "kind": kind}
        event |= {**self._about, **fields}
        try:
            line = json.dumps(event, allow_nan=False, separators=(",", ":"), default=_plain).encode()
        except (TypeError, ValueError, RecursionError):
            self._add(lost=1)
            return str(event["id"])
        pushed = 1 if self._closed else self._waiting.add(line)
        if pushed:
            self._add(lost=pushed)
        with self._state:
            if self._closed:
                return str(event["id"])
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="careloop-recorder", daemon=True)
                with suppress(RuntimeError):  # no thread can be had, as at the end of a process: `close` sends it
                    self._thread.start()
            if len(self._waiting) >= _BATCH:
                self._state.notify()
        return str(event["id"])

    @property
    def recorded(self) -> Recorded:
        """What became of the events so far."""
        return self._recorded

    def flush(self) -> None:
        """Try to hand over everything that waits, now."""
        with self._sending:
            self._try_at = 0.0
            self._send_waiting()

    def close(self) -> None:
        """Say farewell, flush and stop, in bounded time; also at the end of the process. What comes later is lost."""
        if self._limits.heartbeat_s and self._served and not self._closed:
            self._beat()
        with self._state:
            self._closed = True
            self._state.notify()
        farewell = threading.Thread(target=self._last_flush, name="careloop-recorder-end", daemon=True)
        try:
            farewell.start()
            farewell.join(self._limits.exit_s)
        except RuntimeError:  # the interpreter starts no threads any more
            self._last_flush()
        if rest := self._waiting.take_all():
            self._keep(rest)
        atexit.unregister(self.close)

    def _last_flush(self) -> None:
        with suppress(CareloopError):
            self.flush()

    def _keep(self, rest: list[bytes]) -> None:
        """What could not be sent in time."""
        with suppress(Unavailable):
            if self._spool is not None:
                self._spool.send(rest)
                self._add(spooled=len(rest))
                return
        self._add(lost=len(rest))

    def _run(self) -> None:
        while not self._closed:
            with self._state:
                self._state.wait_for(lambda: self._closed or len(self._waiting) >= _BATCH, timeout=_EVERY_S)
            if self._limits.heartbeat_s and time.monotonic() - self._beat_at >= self._limits.heartbeat_s:
                self._beat()
            if not self._closed:
                with self._sending:
                    self._send_waiting()

    def _beat(self) -> None:
        """A census: what was served since the last one, and that this source lives."""
        with self._state:
            served, self._served = self._served, 0
            self._beats, self._beat_at = self._beats + 1, time.monotonic()
            beat = {"source": self._source, "seq": self._beats, "served": served}
        self.record("census", beat)

    def _send_waiting(self) -> None:
        """Batches for as long as somebody takes them; then what lies in the spool, if the lake is there."""
        while len(self._waiting) and self._hand_over(self._waiting.take(_BATCH)):
            pass
        if self._post is None or self._spool is None or time.monotonic() < self._try_at:
            return
        try:
            sent, refused = self._spool.drain(self._post.send, batch=_BATCH)
        except (Unavailable, OSError):
            self._wait_longer()
        else:
            self._add(sent=sent, refused=refused)

    def _hand_over(self, batch: list[bytes]) -> bool:
        """Send a batch; False when nobody took it, and it waits on."""
        if self._post is not None and time.monotonic() >= self._try_at:
            try:
                refused = self._post.send(batch)
            except Unavailable:
                self._wait_longer()
            else:
                self._pause_s = self._try_at = 0.0
                self._waiting.done()
                self._add(refused=refused, sent=len(batch))
                return True
        with suppress(Unavailable):
            if self._spool is not None:
                self._spool.send(batch)
                self._waiting.done()
                self._add(spooled=len(batch))
                return True
        self._waiting.back()
        return False

    def _wait_longer(self) -> None:
        """The lake is not asked again at once, and not by all its senders in the same moment."""
        self._pause_s = min(_LONGEST_PAUSE_S, 2 * self._pause_s or _EVERY_S)
        self._try_at = time.monotonic() + self._pause_s * (0.5 + self._dice.random() / 2)

    def _add(self, **more: int) -> None:
        with self._state:
            old = self._recorded
            self._recorded = replace(old, **{name: getattr(old, name) + count for name, count in more.items()})


def _plain(value: object) -> object:
    """A number of numpy, a moment, a path: as JSON says it; TypeError for what has no such form."""
    if isinstance(value, datetime):
        return value.isoformat()
    if callable(item := getattr(value, "item", None)) and getattr(value, "shape", None) == ():
        return item()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _begin_again(recorder: Recorder) -> Callable[[], None]:
    """After a fork the child has no thread, and what waits is the parent's to send."""
    known = weakref.ref(recorder)

    def begin() -> None:
        if (here := known()) is not None:
            here._begin()

    return begin
