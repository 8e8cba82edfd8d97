"""Business figures of a real Prometheus beside the fairness charts: one axis of time, gaps, and how old they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from prometheus_server import MISSING, openmetrics, prometheus_server
from served import accounts, serving
from web_office import OPERATIONS, mail_of

from browser.accessibility import axe_violations
from browser.looks import OpenPage
from browser.reader import PATIENCE_MS, address, charts_drawn, sign_in
from browser.screenshots import screenshot
from careloop import wiring
from careloop.worker.side_loops import side_loops

RETAILER = Path(__file__).parents[1] / "scenarios" / "s3_retailer.py"
SHOP, GAP = "product-recommender", "discount-gap-by-region"
HOUR, DAY = 3600, 86_400
VIEWS = """
views:
  conversion:
    kind: prometheus
    title: Conversion of offers
    address: {url}
    query: shop_conversion
    by: region
    unit: share
    step: PT15M
    keep: P40D
  margin:
    {{kind: prometheus, title: Margin, address: 'http://127.0.0.1:9', query: sum(margin), unit: EUR}}
"""

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))


def conversion(now: int) -> dict[tuple[str, str], tuple[tuple[int, float], ...]]:
    """Forty days, a sample every fifteen minutes: the coast falls with yesterday's release, the west was away for a
    day, the south has no offers at all in this hour."""
    steps = [now // 900 * 900 - 900 * n for n in range(40 * 96, -1, -1)]
    wave = {at: 0.01 * ((at // HOUR) % 24 - 12) / 12 for at in steps}
    return {
        ("shop_conversion", "coast"): tuple((at, (0.21 if at < now - DAY else 0.14) + wave[at]) for at in steps),
        ("shop_conversion", "south"): tuple((at, float("nan") if at > now - HOUR else 0.19) for at in steps),
        ("shop_conversion", "west"): tuple(
            (at, 0.2 - wave[at]) for at in steps if not now - 6 * DAY < at < now - 5 * DAY
        ),
    }


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Pages of the retailer, whose views were read once from a Prometheus that is there no longer."""
    folder, started = tmp_path_factory.mktemp("shop"), tmp_path_factory.mktemp("prometheus")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    env = {**os.environ, "S3_START": (today - timedelta(days=31)).isoformat()}
    command = [sys.executable, str(RETAILER), str(folder), "0", "--build"]
    root = Path(json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)["root"])
    accounts(root, mail_of(OPERATIONS))
    now = int(wiring.now().timestamp())
    with prometheus_server(started, past=openmetrics(conversion(now))) as url:
        file = root / "systems" / SHOP / "system.yaml"
        file.write_text(file.read_text() + VIEWS.format(url=url))
        git = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@acme.example"]
        subprocess.run([*git, "commit", "-qam", "Conversion beside fairness"], check=True)
        loops = {one.name: one for one in side_loops(root, threading.Event()).loops}
        loops[f"view {SHOP}/conversion"].work(wiring.now())
    with serving(root) as found:
        yield found


def test_conversion_stands_beside_the_gap_on_the_same_axis_of_time_r46(port: int, open_page: OpenPage) -> None:
    """And a stranger reads what it is, how old, that nothing rests on it, and what is not known."""
    page = sign_in(open_page, port, mail_of(OPERATIONS))
    page.goto(address(port, f"/systems/{SHOP}/"))
    charts_drawn(page)
    cards = [card.get_attribute("data-chart") for card in page.locator("[data-chart]").all()]
    assert cards.index("view.conversion") == cards.index(GAP) + 1, cards
    gap, card = page.locator(f"[data-chart={GAP}] [data-part]").first, page.locator("[data-chart='view.conversion']")
    view = card.locator("[data-part]")
    for one in (gap, view):
        one.scroll_into_view_if_needed()
        expect(one).to_have_attribute("data-from", re.compile("[0-9]"), timeout=PATIENCE_MS)
    times = [[int(one.get_attribute(name) or 0) for name in ("data-from", "data-to")] for one in (gap, view)]
    assert all(abs(ours - theirs) <= 2 * DAY for ours, theirs in zip(*times, strict=True)), times
    page.get_by_label("Time", exact=True).select_option("week")
    expect(gap).not_to_have_attribute("data-from", str(times[0][0]), timeout=PATIENCE_MS)
    for end in ("data-from", "data-to"):
        expect(view).to_have_attribute(end, gap.get_attribute(end) or "", timeout=PATIENCE_MS)

    note = card.locator("[data-chart-note]")
    for told in ("read 20", "no alarm, gate or count rests on it", "not evaluable, which is not 0"):
        expect(note).to_contain_text(told)
    away = page.locator("[data-standing='view.margin']")
    expect(away).to_have_text("not known: never read")
    expect(away).to_have_class(re.compile("care-red"))
    card.locator("summary").click()
    rows = card.locator(".care-numbers tbody tr")
    expect(rows.filter(has_text="south").first).to_contain_text("no number")
    expect(rows.filter(has_text="coast").first).to_contain_text(re.compile("%.*samples"))
    screenshot(page, "views")
    assert axe_violations(page) == []
