"""How a reader may look at a page: by day, by night, on a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from playwright.sync_api import Browser, BrowserContext, Page

__all__ = ["DARK", "LIGHT", "LOOKS", "PHONE", "Look", "OpenPage", "context_for"]

PATIENCE_MS = 15_000
"""How long a step may wait on a machine that is busy with other tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A size of screen and the theme that the reader's system prefers."""

    name: str
    theme: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 800
    is_phone: bool = False

    def __str__(self) -> str:
        """Its name, as it stands in the id of a test."""
        return self.name


LIGHT = Look(name="light")
DARK = Look(name="dark", theme="dark")
PHONE = Look(name="phone", width=390, height=844, is_phone=True)
LOOKS = (LIGHT, DARK, PHONE)


class OpenPage(Protocol):
    """Opens an address as a reader of their own; with `cookies_of`, as one who is signed in as another page's is."""

    def __call__(self, url: str, *, look: Look = LIGHT, cookies_of: Page | None = None) -> Page: ...


def context_for(look: Look, *, browser: Browser, cookies_of: Page | None = None) -> BrowserContext:
    """A reader of their own, who knows nothing of other pages, or who is signed in where another page's reader is."""
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.theme,
        reduced_motion="reduce",
        is_mobile=look.is_phone,
        has_touch=look.is_phone,
        locale="en-GB",
        timezone_id="UTC",
        storage_state=cookies_of.context.storage_state() if cookies_of else None,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context
