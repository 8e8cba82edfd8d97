"""R24: the picture of the chain as a page: readable in every look, by keyboard and in words, whole by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from browser.accessibility import axe_violations
from browser.looks import LOOKS, Look, OpenPage
from browser.static_site import static_site
from careloop import wiring
from careloop.reports.trace_page import trace_page
from careloop.workflows.evolve.trace_chain import trace_chain

ACME = Path(__file__).resolve().parents[2] / "examples" / "acme"
OWN_PARTS = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    traced = trace_chain(
        wiring.repository_source(ACME),
        "policies/ai-policy.md#2",
        standards=wiring.standards_library(),
        ledger=None,
        now=datetime(2026, 11, 27, tzinfo=UTC),
    )
    page = trace_page(traced.chain, traced.starts, title="policies/ai-policy.md#2", links="/")
    with static_site({"/": page.encode()}, policy=OWN_PARTS) as url:
        yield url


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_page_has_no_barriers_and_fits_the_screen(site: str, look: Look, open_page: OpenPage) -> None:
    page = open_page(f"{site}/", look=look)
    assert axe_violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= look.width
    paper = page.evaluate("() => getComputedStyle(document.querySelector('svg.chain')).backgroundColor")
    assert paper == ("rgb(20, 25, 31)" if look.theme == "dark" else "rgb(255, 255, 255)")


def test_a_node_under_the_pointer_or_in_focus_shows_its_part_and_no_text_leaves_its_box(
    site: str, open_page: OpenPage
) -> None:
    page = open_page(f"{site}/")
    node = page.locator("g.node[data-id='policies/ai-policy.md#2.3']")
    node.locator("a").focus()
    assert page.locator("g.node.on").count() < page.locator("g.node").count()
    assert page.locator("g.node.on[data-id='lending-no-forbidden-inputs']").count() == 1
    assert page.locator("g.node.on[data-id='tier-justified']").count() == 0
    wide = page.evaluate(
        "() => [...document.querySelectorAll('g.node')].filter((node) => [...node.querySelectorAll('text')]"
        ".some((text) => text.getBBox().width > node.querySelector('rect').getBBox().width)).length"
    )
    assert wide == 0


def test_the_table_says_the_same_and_can_be_narrowed(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/")
    assert page.locator("tbody tr").count() == page.locator("g.node").count()
    page.get_by_label("Show rows with").fill("lending-four-fifths")
    shown = page.locator("tbody tr:visible")
    assert 0 < shown.count() < page.locator("tbody tr").count()
    assert "lending-four-fifths" in shown.first.inner_text()
