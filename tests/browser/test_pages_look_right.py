"""Every page in light, dark and on a phone: nothing grave for axe-core, no complaint, nothing wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from acme_releases import APPROVERS, SYSTEM
from playwright.sync_api import Page, expect
from web_office import ADMIN, Office, founded, mail_of, open_office

from browser.accessibility import axe_violations
from browser.looks import LIGHT, LOOKS, PHONE, Look, OpenPage
from browser.page_log import Complaints
from browser.reader import address, charts_drawn, sign_in
from browser.screenshots import screenshot

PAGES = {
    "loop": "/",
    "documents": "/create/",
    "document": "/create/policies/ai-policy.md/",
    "systems": "/systems/",
    "system": f"/systems/{SYSTEM}/",
    "changes": "/adapt/",
    "live": "/run/",
    "approvals": "/approvals/",
    "approval": "/approvals/{request}/",
    "alarms": "/incidents/",
    "scorecard": "/evolve/scorecard/",
    "requirements": "/evidence/",
    "explain": "/evidence/explain/?ref=6.1.3",
    "ledger": "/ledger/",
    "entry": "/ledger/0/",
    "account": "/account/",
    "second-factor": "/accounts/2fa/",
    "password": "/accounts/password/change/",
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(founded(tmp_path_factory.mktemp("founded")), tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_no_page_keeps_anybody_out(office: Office, open_page: OpenPage, complaints: Complaints, look: Look) -> None:
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]), look=look)
    for name, path in PAGES.items():
        page.goto(address(office.port, path.replace("{request}", office.request)))
        if name == "system":
            charts_drawn(page)
        if name == "scorecard":
            expect(page.locator("table[data-table]")).to_be_visible(timeout=120_000)
        assert (name, barriers(page, f"{name}-{look}"), complaints(page)) == (name, [], [])


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_entrance_keeps_nobody_out(office: Office, open_page: OpenPage, look: Look) -> None:
    assert barriers(open_page(address(office.port), look=look), f"sign-in-{look}") == []


def test_the_administrators_page_keeps_nobody_out(office: Office, open_page: OpenPage) -> None:
    page = sign_in(open_page, office.port, ADMIN)
    page.goto(address(office.port, "/accounts/people/"))
    assert barriers(page, "accounts") == []


def barriers(page: Page, name: str) -> list[object]:
    """What axe-core finds grave, and whatever sticks out to the right; a screenshot is taken of it."""
    screenshot(page, name)
    wide = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    return [*axe_violations(page), *([] if wide[0] <= wide[1] + 1 else [f"{wide[0]} of {wide[1]} px"])]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_fairness_business_drift_security_privacy_and_latency_stand_side_by_side_r46(
    office: Office, open_page: OpenPage, look: Look
) -> None:
    """One row on a screen, below each other on a phone; each name leads to its chart."""
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]), look=look)
    page.goto(address(office.port, f"/systems/{SYSTEM}/"))
    charts_drawn(page)
    families = page.locator(".care-families > li")
    kinds = ["fairness", "business", "performance", "drift", "security", "privacy", "latency"]
    expect(families.locator("h3")).to_have_text(kinds)
    tops = {round((one.bounding_box() or {"y": -1.0})["y"]) for one in families.all()}
    assert len(tops) == 1 or look is PHONE
    fairness = families.first.get_by_role("link").first
    fairness.click()
    expect(page).to_have_url(re.compile("#m-approval-gap-by-sex$"))


def test_the_menu_of_a_phone_opens_by_key_and_closes_by_escape(office: Office, open_page: OpenPage) -> None:
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]), look=PHONE)
    menu, nav = page.get_by_role("button", name="Menu"), page.get_by_role("navigation", name="Pages")
    expect(nav).to_be_hidden()
    menu.focus()
    page.keyboard.press("Enter")
    expect(nav).to_be_visible()
    screenshot(page, "menu-phone")
    assert axe_violations(page) == []
    page.keyboard.press("Escape")
    expect(nav).to_be_hidden()
    expect(menu).to_be_focused()


def test_the_first_key_leads_past_the_navigation(office: Office, open_page: OpenPage) -> None:
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]))
    page.goto(address(office.port, "/evidence/"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_reader_chooses_the_theme_and_it_stays(office: Office, open_page: OpenPage) -> None:
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]), look=LIGHT)
    page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.goto(address(office.port, "/ledger/"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_a_table_sorts_filters_and_exports(office: Office, open_page: OpenPage) -> None:
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]))
    page.goto(address(office.port, "/systems/"))
    table = page.locator("table[data-table]")
    head = table.get_by_role("button", name="Tier")
    head.click()
    expect(table.locator("th[aria-sort=ascending]")).to_have_text("Tier")
    first = table.locator("tbody tr").first
    expect(first).to_contain_text("high")
    head.click()
    expect(first).to_contain_text("very high")
    page.get_by_placeholder("Filter").fill("assistant")
    expect(table.locator("tbody tr:visible")).to_have_count(1)
    expect(page.get_by_text("1 of 3 rows")).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Export CSV").click()
    text = saved.value.path().read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("System,Tier,Stage")
    assert "Support assistant" in text
    assert "Credit decision" not in text, "what is filtered away is not exported"


def test_a_requirement_is_explained_down_to_a_ledger_entry_and_its_proof_in_three_clicks(
    office: Office, open_page: OpenPage
) -> None:
    """From the matrix to the evidence: requirement, entry, proof; no shell needed."""
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]))
    page.goto(address(office.port, "/evidence/"))
    page.get_by_role("link", name="A.6.1.3", exact=True).click()
    expect(page.locator("h1")).to_contain_text("Processes for responsible AI system design")
    page.get_by_role("link", name="a.6.1.3-gates").click()
    page.get_by_role("link", name=re.compile(r"^gate\.decision#\d+$")).first.click()
    expect(page.locator("h1")).to_have_text("gate.decision by care-gate")
    with page.expect_download() as saved:
        page.get_by_role("link", name="Download the proof").click()
    assert saved.value.path().read_text(encoding="utf-8").startswith("c2sp.org/tlog-proof@v1")
