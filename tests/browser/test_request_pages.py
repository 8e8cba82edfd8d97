"""What loosens something, as those see it who are asked: waiver, change envelope, inbox; in each look (R41, R78)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from acme_releases import APPROVERS
from playwright.sync_api import expect
from web_office import Office, founded, mail_of, open_office

from browser.accessibility import axe_violations
from browser.looks import LOOKS, Look, OpenPage
from browser.page_log import Complaints
from browser.reader import PATIENCE_MS, address, sign_in
from browser.screenshots import screenshot
from careloop import wiring

WAIVER = """\
id: late-validation
rule: independently-validated
subject: credit-decision
reason: The validator is ill until Friday.
owner: product-credit
expires: {expires}
"""
ENVELOPE = """\
id: nightly
owner: product-shop
reason: Retrained every night on the same recipe.
recipe:
  code_commit: 4be1c9d07a52e0f3a7d1c2b3a4958677869504f1
  features: [views_30d, basket_value, region]
  data_contract: sha256:7d1a54127b222502f5b79b5fb0803061152a44f92b37e23c6527baf665d4da9a
  parameters: {{candidates: 200}}
varies: [models/product-recommender]
varying_parameters: [training_data, evaluation_data, seed]
bounds:
  - {{measure: conversion_ratio, least: 0.97}}
shift:
  - {{measure: psi, most: 0.1}}
most_releases: 90
expires: {expires}
"""
ASKED = {
    "waiver": (("waiver", "late-validation"), "The validator is ill until Friday."),
    "envelope": (("envelope", "product-recommender/nightly"), "Retrained every night on the same recipe."),
}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(founded(tmp_path_factory.mktemp("founded")), tmp_path_factory.mktemp("office")) as made:
        expires = wiring.now().date() + timedelta(days=25)
        made.acme.write("waivers/late-validation.yaml", WAIVER.format(expires=expires))
        made.acme.write("systems/product-recommender/envelopes/nightly.yaml", ENVELOPE.format(expires=expires))
        made.acme.commit("aoife.kelly@acme.example")
        yield made


@pytest.fixture(scope="module")
def requests(office: Office) -> dict[str, str]:
    """Digests of what was asked, by kind."""
    found = {}
    for kind, (words, _) in ASKED.items():
        said = office.acme.care("request", *words, "--requester", "daniel-osei", "--format", "json")
        assert said.code == 3, said.err
        found[kind] = said.json["digest"]
    return found


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_r41_requests_show_their_terms_and_keep_nobody_out(
    office: Office, requests: dict[str, str], open_page: OpenPage, complaints: Complaints, look: Look
) -> None:
    page = sign_in(open_page, office.port, mail_of(APPROVERS[0]), look=look)
    inbox = page.locator("main")
    page.goto(address(office.port, "/approvals/"))
    expect(inbox).to_contain_text("independently-validated", timeout=PATIENCE_MS)
    expect(inbox).to_contain_text("up to 90 retrained releases", timeout=PATIENCE_MS)
    for name, path in {"inbox": "", **{kind: f"{digest}/" for kind, digest in requests.items()}}.items():
        page.goto(address(office.port, f"/approvals/{path}"))
        if name in ASKED:
            expect(page.locator("main")).to_contain_text(ASKED[name][1])
            expect(page.locator("main")).to_contain_text(re.compile("expires|until", re.IGNORECASE))
        screenshot(page, f"request-{name}-{look}")
        width = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
        assert (name, width <= 1, axe_violations(page), complaints(page)) == (name, True, [], [])
