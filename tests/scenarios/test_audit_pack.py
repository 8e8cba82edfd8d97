"""R16, R17: the evidence of any day as one file; what is missing is listed, and nothing personal leaves the house."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml
from acme_releases import SYSTEM, Acme

CARD = f"systems/{SYSTEM}/card.md"
KINDS = [
    "soa", "risk_register", "impact_assessments", "policies", "logs", "model_cards", "training", "incidents", "audits",
    "reviews",
]  # fmt: skip


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return Acme.founded(tmp_path)


def packed(acme: Acme, *words: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The manifest and all files of a pack."""
    out = acme.keys.parent / "pack.zip"
    said = acme.care("audit-pack", "--out", str(out), *words, "--format", "json")
    assert said.code == 0, said.err
    with ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(files["manifest.json"])
    assert manifest["items"] == said.json["items"]
    return manifest, files


def with_a_decision(acme: Acme) -> None:
    acme.gate(str(acme.keys.parent / "lock.json"), acme.results(acme.locked()))


def test_every_kind_of_evidence_is_there_or_listed_as_missing_r16(acme: Acme) -> None:
    with_a_decision(acme)
    manifest, files = packed(acme)
    assert list(dict.fromkeys(one["kind"] for one in manifest["items"])) == KINDS
    assert all((one["path"] in files) is (one["state"] != "missing") for one in manifest["items"])
    missing = {one["kind"] for one in manifest["items"] if one["state"] == "missing"}
    assert missing == {"training", "incidents", "audits", "reviews"}
    readme = files["README.md"].decode()
    assert all(f"- {kind}: " in readme for kind in missing)
    text = acme.care("audit-pack", "--out", str(acme.keys.parent / "again.zip")).out
    assert all(f"missing {kind}" in text for kind in missing)


def test_the_manifest_has_the_digest_of_every_file_and_the_age_of_every_item_r16(acme: Acme) -> None:
    manifest, files = packed(acme)
    listed = {one["path"]: one["sha256"] for one in manifest["files"]}
    assert listed == {path: hashlib.sha256(raw).hexdigest() for path, raw in files.items() if path != "manifest.json"}
    cards = [one for one in manifest["items"] if one["kind"] == "model_cards"]
    assert {one["id"] for one in cards} == {SYSTEM, "product-recommender", "support-assistant"}
    assert all(one["age_days"] >= 0 for one in cards)


def test_readiness_is_the_share_of_what_is_there_and_in_date_r16(acme: Acme) -> None:
    before = packed(acme)[0]["readiness"]
    assert before["percent"] == round(100 * before["ready"] / before["required"], 1)
    (acme.root / CARD).unlink()
    acme.commit("daniel.osei@acme.example")
    after = packed(acme)[0]
    assert (after["readiness"]["required"], after["readiness"]["ready"]) == (before["required"], before["ready"] - 1)
    assert ("model_cards", SYSTEM, "missing") in {(o["kind"], o["id"], o["state"]) for o in after["items"]}


def test_a_review_that_ran_out_makes_an_item_stale_and_not_ready_r16(acme: Acme) -> None:
    path = f"systems/{SYSTEM}/impact/assessment-2026.yaml"
    acme.edit(path, "on: 2026-09-14", "on: 2020-09-14")
    manifest, files = packed(acme)
    (item,) = [one for one in manifest["items"] if one["kind"] == "impact_assessments" and one["id"] == SYSTEM]
    assert (item["state"], item["path"] in files) == ("stale", True)


def test_the_same_day_gives_the_same_files_r16(acme: Acme) -> None:
    first, second = packed(acme)[1], packed(acme)[1]
    assert {p: raw for p, raw in first.items() if p.startswith("documents/")} == {
        p: raw for p, raw in second.items() if p.startswith("documents/")
    }


def test_a_statement_that_cannot_be_built_is_missing_with_the_reason_r16(acme: Acme) -> None:
    acme.edit("risk/register/credit-drift.yaml", "iso42001:2023/A.6.2.6", "iso42001:2023/A.10.4")
    manifest, files = packed(acme)
    (item,) = [one for one in manifest["items"] if one["kind"] == "soa"]
    assert (item["state"], "soa.json" in files) == ("missing", False)
    assert "which controls.yaml says does not apply" in item["because"]


@pytest.mark.parametrize("audience", ["customer", "public"])
def test_outside_the_house_nobody_is_named_r17(acme: Acme, audience: str) -> None:
    with_a_decision(acme)
    _, files = packed(acme, "--for", audience)
    people = yaml.safe_load((acme.root / "roles.yaml").read_text())["people"]
    whole = b"\n".join(files.values()).decode().casefold()
    words = [word for one in people for word in (one["name"], one["mail"], *one.get("keys", ()))]
    assert [word for word in words if word.casefold() in whole] == []


def test_a_customer_is_given_the_four_kinds_and_decisions_without_names_r17(acme: Acme) -> None:
    with_a_decision(acme)
    manifest, files = packed(acme, "--for", "customer")
    assert {one["kind"] for one in manifest["items"]} == {"soa", "model_cards", "logs", "impact_assessments"}
    (row,) = [json.loads(line) for line in files["logs/decisions.jsonl"].splitlines()]
    assert set(row) <= {"type", "at", "system", "lock", "environment", "decision", "required_approvals", "approvals"}
    assert "logs/ledger.jsonl" not in files


LEAKS = {
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "an access key": "AKIA" + "ABCDEFGHIJKLMNOP",
    "a token": "xoxb-" + "1234567890-abcdef",
    "a password": "password: hunter2hunter2",
    "a person's mail address": "Write to maria.musterfrau@elsewhere.example.",
    "a bank account": "DE89 3704 0044 0532 0130 00",
}


@pytest.mark.parametrize("what", LEAKS)
def test_a_secret_or_personal_field_stops_a_customers_pack_and_is_never_shown_r17(acme: Acme, what: str) -> None:
    acme.edit(CARD, "## Uses\n", f"## Uses\n\n{LEAKS[what]}\n")
    out = acme.keys.parent / "customer.zip"
    said = acme.care("audit-pack", "--for", "customer", "--out", str(out))
    assert (said.code, out.exists()) == (1, False)
    assert f"documents/{CARD}:" in said.err
    assert what in said.err
    assert LEAKS[what] not in said.err + said.out
    assert acme.care("audit-pack", "--for", "auditor", "--out", str(out)).code == 0
