"""The gate of R39 to R41 with one thing missing at a time: each is a reason of its own, and none lets through."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from acme_releases import APPROVERS, SYSTEM, Acme, Said

CARD = f"systems/{SYSTEM}/card.md"
HAND = "daniel.osei@acme.example"


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme.founded(tmp_path)


def asked(acme: Acme, lock: str, results: Path) -> Said:
    return acme.gate(str(acme.keys.parent / "lock.json"), results)


def deciding(said: Said) -> list[str]:
    """Rules and messages of the reasons that block."""
    return [f"{one['rule']} {one['message']}" for one in said.json["reasons"] if one["effect"] == "block"]


@pytest.mark.parametrize("how", ["deleted", "renamed", "placeholder", "one section a placeholder", "empty"])
def test_r39_a_card_that_is_gone_renamed_or_a_placeholder_blocks_at_the_gate_too(acme: Acme, how: str) -> None:
    """Whoever got it past the pull request gets no further."""
    lock, card = acme.locked(), acme.root / CARD
    acme.validated()
    results = acme.results(lock)
    assert asked(acme, lock, results).json["decision"] == "wait", "with the card as it is, only people are missing"
    text = card.read_text()
    if how == "deleted":
        card.unlink()
    elif how == "renamed":
        card.rename(card.with_name("model-card.md"))
    elif how == "placeholder":
        front = text.split("---\n", 2)[1]
        card.write_text(f"---\n{front}---\n\n# Card\n\nTODO\n")
    elif how == "one section a placeholder":
        head, _, rest = text.partition("### Out-of-Scope Use\n")
        tail = rest.partition("\n## ")[2]
        card.write_text(f"{head}### Out-of-Scope Use\n\n[More Information Needed]\n\n## {tail}")
    else:
        card.write_text("")
    acme.commit(HAND)
    said = asked(acme, lock, results)
    assert (said.code, said.json["decision"]) == (1, "block"), said.out
    assert any("card" in one for one in deciding(said)), deciding(said)


@pytest.mark.parametrize(
    ("without", "rule"),
    [
        ("impact_ratio", "bias-shown-safe"),
        ("membership_advantage", "privacy-tested"),
        ("importance_stability", "explainability-tested"),
    ],
)
def test_r40_each_kind_of_test_that_the_tier_asks_for_is_missed_by_name(acme: Acme, without: str, rule: str) -> None:
    lock = acme.locked()
    acme.validated()
    results = acme.results(lock)
    file = json.loads(results.read_text())
    file["results"] = [one for one in file["results"] if one["measure"] != without]
    results.write_text(json.dumps(file))
    said = asked(acme, lock, results)
    assert said.code == 1
    assert any(one.startswith(rule) for one in deciding(said)), deciding(said)


def test_r40_no_results_at_all_is_missing(acme: Acme) -> None:
    acme.locked()
    said = acme.care(
        "gate",
        SYSTEM,
        "--release",
        str(acme.keys.parent / "lock.json"),
        "--requester",
        "daniel-osei",
        "--format",
        "json",
    )
    assert said.code == 1
    assert any("results-present" in one for one in deciding(said))


def test_r40_a_result_of_another_build_is_stale_whatever_its_date(acme: Acme) -> None:
    old = acme.locked("old.json")
    results = acme.results(old)
    acme.write("models/credit-decision/weights.json", '{"income": 2.5}\n')
    new = acme.locked()
    assert new != old
    said = asked(acme, new, results)
    assert said.code == 1
    assert any("were measured on" in one for one in deciding(said))


def test_r40_a_result_past_its_freshness_is_stale_and_the_organisation_may_ask_for_fresher_ones(acme: Acme) -> None:
    lock = acme.locked()
    acme.validated()
    acme.measured_at -= timedelta(days=8)
    results = acme.results(lock)
    assert asked(acme, lock, results).json["decision"] == "wait"
    acme.edit("care.yaml", "intervals:", "intervals:\n  results-very_high: P7D")
    acme.commit(HAND)
    said = asked(acme, lock, results)
    assert said.code == 1
    assert any("8 days old; at this tier they are fresh for 7" in one for one in deciding(said))


def test_r40_what_was_locked_and_lies_there_changed_blocks(acme: Acme) -> None:
    lock = acme.locked()
    acme.validated()
    results = acme.results(lock)
    acme.write("models/credit-decision/weights.json", '{"income": 9.9}\n')
    said = asked(acme, lock, results)
    assert said.code == 1
    assert any("weights" in one or "models/credit-decision" in one for one in deciding(said)), deciding(said)


def test_r39_a_system_that_left_the_inventory_cannot_be_released(acme: Acme) -> None:
    lock = acme.locked()
    results = acme.results(lock)
    shutil.rmtree(acme.root / f"systems/{SYSTEM}")
    acme.commit(HAND)
    said = asked(acme, lock, results)
    assert said.code == 2
    assert "there is no system" in said.err


def test_r41_with_everything_in_place_two_people_open_it(acme: Acme) -> None:
    """The other side: what the negatives leave out is all that keeps it closed."""
    lock = acme.locked()
    acme.validated()
    results = acme.results(lock)
    request = asked(acme, lock, results).json["request"]
    for person in APPROVERS:
        assert acme.approve(request, person).code == 0
    assert asked(acme, lock, results).code == 0
