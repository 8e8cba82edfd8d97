"""The vendored style sheet, scripts and icons do their work under a policy that forbids everything inline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from browser.accessibility import axe_violations
from browser.looks import LOOKS, Look, OpenPage
from browser.page_log import Complaints
from browser.screenshots import screenshot
from browser.static_site import static_site

VENDOR = Path(__file__).resolve().parents[2] / "src" / "careloop" / "web" / "static" / "vendor"
CONFIG = {"includeIndicatorStyles": False, "allowEval": False, "allowScriptTags": False}
PAGE = f"""<!doctype html><html lang="en"><head><title>Parts</title><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="htmx-config" content='{json.dumps(CONFIG)}'>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/tabler/tabler.min.css"><link rel="stylesheet" href="/uplot/uPlot.min.css">
<link rel="stylesheet" href="/own.css">
<script src="/htmx/htmx.min.js" defer></script><script src="/uplot/uPlot.iife.min.js" defer></script>
<script src="/own.js" defer></script></head>
<body><div class="page"><main class="page-body"><div class="container-xl"><h1 class="page-title">Parts</h1>
<details class="dropdown"><summary class="btn dropdown-toggle">Menu</summary>
<div class="dropdown-menu"><a class="dropdown-item" href="/">Home</a></div></details>
<div class="card"><div class="card-body">
<svg class="icon" aria-hidden="true"><use href="/tabler-icons/sprite.svg#home"></use></svg>
<button class="btn btn-primary" hx-get="/part" hx-target="#part">Load</button><div id="part"></div>
<label class="form-check form-switch"><input class="form-check-input" type="checkbox" checked>
<span class="form-check-label">On</span></label>
<div id="chart"></div></div></div></div></main></div></body></html>"""
OWN_STYLE = ":root:not([data-bs-theme]) { color-scheme: light dark } details[open] > .dropdown-menu { display: block }"
OWN_SCRIPT = """
new uPlot({ width: 300, height: 200, title: "Rate", series: [{}, { label: "rate", stroke: "currentColor" }],
  cursor: { sync: { key: "all" } } }, [[1, 2, 3], [0.1, 0.4, 0.2]], document.getElementById("chart"));
"""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    files = {f"/{path.relative_to(VENDOR)}": path.read_bytes() for path in VENDOR.rglob("*") if path.is_file()}
    own = {"/": PAGE, "/own.css": OWN_STYLE, "/own.js": OWN_SCRIPT, "/part": "<p>Fetched.</p>"}
    with static_site(files | {path: text.encode() for path, text in own.items()}) as url:
        yield url


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_all_parts_work_together_and_nothing_is_refused(
    site: str, look: Look, open_page: OpenPage, complaints: Complaints
) -> None:
    page = open_page(site, look=look)
    page.get_by_role("button", name="Load").click()
    page.get_by_text("Fetched.").wait_for()
    page.locator("#chart .u-over").hover()
    assert page.locator("#chart canvas").evaluate("(canvas) => canvas.clientWidth") == 300
    icon = page.locator("svg.icon use")
    assert icon.evaluate("(use) => use.getBBox().width > 10"), "the sprite's symbol is drawn"
    menu = page.get_by_role("link", name="Home")
    assert not menu.is_visible()
    page.locator("summary").click()
    menu.wait_for()
    screenshot(page, f"vendored-parts-{look}")
    assert axe_violations(page) == []
    assert complaints(page) == []


def test_the_theme_follows_the_readers_system_without_a_script(site: str, open_page: OpenPage) -> None:
    by_day, by_night, _phone = (
        open_page(site, look=look).evaluate("() => getComputedStyle(document.body).backgroundColor") for look in LOOKS
    )
    assert by_day != by_night
