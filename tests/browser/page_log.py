"""What a page complained about while it was open: errors, violations of its own policy, wishes for other hosts."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Error, Page, Request

__all__ = ["Complaints", "PageLog"]

Complaints = Callable[[Page], list[str]]
"""Takes what a page complained about so far."""

HERE = {"127.0.0.1", "localhost"}


class PageLog:
    """Listens to one page from before its first byte.

    Chromium reports to the console, as errors, whatever the Content-Security-Policy forbids and whatever could not be
    loaded; scripts' own errors and requests to other hosts are heard as well.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._heard: list[str] = []
        page.on("console", self._hear_console)
        page.on("pageerror", self._hear_error)
        page.on("request", self._hear_request)

    def taken(self) -> list[str]:
        """The complaints so far, in order; whoever takes them has dealt with them."""
        if not self._page.is_closed():
            # The browser's messages come in order: once the page has answered, what it had to say is here.
            self._page.evaluate("() => new Promise((done) => setTimeout(done))")
        heard, self._heard = self._heard, []
        return heard

    def _hear_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            place = message.location
            self._heard.append(f"{message.text} ({place['url']}:{place['lineNumber']})")

    def _hear_error(self, error: Error) -> None:
        self._heard.append(f"uncaught: {error}")

    def _hear_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname not in HERE:
            self._heard.append(f"asked another host: {request.url}")
