"""What a reader's browser does while events stream in: frames, long tasks, and how long a number takes to arrive.

Headless Chromium visits a page of the served fleet and stays; meanwhile events of one system come, `RATE` a second in
batches. Told are the times between frames (the page asks for each), the tasks of more than 50 ms that kept the page
from answering a key (`longtask`), and how long it took from the acknowledgement of a batch to the changed page.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "tests" / "scenarios"), str(PROJECT / "tests")]

from playwright.sync_api import Page  # noqa: E402
from served import PASSWORD, TOKEN, Visitor  # noqa: E402

from browser.chromium import chromium  # noqa: E402 - the same browser that the tests start
from browser.looks import LIGHT, context_for  # noqa: E402
from browser.reader import address  # noqa: E402

RATE, BATCH = 100, 50
WATCH = """() => {
  window.seen = { frames: [], tasks: [], last: performance.now() };
  const step = (now) => {
    window.seen.frames.push(now - window.seen.last);
    window.seen.last = now;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.seen.tasks.push(one.duration)))
    .observe({ type: "longtask" });
}"""


class Events:
    """Answers of one system, sent as an application sends them."""

    def __init__(self, port: int, system: str, release: str) -> None:
        self._visitor, self._system, self._release = Visitor(port), system, release
        self.sent = 0

    def send(self) -> None:
        """One batch; the server has it on disk when this returns."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        rows = [self._row(now, number) for number in range(self.sent, self.sent + BATCH)]
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        answer = self._visitor.ask("POST", "/api/v1/events", json.dumps(rows).encode(), headers)
        assert answer.status == 200, answer.text
        assert answer.json["accepted"] == BATCH, answer.text
        self.sent += BATCH

    def _row(self, now: str, number: int) -> dict[str, Any]:
        return {
            "id": f"bench-{now}-{number}",
            "system": self._system,
            "release": self._release,
            "kind": "inference",
            "occurred_at": now,
            "unit": f"bench-{number % 400}",
            "groups": {"sex": "female" if number % 2 else "male"},
            "latency_ms": 80.0 + number % 40,
            "business": {"converted": number % 3 == 0, "complained": False, "overridden": number % 20 == 0},
        }

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """A batch every so often, from a thread of its own."""
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(BATCH / RATE):
                self.send()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def browser_rows(
    port: int, reader: str, pages: dict[str, str], events: Events, *, seconds: float
) -> Iterator[dict[str, Any]]:
    """One row a page, and one for the way of a number from the acknowledgement onto the page of a system."""
    with chromium() as browser:
        page = context_for(LIGHT, browser=browser).new_page()
        page.goto(address(port, "/accounts/login/"))
        page.get_by_label("Email").fill(reader)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_load_state()
        for name, path in pages.items():
            yield {"name": f"browser_{name}", **_watched(page, address(port, path), events, seconds)}
        yield {"name": "browser_number_arrives", **_arrivals(page, events)}


def _watched(page: Page, url: str, events: Events, seconds: float) -> dict[str, Any]:
    page.goto(url)
    ready(page)
    page.wait_for_timeout(2000)
    before = page.evaluate("() => performance.getEntriesByType('resource').length")
    page.evaluate(WATCH)
    with events.streaming():
        page.wait_for_timeout(seconds * 1000)
    seen = page.evaluate("() => window.seen")
    fetched = page.evaluate("() => performance.getEntriesByType('resource').length") - before
    frames, tasks = sorted(seen["frames"]), seen["tasks"]
    return {
        "ours": round(statistics.median(frames), 1),
        "p95": round(frames[int(0.95 * len(frames))], 1),
        "worst": round(frames[-1], 1),
        "unit": "ms between frames",
        "n": len(frames),
        "long_tasks": len(tasks),
        "longest_task_ms": round(max(tasks, default=0.0)),
        "blocked_share": round(sum(tasks) / (seconds * 1000), 3),
        "fetches": fetched,
        "events_per_s": RATE,
    }


def _arrivals(page: Page, events: Events, times: int = 10) -> dict[str, Any]:
    """The page that was watched last is the one of the system."""
    took = []
    for _ in range(times):
        page.wait_for_timeout(2500)
        old = page.get_attribute("[data-charts]", "data-watermark")
        events.send()
        began = time.perf_counter()
        page.wait_for_function(
            "(old) => document.querySelector('[data-charts]').dataset.watermark !== old", arg=old, timeout=60_000
        )
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "ours": round(statistics.median(took)),
        "p95": round(took[-1]),
        "worst": round(took[-1]),
        "unit": "ms from acknowledged to drawn",
        "n": times,
    }


def ready(page: Page) -> None:
    """Wait until charts, if there are any, are drawn."""
    if page.locator("[data-charts]").count():
        page.wait_for_selector("[data-charts][data-state=drawn]", timeout=120_000)
