"""Pictures of pages for people to look at; taken when somebody names a folder for them."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

__all__ = ["screenshot"]

VARIABLE = "CARELOOP_SCREENSHOTS"


def screenshot(page: Page, name: str) -> Path | None:
    """Write the whole page as `<name>.png` into the folder of CARELOOP_SCREENSHOTS; without the variable, nothing."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return None
    path = Path(folder) / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)
    return path
