"""The gap assessment and a rendered document in a real browser: day, night and phone, without barriers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from browser.accessibility import axe_violations
from browser.looks import LOOKS, Look, OpenPage
from browser.screenshots import screenshot
from browser.static_site import static_site
from careloop import wiring
from careloop.reports.document_page import DocumentSource, document_html
from careloop.reports.gap_chart import gantt_svg
from careloop.reports.gap_page import gap_page
from careloop.workflows.evolve.assess_gaps import RoadWish, assess_gaps

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    folder = wiring.examples().folder("acme")
    result = assess_gaps(
        wiring.repository_source(folder),
        standards=wiring.standards_library(),
        ledger=None,
        now=NOW,
        wish=RoadWish(start=date(2027, 1, 4), people=2),
    )
    assert result.assessment.road is not None
    policy = (folder / "policies" / "ai-policy.md").read_text(encoding="utf-8")
    source = DocumentSource(
        path="policies/ai-policy.md", kind="policy", text=policy, organisation="Acme", commit="ab" * 20, dirty=False
    )
    files = {
        "/gap.html": gap_page(result).encode(),
        "/policy.html": document_html(source).encode(),
        "/road.svg": gantt_svg(result.assessment.road, title="The road").encode(),
    }
    with static_site(files, policy="default-src 'none'; style-src 'unsafe-inline'; img-src data:") as address:
        yield address


@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("name", ["gap", "policy"])
def test_a_page_has_no_barriers_and_never_scrolls_sideways(
    name: str, look: Look, site: str, open_page: OpenPage
) -> None:
    page = open_page(f"{site}/{name}.html", look=look)
    assert page.get_by_role("heading", level=1).count() == 1
    wider = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
    assert axe_violations(page) == []
    screenshot(page, f"{name}-{look}")


def test_the_chart_stands_beside_a_table_with_the_same_steps(site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/gap.html")
    bars = page.locator("svg.gantt rect title").all_text_contents()
    table = page.get_by_role("region", name="Actions, in the order of the calendar").get_by_role("row")
    assert len(bars) == table.count() - 1 > 10


@pytest.mark.parametrize("look", LOOKS[:2], ids=str)
def test_the_words_of_the_chart_stand_out_from_the_paper(look: Look, site: str, open_page: OpenPage) -> None:
    page = open_page(f"{site}/road.svg", look=look)
    colour = "e => getComputedStyle(e).fill"
    word, paper = page.evaluate(
        f"() => [document.querySelector('text'), document.querySelector('.paper')].map({colour})"
    )
    assert (word, paper) == {
        "light": ("rgb(27, 36, 48)", "rgb(255, 255, 255)"),
        "dark": ("rgb(232, 236, 241)", "rgb(18, 23, 29)"),
    }[look.theme]
