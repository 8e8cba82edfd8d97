"""A pager in memory, for tests: it keeps what it was sent, and shows each page once."""

from __future__ import annotations

from careloop.errors import Unavailable
from careloop.ports.pager import Page

__all__ = ["PagerFake"]


class PagerFake:
    """A `Pager`; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        """By id, in the order in which they first came."""
        self.sent = 0
        """How often something was sent, repetitions included."""
        self.out_of_reach = False

    def send(self, page: Page) -> None:
        """Keep the page."""
        if self.out_of_reach:
            raise Unavailable("the pager is out of reach")
        self.sent += 1
        self.pages.setdefault(page.id, page)
