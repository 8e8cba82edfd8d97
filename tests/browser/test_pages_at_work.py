"""What people do on the pages: two approve a release, and one watches a chart move and a rollback appear."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from acme_releases import APPROVERS
from playwright.sync_api import Locator, Page, expect
from served import TOKEN, Visitor, accounts, serving, worker
from web_office import OPERATIONS, Office, founded, mail_of, open_office

from browser.looks import DARK, LOOKS, Look, OpenPage
from browser.reader import PATIENCE_MS, address, charts_drawn, sign_in
from browser.screenshots import screenshot

RETAILER = Path(__file__).parents[1] / "scenarios" / "s3_retailer.py"
SHOP = "product-recommender"
GAP = "discount-gap-by-region"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "founded").mkdir()
    with open_office(founded(tmp_path / "founded"), tmp_path) as made:
        yield made


@dataclass(frozen=True)
class Shop:
    """The retailer's repository while its pages are open: a bad release has answered for a day, unwatched."""

    root: Path
    port: int
    unfair: str

    def sell(self, number: int) -> None:
        """Live answers, sent as an application sends them."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        events = [
            {
                "id": f"live-{number}-{at}",
                "system": SHOP,
                "release": self.unfair,
                "kind": "inference",
                "occurred_at": now,
                "prediction": "shown" if at % 2 else "hidden",
                "segment": {"region": ("coast", "west", "south")[at % 3], "town_size": "town", "channel": "app"},
                "business": {"converted": at % 5 == 0},
                "unit": f"live-{number}-{at}",
            }
            for at in range(60)
        ]
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        answer = Visitor(self.port).ask("POST", "/api/v1/events", json.dumps(events).encode(), headers)
        assert answer.status == 200, answer.text
        assert answer.json["accepted"] == 60, answer.text


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    env = {**os.environ, "S3_START": (today - timedelta(days=31)).isoformat()}
    command = [sys.executable, str(RETAILER), str(tmp_path), "0", "--build"]
    built = json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout)
    root = Path(built["root"])
    accounts(root, mail_of(OPERATIONS))
    with serving(root) as port:
        yield Shop(root, port, built["unfair"])


def approve(page: Page, office: Office, reason: str) -> None:
    """Read the request, and sign."""
    page.goto(address(office.port, "/approvals/"))
    page.get_by_role("link", name="Decide").click()
    expect(page.get_by_role("heading", name="Results that were read")).to_be_visible()
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("status").filter(has_text="You approved it")).to_be_visible(timeout=PATIENCE_MS)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_two_people_approve_a_release_r41(office: Office, open_page: OpenPage, look: Look) -> None:
    first = sign_in(open_page, office.port, mail_of(APPROVERS[0]), look=look)
    second = sign_in(open_page, office.port, mail_of(APPROVERS[1]), look=look)
    second.goto(address(office.port, "/approvals/"))
    approve(first, office, "The gap is within tolerance and the rollback was drilled.")
    screenshot(first, f"approved-once-{look}")
    expect(second.locator("main")).to_contain_text("1 of 2 approvals", timeout=PATIENCE_MS)  # nobody reloaded it
    approve(second, office, "Validated, conditions met.")
    expect(second.locator("h1")).to_have_text("2 of 2 approvals")
    screenshot(second, f"approved-twice-{look}")


def test_a_chart_moves_and_a_rollback_marker_appears_while_somebody_looks_s3(shop: Shop, open_page: OpenPage) -> None:
    page = sign_in(open_page, shop.port, mail_of(OPERATIONS))
    page.goto(address(shop.port, f"/systems/{SHOP}/"))
    charts_drawn(page)
    panel, card = page.locator("[data-charts]"), page.locator(f"[data-chart={GAP}]")
    expect(page.locator("h1")).to_have_text(re.compile("6.0 answers"))
    assert "rollback" not in str(panel.get_attribute("data-markers"))
    rows = int(card.get_attribute("data-rows") or 0)
    screenshot(page, "before-rollback")
    shop.sell(1)
    expect(card).not_to_have_attribute("data-rows", str(rows), timeout=PATIENCE_MS)
    assert int(card.get_attribute("data-rows") or 0) > rows, "the chart counts what came while the page was open"
    with worker(shop.root):
        expect(panel).to_have_attribute("data-markers", re.compile("rollback"), timeout=2 * PATIENCE_MS)
        expect(page.locator("h1")).to_have_text(re.compile("5.1 answers"), timeout=PATIENCE_MS)
    expect(card).to_have_attribute("data-alarms", "1")
    expect(page.locator("#log")).to_contain_text("deploy.done")
    screenshot(page, "after-rollback")
    page.goto(address(shop.port, "/incidents/"))
    expect(page.locator("h1")).to_contain_text("1 alarm")
    page.get_by_role("region", name="Alarms").get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("attributed by replay")
    chain = page.locator(".care-chain > li h3")
    expect(chain).to_have_text(["Policy sentence", "Rule", "Monitor", "Result", "Evidence"])
    screenshot(page, "alarm-story")


def test_what_the_reader_chose_stays_while_numbers_stream_in_r47(shop: Shop, open_page: OpenPage) -> None:
    page = sign_in(open_page, shop.port, mail_of(OPERATIONS))
    page.goto(address(shop.port, f"/systems/{SHOP}/"))
    charts_drawn(page)
    panel, card = page.locator("[data-charts]"), page.locator(f"[data-chart={GAP}]")
    chart = card.get_by_role("slider").first
    page.get_by_label("Show").select_option("coast")
    drag(page, card.locator(".u-over").first)
    expect(page).to_have_url(re.compile(r"group=coast&from=\d+&to=\d+"))
    chosen = page.url
    told = re.findall(r"from=(\d+)", chosen)[0]
    expect(chart).to_have_attribute("data-from", told)
    chart.focus()
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"UTC: coast .* %, .* to .* %, n \d+"))
    card.get_by_text("Numbers of").first.click()
    expect(card.locator(".care-numbers tbody tr").first).to_contain_text("coast")
    before, loads = str(panel.get_attribute("data-watermark")), []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    shop.sell(2)
    expect(panel).not_to_have_attribute("data-watermark", before, timeout=PATIENCE_MS)
    expect(page.locator("[data-aged]").first).to_contain_text(re.compile(r"Last event \d+ s ago"), timeout=PATIENCE_MS)
    assert (page.url, loads) == (chosen, []), "nothing was reloaded"
    expect(page.get_by_label("Show")).to_have_value("coast")
    assert chart.get_attribute("data-from") == told, "the stretch that was zoomed to stays"
    expect(card.locator("details").first).to_have_attribute("open", "")
    screenshot(page, "zoomed")
    page.reload()
    charts_drawn(page)
    expect(page.get_by_label("Show")).to_have_value("coast")
    expect(card.get_by_role("slider").first).to_have_attribute("data-from", told)


def test_the_fleet_keeps_filter_order_and_focus_while_events_come_r47(shop: Shop, open_page: OpenPage) -> None:
    page = sign_in(open_page, shop.port, mail_of(OPERATIONS))
    page.goto(address(shop.port, "/run/"))
    expect(page.locator("main")).to_contain_text("stands out", timeout=2 * PATIENCE_MS)
    rows = page.locator("table[data-table] tbody tr")
    expect(rows.first).to_contain_text("Product recommender")
    page.get_by_role("button", name="System", exact=True).click()
    field = page.get_by_placeholder("Filter")
    field.fill("recommender")
    shown = page.locator("table[data-table] tbody tr:visible")
    old = str(shown.first.locator("[data-age]").get_attribute("data-age"))
    shop.sell(3)
    expect(shown.first.locator("[data-age]")).not_to_have_attribute("data-age", old, timeout=PATIENCE_MS)
    expect(shown).to_have_count(1)
    expect(field).to_have_value("recommender")
    expect(field).to_be_focused()
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("System")
    assert str(shown.first.locator("[data-age]").get_attribute("data-age")) > old, "the row is a newer one"
    screenshot(page, "fleet-filtered")


def drag(page: Page, over: Locator) -> None:
    """Draw a stretch of time over a chart."""
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 60, steps=5)
    page.mouse.up()


def test_an_order_is_signed_after_a_step_up_and_shows_at_once(office: Office, open_page: OpenPage) -> None:
    page = sign_in(open_page, office.port, mail_of(OPERATIONS), look=DARK)
    page.goto(address(office.port, "/systems/credit-decision/"))
    charts_drawn(page)
    page.get_by_label("Why").fill("The gateway moves tonight.")
    page.get_by_role("button", name="Pause automation").click()
    expect(page.locator("main")).to_contain_text("Automation is paused by marek-novak", timeout=PATIENCE_MS)
    screenshot(page, "paused-dark")
    expect(page.get_by_role("button", name="Resume automation")).to_be_visible()
