"""The Statement of Applicability as a page: nobody is kept out, in light and in dark, on a desk and on a phone (R6)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from browser.accessibility import axe_violations
from browser.looks import DARK, LIGHT, PHONE, Look, OpenPage
from browser.static_site import static_site
from careloop import wiring
from careloop.reports.soa_html import soa_html
from careloop.workflows.evolve.compute_soa import SoaAsk, compute_soa


@contextmanager
def the_page() -> Iterator[str]:
    """Acme's statement, on this host; its one style sheet stands in it, nothing else may load."""
    statement = compute_soa(
        wiring.repository_source(wiring.examples().folder("acme")),
        standards=wiring.standards_library(),
        ledger=None,
        now=wiring.now(),
        ask=SoaAsk(),
    )
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    with static_site({"/soa.html": soa_html(statement).encode()}, policy=policy) as address:
        yield f"{address}/soa.html"


@pytest.mark.parametrize("look", [LIGHT, DARK, PHONE], ids=["light", "dark", "phone"])
def test_a_statement_can_be_read_by_everybody(look: Look, open_page: OpenPage) -> None:
    with the_page() as address:
        page = open_page(address, look=look)
        assert page.get_by_role("row").count() == 41
        assert page.get_by_role("rowheader", name="A.6.2.4", exact=True).count() == 1
        assert axe_violations(page) == []
