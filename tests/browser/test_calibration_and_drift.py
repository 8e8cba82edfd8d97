"""A page of a system whose scores are held against labels, and whose events are not what it declares."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from served import TOKEN, Visitor, accounts, serving

from browser.accessibility import axe_violations
from browser.looks import LIGHT, LOOKS, PHONE, Look, OpenPage
from browser.page_log import Complaints
from browser.reader import PATIENCE_MS, address, charts_drawn, sign_in
from browser.screenshots import screenshot
from careloop import wiring
from careloop.domain.deployment import ServeRelease
from careloop.plans.automation_history import serving_by_ledger
from careloop.workflows.run.system_log import SystemLog

TOOL = Path(__file__).parents[2] / "tools" / "build_fleet.py"
SYSTEM = "credit-limit-at"
READER = "dora.petrova@meridian.example"
SCORES = (0.31, 0.52, 0.77, 0.93)
MONITORS = """\
  - {id: calibration, kind: performance, measure: calibration_error, values: [approve], window: P1D,
     reference: previous_period, tolerance: 0.05, promise: P1Y, minimum_n: 20, severity: sev2, response: page}
  - {id: calibration-by-sex, kind: fairness, measure: calibration_error, by: sex, values: [approve], window: P1D,
     reference: previous_period, tolerance: 0.05, promise: P1Y, minimum_n: 20, severity: sev2, response: page}
"""
"""One that a detector watches, and one by group, which is drawn and not watched."""


@dataclass(frozen=True)
class Bank:
    """A served group of one system, and the release that answers."""

    port: int
    release: str

    def post(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Events as an application sends them, the good and the bad."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        answer = Visitor(self.port).ask("POST", "/api/v1/events", json.dumps(rows).encode(), headers)
        assert answer.status == 200, answer.text
        told: dict[str, Any] = answer.json
        return told

    def answer(self, number: int, **changed: Any) -> dict[str, Any]:
        """An answer with a score; women and men take turns."""
        base = {
            "id": f"a-{number}",
            "system": SYSTEM,
            "release": self.release,
            "kind": "inference",
            "occurred_at": now(),
            "unit": f"u-{number}",
            "groups": {"sex": "female" if number % 2 else "male", "age_band": "30_to_59"},
            "features": {"history_years": 3.0, "open_cases": 1},
            "prediction": "approve",
            "score": SCORES[number // 2 % 4],
        }
        return {**base, **changed}


def comes_true(number: int) -> bool:
    """Of women every second one, whatever the score said; of men as many as it said."""
    turn = number // 8
    return turn % 2 == 0 if number % 2 else turn % 10 < 10 * SCORES[number // 2 % 4]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """Two hundred answers with their labels; then answers that do not fit the declaration."""
    root = tmp_path_factory.mktemp("bank") / "fleet"
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0).isoformat()
    size = ["--systems", "1", "--days", "10", "--events", "400", "--until", until]
    subprocess.run([sys.executable, str(TOOL), str(root), *size], check=True, capture_output=True)
    document = root / "systems" / SYSTEM / "monitors.yaml"
    document.write_text(document.read_text() + MONITORS)
    who = ["-c", "user.name=Farah", "-c", "user.email=farah.haddad@meridian.example"]
    subprocess.run(["git", "-C", str(root), *who, "commit", "-qam", "Watch calibration"], check=True)
    accounts(root, READER)
    with serving(root) as port:
        made = Bank(port, release_of(root))
        made.post([made.answer(number) for number in range(200)])
        labels = [
            {
                "id": f"l-{number}",
                "system": SYSTEM,
                "release": made.release,
                "kind": "label",
                "occurred_at": now(),
                "inference_id": f"a-{number}",
                "label": "approve" if comes_true(number) else "other",
            }
            for number in range(200)
        ]
        assert made.post(labels)["accepted"] == 200
        bad = [made.answer(900 + n, features={"history_years": "three", "open_cases": 1}) for n in range(40)]
        strange = [made.answer(960 + n, features={"open_cases": 1, "postcode": "1010"}) for n in range(40)]
        assert made.post([*bad, *strange])["refused_rows"] == 40
        yield made


def release_of(root: Path) -> str:
    """Lock digest of what answers by the ledger."""
    with closing(wiring.open_ledger(root)) as ledger:
        entries = SystemLog(ledger).read().of(SYSTEM)
    serving = serving_by_ledger(entries, system=SYSTEM, environment="production")
    assert serving is not None
    assert isinstance(serving.served, ServeRelease)
    return serving.served.lock


def percent(text: str) -> float:
    return float(text.removesuffix(" %"))


def reliability(page: Page, monitor: str) -> Locator:
    return page.locator(f'[data-part="{monitor}/reliability"]')


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_reliability_diagram_is_drawn_in_every_look_r47(
    bank: Bank, open_page: OpenPage, complaints: Complaints, look: Look
) -> None:
    page = sign_in(open_page, bank.port, READER, look=look)
    page.goto(address(bank.port, f"/systems/{SYSTEM}/"))
    charts_drawn(page)
    reliability(page, "calibration").scroll_into_view_if_needed()
    expect(reliability(page, "calibration").locator("canvas")).to_be_visible(timeout=PATIENCE_MS)
    screenshot(page, f"calibration-and-drift-{look}")
    wide = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1] + 1
    assert (axe_violations(page), complaints(page)) == ([], [])


def test_by_group_the_diagram_says_who_was_promised_too_much_r47(bank: Bank, open_page: OpenPage) -> None:
    page = sign_in(open_page, bank.port, READER)
    page.goto(address(bank.port, f"/systems/{SYSTEM}/"))
    charts_drawn(page)
    chart, card = reliability(page, "calibration-by-sex"), page.locator("[data-chart=calibration-by-sex]")
    expect(card).to_contain_text("Not watched: calibration is watched for all rows together")
    expect(card).to_contain_text(re.compile(r"female, release .*: error [\d.]+ % \(95 % interval .*\), n \d+"))
    page.get_by_label("Show").select_option("female")
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_visible(timeout=PATIENCE_MS)
    expect(card).not_to_contain_text(re.compile(r"\bmale, release"))
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute(
        "aria-valuetext", re.compile(r"^score .*: female, release .* % came true, .*, n \d+")
    )
    assert chart.get_attribute("aria-valuenow") == chart.get_attribute("aria-valuemax")
    card.get_by_text("Numbers of calibration-by-sex, reliability").click()
    row = card.locator(".care-numbers tbody tr", has_text="80.0 % to 100.0 %")
    expect(row.first).to_be_visible()
    cells = row.first.locator("td").all_inner_texts()
    foretold, most = percent(cells[3]), percent(cells[5].partition(" to ")[2])
    assert cells[1] == "female"
    assert re.fullmatch(r"\d+ of \d+", cells[6])
    assert most < foretold, "of women the high scores promise more than comes true, beyond chance"
    screenshot(page, "reliability-of-women")


@pytest.mark.parametrize("look", [LIGHT, PHONE], ids=str)
def test_a_drift_of_the_schema_says_field_declaration_and_next_step_r43(
    bank: Bank, open_page: OpenPage, look: Look
) -> None:
    page = sign_in(open_page, bank.port, READER, look=look)
    page.goto(address(bank.port, f"/systems/{SYSTEM}/"))
    drifts = page.locator(".care-drifts > li")
    refused = drifts.filter(has_text="features.history_years")
    expect(refused).to_contain_text(re.compile(r"refused\s*features.history_years"))
    expect(refused).to_contain_text("number in years")
    expect(refused).to_contain_text("text where a number is wanted")
    expect(refused).to_contain_text(re.compile(r"40 of \d+ rows in the last day \(\d+ %\)"))
    expect(refused).to_contain_text(re.compile(r"the hour from \d{4}-\d\d-\d\d \d\d:00 UTC"))
    expect(refused).to_contain_text(f"change events in systems/{SYSTEM}/system.yaml")
    undeclared = drifts.filter(has_text="features.postcode")
    expect(undeclared).to_contain_text("not declared")
    expect(undeclared).to_contain_text("Declare features.postcode under events.features")
    box = refused.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= look.width
