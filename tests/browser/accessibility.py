"""What axe-core, the usual judge of accessible pages, holds against a page as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

__all__ = ["Barrier", "axe_violations"]

AXE = Path(__file__).resolve().parents[2] / ".cache" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """Something on a page that keeps some readers out."""

    rule: str
    impact: str
    sentence: str
    at: tuple[str, ...]
    """CSS selectors of the elements."""


def axe_violations(page: Page) -> list[Barrier]:
    """The serious and critical violations of axe-core's rules on a page, as it stands now.

    The judge is handed over through the debugger, which the page's Content-Security-Policy does not bind; the policy
    itself stays in force.
    """
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(_axe())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        Barrier(
            rule=row["id"],
            impact=row["impact"],
            sentence=row["help"],
            at=tuple(" ".join(map(str, node["target"])) for node in row["nodes"]),
        )
        for row in found["violations"]
        if row["impact"] in GRAVE
    ]


@cache
def _axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core has not been fetched: install Node.js and run `make setup`")
    return AXE.read_text(encoding="utf-8")
