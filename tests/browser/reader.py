"""Signing in and waiting, as a person at a browser does."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from served import PASSWORD

from browser.looks import LIGHT, Look, OpenPage

__all__ = ["address", "charts_drawn", "sign_in"]

PATIENCE_MS = 60_000


def address(port: int, path: str = "/") -> str:
    """Where a page is."""
    return f"http://127.0.0.1:{port}{path}"


def sign_in(open_page: OpenPage, port: int, mail: str, *, look: Look = LIGHT) -> Page:
    """Somebody who has signed in, on the page that follows."""
    page = open_page(address(port, "/accounts/login/"), look=look)
    page.get_by_label("Email").fill(mail)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_contain_text(re.compile("phases are on time"), timeout=PATIENCE_MS)
    return page


def charts_drawn(page: Page) -> None:
    """Wait until the charts of a system's page are there."""
    expect(page.locator("[data-charts]")).to_have_attribute("data-state", "drawn", timeout=PATIENCE_MS)
