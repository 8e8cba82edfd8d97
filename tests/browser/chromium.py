"""The browser that `make setup` found or fetched, started by Playwright with nothing to phone home about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

__all__ = ["chromium"]

RECORD = Path(__file__).resolve().parents[2] / ".cache" / "browser" / "executable"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name but this host's is ever looked up: a page that wants another one fails here as it would behind a wall.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; skips the test, with the reason, where none was found.

    While it runs, an event loop of Playwright's counts as running in this thread: nothing else in it may call
    `asyncio.run`, nor Django's ORM. So it lives as long as one module of tests and no longer, and what it visits is
    served by another process or thread.
    """
    executable = _executable()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def _executable() -> Path:
    named = os.environ.get("CARELOOP_CHROMIUM") or (RECORD.read_text() if RECORD.is_file() else "")
    if not named:
        pytest.skip("no Chromium was found: install one, or name it in CARELOOP_CHROMIUM, and run `make setup`")
    return Path(named)
