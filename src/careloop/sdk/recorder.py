"""Tell the lake what an AI system did, from inside the application, without ever being in its way.

    recorder = Recorder("credit-decision", "sha256:…", url="https://care.acme.example/api/v1/events")
    answer_id = recorder.inference(features={"age": 41}, prediction="approve", latency_ms=12.5)
    recorder.label(answer_id, label="repaid")

Events are sent by a thread of its own, in batches. What cannot be sent goes to the spool file if there is one, else it
waits; when too many wait, the oldest are lost, and counted. No call raises, none waits for the network.
"""

from __future__ import annotations

import atexit
import json
import threading
import uuid
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from careloop.adapters.event_post import EventPost
from careloop.adapters.event_spool import EventSpool
from careloop.errors import Unavailable, UsageError
from careloop.ports.event_sink import EventSink

__all__ = ["Recorded", "Recorder"]

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of the events so far."""

    sent: int = 0
    """Handed over, refused rows among them."""
    spooled: int = 0
    refused: int = 0
    """Rows that do not fit the system's declaration; `care ingest` of the same rows says why."""
    lost: int = 0
    """Not JSON, or pushed out while the lake was out of reach."""


class Recorder:
    """Sends events of one release of one system to `url`, or to the file `spool`; with both, to the file on failure."""

    def __init__(
        self, system: str, release: str, *, url: str | None = None, spool: Path | None = None, token: str | None = None
    ) -> None:
        if url is None and spool is None:
            raise UsageError("a recorder needs a url, a spool file, or both")
        self._about = {"system": system, "release": release}
        self._post: EventSink | None = EventPost(url, token=token) if url else None
        self._spool: EventSink | None = EventSpool(spool) if spool else None
        self._waiting: deque[bytes] = deque()
        self._most_waiting, self._every_s = 50_000, 1.0
        self._state = threading.Condition()
        self._sending = threading.Lock()
        self._recorded = Recorded()
        self._closed = False
        self._thread: threading.Thread | None = None
        atexit.register(self.close)

    def inference(self, **fields: object) -> str:
        """One answer of the system; returns its id, by which a label can name it. Fields as in EVENTS."""
        return self.record("inference", fields)

    def label(self, inference_id: str, **fields: object) -> str:
        """What the right answer was (`label`), or what came of it (`value`)."""
        return self.record("label", {"inference_id": inference_id, **fields})

    def record(self, kind: str, fields: Mapping[str, object]) -> str:
        """Any event; `id` and `occurred_at` are made here unless given."""
        event: dict[str, object] = {"id": uuid.uuid4().hex, "occurred_at": datetime.now(UTC).isoformat(), "kind": kind}
        event |= {**self._about, **fields}
        try:
            line = json.dumps(event, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError):
            self._add(lost=1)
            return str(event["id"])
        with self._state:
            self._waiting.append(line)
            lost = len(self._waiting) > self._most_waiting
            if lost:
                self._waiting.popleft()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="careloop-recorder", daemon=True)
                with suppress(RuntimeError):  # no thread can be had, as at the end of a process: `close` sends it
                    self._thread.start()
            if len(self._waiting) >= _BATCH:
                self._state.notify()
        self._add(lost=int(lost))
        return str(event["id"])

    @property
    def recorded(self) -> Recorded:
        """What became of the events so far."""
        return self._recorded

    def flush(self) -> None:
        """Try to hand over everything that waits, now."""
        with self._sending:
            while self._waiting and self._hand_over():
                pass

    def close(self) -> None:
        """Flush and stop; called at the end of the process too."""
        with self._state:
            self._closed = True
            self._state.notify()
        self.flush()
        atexit.unregister(self.close)

    def _run(self) -> None:
        while not self._closed:
            with self._state:
                self._state.wait_for(lambda: self._closed or len(self._waiting) >= _BATCH, timeout=self._every_s)
            self.flush()

    def _hand_over(self) -> bool:
        """Send the oldest batch; False when nobody took it, and it waits on."""
        with self._state:
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        with suppress(Unavailable):
            if self._post is not None:
                self._add(refused=self._post.send(batch), sent=len(batch))
                return True
        with suppress(Unavailable):
            if self._spool is not None:
                self._spool.send(batch)
                self._add(spooled=len(batch))
                return True
        with self._state:
            self._waiting.extendleft(reversed(batch))
        return False

    def _add(self, *, sent: int = 0, spooled: int = 0, refused: int = 0, lost: int = 0) -> None:
        with self._state:
            old = self._recorded
            self._recorded = Recorded(
                sent=old.sent + sent,
                spooled=old.spooled + spooled,
                refused=old.refused + refused,
                lost=old.lost + lost,
            )
