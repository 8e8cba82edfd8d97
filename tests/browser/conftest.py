"""What tests of pages are given: a browser, pages in any look, and the complaints of each page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from browser.chromium import chromium
from browser.looks import LIGHT, Look, OpenPage, context_for
from browser.page_log import Complaints, PageLog


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module of tests; see `chromium` for why not for all."""
    with chromium() as running:
        yield running


@pytest.fixture
def page_logs() -> dict[Page, PageLog]:
    """The log of each page that the test opened."""
    return {}


@pytest.fixture
def complaints(page_logs: dict[Page, PageLog]) -> Complaints:
    """Takes what a page complained about so far; an untroubled page gives an empty list."""
    return lambda page: page_logs[page].taken()


@pytest.fixture
def open_page(browser: Browser, page_logs: dict[Page, PageLog]) -> Iterator[OpenPage]:
    """Opens pages; when the test ends, a complaint that it did not take fails it."""

    def opened(url: str, *, look: Look = LIGHT, cookies_of: Page | None = None) -> Page:
        page = context_for(look, browser=browser, cookies_of=cookies_of).new_page()
        page_logs[page] = PageLog(page)
        page.goto(url)
        return page

    yield opened
    untaken = [f"{page.url}: {line}" for page, log in page_logs.items() for line in log.taken()]
    for page in page_logs:
        page.context.close()
    assert untaken == []
