"""What a reader's browser does while events stream in: frames, long tasks, memory, and how old a number on it is.

Headless Chromium visits a page of the served fleet and stays; meanwhile events of all systems come, `rate` a second in
batches. Told are the time to the first chart, the times between frames (the page asks for each), the tasks of more than
50 ms that kept the page from answering a key (`longtask`), the times between updates of what is shown, the heap after a
collection at the beginning and the end, and how long it took from the acknowledgement of a batch to the changed page.
"""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "tests" / "scenarios"), str(PROJECT / "tests")]

from playwright.sync_api import Browser, Page, Request  # noqa: E402
from served import PASSWORD, TOKEN, Visitor  # noqa: E402

from browser.chromium import chromium  # noqa: E402 - the same browser that the tests start
from browser.looks import LIGHT, context_for  # noqa: E402
from browser.reader import address  # noqa: E402

BATCH = 500
LONG_MS = 50
ARRIVALS = 10
BEGIN = """() => {
  window.firstChart = null;
  new MutationObserver((_, self) => {
    if (document.querySelector('[data-charts] .uplot')) { window.firstChart = performance.now(); self.disconnect(); }
  }).observe(document, { childList: true, subtree: true });
}"""
"""From before the first byte on: when the first chart stood there, in ms since the page was asked for."""
WATCH = """() => {
  window.seen = { frames: [], tasks: [], updates: [], last: performance.now() };
  const step = (now) => {
    window.seen.frames.push(now - window.seen.last);
    window.seen.last = now;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
  new PerformanceObserver((list) => list.getEntries().forEach((one) => window.seen.tasks.push(one.duration)))
    .observe({ type: "longtask" });
  const told = () => window.seen.updates.push(performance.now());
  const charts = document.querySelector("[data-charts]");
  if (charts) { new MutationObserver(told).observe(charts, { attributes: true, attributeFilter: ["data-watermark"] }); }
  else { document.addEventListener("care:renewed", told); }
}"""


class Events:
    """Answers of many systems in turn, sent as their applications send them."""

    def __init__(self, port: int, releases: Mapping[str, str], *, rate: int) -> None:
        self._visitor, self._places, self.rate = Visitor(port), list(releases.items()), rate
        self.sent = 0
        self.slowest_s = 0.0
        self._numbering = threading.Lock()

    def send(self, rows: int = BATCH, *, system: str | None = None) -> int:
        """One batch, of all systems or of one; the server has it on disk when this returns. Its watermark."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        places = [place for place in self._places if system in (None, place[0])]
        with self._numbering:
            first, self.sent = self.sent, self.sent + rows
        batch = [self._row(now, number, places[number % len(places)]) for number in range(first, first + rows)]
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        began = time.monotonic()
        answer = self._visitor.ask("POST", "/api/v1/events", json.dumps(batch).encode(), headers)
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)
        assert answer.status == 200, answer.text
        assert answer.json["accepted"] == rows, answer.text
        return int(answer.json["last_seq"])

    @staticmethod
    def _row(now: str, number: int, place: tuple[str, str]) -> dict[str, Any]:
        return {
            "id": f"bench-{now}-{number}",
            "system": place[0],
            "release": place[1],
            "kind": "inference",
            "occurred_at": now,
            "unit": f"bench-{number % 4000}",
            "groups": {"sex": "female" if number % 2 else "male"},
            "segment": {"region": ("north", "south", "east", "west")[number % 4], "channel": "web"},
            "score": number % 100 / 100,
            "latency_ms": 80.0 + number % 40,
            "business": {"converted": number % 3 == 0, "complained": False, "overridden": number % 20 == 0},
        }

    @contextmanager
    def streaming(self) -> Iterator[None]:
        """`rate` events a second, by a clock: a batch that took long is followed at once by the next."""
        stop, failed = threading.Event(), list[Exception]()

        def run() -> None:
            due = time.monotonic()
            try:
                while not stop.wait(max(0.0, due - time.monotonic())):
                    due += BATCH / self.rate
                    self.send()
            except (AssertionError, OSError) as error:
                failed.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)
        if failed:
            raise failed[0]


def browser_rows(
    port: int, reader: str, pages: Mapping[str, str], events: Events, *, seconds: float
) -> Iterator[dict[str, Any]]:
    """One row a page, and one for the way of a number from the acknowledgement onto the page of a system.

    The page that stands last in `pages` is the one of a system, by its path.
    """
    with chromium() as browser:
        page = _signed_in(browser, port, reader)
        for name, path in pages.items():
            yield {"name": f"browser_{name}", **_watched(page, address(port, path), events, seconds)}
        system = list(pages.values())[-1].strip("/").rpartition("/")[2]
        yield {"name": "browser_number_arrives", **_arrivals(page, events, system)}


def _signed_in(browser: Browser, port: int, reader: str) -> Page:
    page = context_for(LIGHT, browser=browser).new_page()
    page.add_init_script(f"({BEGIN})()")
    page.goto(address(port, "/accounts/login/"))
    page.get_by_label("Email").fill(reader)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state()
    return page


def _watched(page: Page, url: str, events: Events, seconds: float) -> dict[str, Any]:
    fetches = list[Request]()

    def finished(request: Request) -> None:
        fetches.append(request)

    page.on("requestfinished", finished)
    with events.streaming():
        page.goto(url)
        ready(page)
        page.wait_for_timeout(2000)
        before, fetched = _memory(page), len(fetches)
        page.evaluate(WATCH)
        sent, began = events.sent, time.monotonic()
        page.wait_for_timeout(seconds * 1000)
        seen, took = page.evaluate("() => window.seen"), time.monotonic() - began
        rate, after = (events.sent - sent) / took, _memory(page)
    page.remove_listener("requestfinished", finished)
    frames, tasks = sorted(seen["frames"]), sorted(seen["tasks"])
    first = page.evaluate("() => window.firstChart")
    return {
        "ours": round(statistics.median(frames), 1),
        "p95": round(frames[int(0.95 * len(frames))], 1),
        "worst": round(frames[-1], 1),
        "unit": "ms between frames",
        "n": len(frames),
        "seconds": round(took),
        "first_chart_ms": None if first is None else round(first),
        "long_tasks": len(tasks),
        "longest_task_ms": round(max(tasks, default=0.0)),
        "blocked_share": round(sum(tasks) / (took * 1000), 4),
        **_updates(seen["updates"]),
        "fetches": len(fetches) - fetched,
        "heap_mb_begin": before["JSHeapUsedSize"],
        "heap_mb_end": after["JSHeapUsedSize"],
        "nodes_begin": before["Nodes"],
        "nodes_end": after["Nodes"],
        "events_per_s": round(rate),
        "slowest_batch_ms": round(events.slowest_s * 1000),
    }


def _updates(at_ms: Sequence[float]) -> dict[str, Any]:
    """How many times what is shown was renewed, and how long it stood in between."""
    between = sorted(b - a for a, b in pairwise(at_ms))
    if not between:
        return {"updates": len(at_ms), "update_ms": None, "update_ms_p95": None}
    return {
        "updates": len(at_ms),
        "update_ms": round(statistics.median(between)),
        "update_ms_p95": round(between[int(0.95 * len(between))]),
    }


def _memory(page: Page) -> dict[str, float]:
    """What the page's scripts hold after a collection, in MB, and its nodes."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return {"JSHeapUsedSize": round(told["JSHeapUsedSize"] / 1e6, 1), "Nodes": int(told["Nodes"])}


def _arrivals(page: Page, events: Events, system: str) -> dict[str, Any]:
    """While all systems send, one batch of the system that is shown, until the page shows that batch or a later one."""
    took = []
    with events.streaming():
        for _ in range(ARRIVALS):
            page.wait_for_timeout(2500)
            sent = events.send(50, system=system)
            began = time.perf_counter()
            page.wait_for_function(
                "(sent) => Number(document.querySelector('[data-charts]').dataset.watermark) >= sent",
                arg=sent,
                timeout=60_000,
            )
            took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {
        "ours": round(statistics.median(took)),
        "p95": round(took[-1]),
        "worst": round(took[-1]),
        "unit": "ms from acknowledged to drawn",
        "n": len(took),
        "events_per_s": events.rate,
    }


def ready(page: Page) -> None:
    """Wait until charts, if there are any, are drawn."""
    if page.locator("[data-charts]").count():
        page.wait_for_selector("[data-charts][data-state=drawn]", timeout=120_000)
