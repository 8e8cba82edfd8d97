"""R24: `care trace` walks from a sentence of policy to evidence and clause and back, and lists what hangs nowhere."""

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from acme_releases import ACME, Said, care
from change_rooms import MONITORS

from careloop import wiring
from careloop.domain.chain import LinkKind
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import edited, small_repository, with_file
from careloop.workflows.evolve.trace_chain import Traced, trace_chain

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def traced(*words: str) -> Said:
    return care("trace", *words, "--repo", str(ACME))


@cache
def the_whole() -> dict[str, Any]:
    found: dict[str, Any] = traced("--format", "json").json
    return found


def small(files: dict[str, bytes], ref: str | None = None) -> Traced:
    return trace_chain(RepositoryFake(files), ref, standards=wiring.standards_library(), ledger=None, now=NOW)


def test_a_statement_leads_to_rule_check_gate_monitor_result_and_clause() -> None:
    said = traced("policies/ai-policy.md#2.2")
    assert said.code == 0
    wanted = [
        "policies/ai-policy.md#2.2  People with the same ability",
        "names rule lending-four-fifths",
        'is decided by check  system.domain == "credit"',
        "at point  care gate, before each release",
        "gave result  last result of lending-four-fifths  [never decided]",
        "serves requirement iso42001:2023/A.6.2.4",
        "watched by point  monitor credit-decision/approval-ratio-by-age: impact_ratio, each P1W",
    ]
    lines = iter(said.out.splitlines())
    assert [part for part in wanted if not any(part in line for line in lines)] == []


def test_a_clause_rests_on_claims_evidence_results_rules_and_statements() -> None:
    said = traced("iso42001:2023/A.6.2.4", "--format", "json").json
    kinds = {node["kind"] for node in said["nodes"]}
    assert kinds == {kind.value for kind in LinkKind}
    assert said["starts"] == ["iso42001:2023/A.6.2.4"]
    assert {"schema", "careloop_version", "standards_digest", "commit"} <= said.keys()


def test_what_a_statement_leads_to_leads_back_to_it() -> None:
    nodes = {node["id"]: node for node in the_whole()["nodes"]}
    back: dict[str, set[str]] = {}
    ahead: dict[str, set[str]] = {}
    for edge in the_whole()["edges"]:
        assert {edge["from"], edge["to"]} <= nodes.keys()
        ahead.setdefault(edge["from"], set()).add(edge["to"])
        back.setdefault(edge["to"], set()).add(edge["from"])
    start = "policies/ai-policy.md#2.3"
    reached, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += ahead.get(name, ())
    requirements = [name for name in reached if nodes[name]["kind"] == "requirement"]
    assert requirements
    for requirement in requirements:
        around = json.loads(traced(requirement, "--format", "json").out)
        assert start in {node["id"] for node in around["nodes"]}


def test_each_link_runs_along_the_chain_or_within_its_kind() -> None:
    order = [kind.value for kind in LinkKind]
    kind = {node["id"]: order.index(node["kind"]) for node in the_whole()["nodes"]}
    assert [edge for edge in the_whole()["edges"] if kind[edge["from"]] > kind[edge["to"]]] == []


def test_a_section_means_each_of_its_statements_and_no_number_that_begins_alike() -> None:
    starts = traced("policies/ai-policy.md#3", "--format", "json").json["starts"]
    assert starts == [f"policies/ai-policy.md#3.{number}" for number in range(1, 5)]


@pytest.mark.parametrize("ref", ["A.6.2.4", "C5", "tier-justified", "check:tier-justified", "a.6.2.4-criteria"])
def test_anything_in_the_chain_can_be_the_start(ref: str) -> None:
    assert traced(ref).code == 0


def test_what_is_not_in_the_chain_is_told_with_what_is_near() -> None:
    said = traced("policies/ai-policy.md#2.22")
    assert said.code == 2
    assert "did you mean policies/ai-policy.md#2.2" in said.err


def test_orphans_of_each_kind_are_listed() -> None:
    files = small_repository()
    files = edited(files, "policies/ai-policy.md", "{rules: [no-price-model]}", "")
    files = with_file(
        files,
        "systems/book-finder/monitors.yaml",
        MONITORS.replace("id: drift", "id: late")
        .replace("psi", "latency_p95_ms")
        .replace("kind: drift", "kind: latency"),
    )
    found = {(one.kind, one.id): one for one in small(files).chain.orphans}
    assert found[("statement", "policies/ai-policy.md#2.1")].finding is True
    assert found[("rule", "no-price-model")].finding is True
    assert found[("rule", "card-present")].finding is False
    assert "latency_p95_ms" in found[("monitor", "book-finder/late")].why
    assert ("claim", "8.4-interval") in found
    whole = traced()
    assert whole.code == 0
    assert "that the chain does not reach" in whole.out


def test_a_check_that_no_rule_names_is_an_orphan() -> None:
    files = edited(small_repository(), "care.yaml", "rule_packs: [careloop/base@1]", "rule_packs: [other/pack@1]")
    assert ("check", "card-complete") in {(one.kind, one.id) for one in small(files).chain.orphans}


def test_a_finding_stands_on_the_way_from_the_rule() -> None:
    files = edited(small_repository(), "systems/book-finder/system.yaml", "domain: retail", "domain: pricing")
    chain = small(files, "no-price-model").chain
    assert (chain.nodes["no-price-model:last"].state, chain.nodes["no-price-model:last"].good) == ("1 finding", False)
    assert chain.nodes["no-price-model"].good is False


def test_pictures_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    said = traced("policies/ai-policy.md#2", "--format", "svg", "--out", str(tmp_path / "chain.svg"))
    assert said.out == f"wrote {tmp_path / 'chain.svg'}\n"
    root = ElementTree.parse(tmp_path / "chain.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    page = traced("policies/ai-policy.md#2", "--format", "html", "--links", "https://git.example/acme/blob/main/").out
    assert 'href="https://git.example/acme/blob/main/policies/ai-policy.md#L' in page
    assert traced("A.6.2.4", "--format", "svg", "--out", str(tmp_path / "no" / "x.svg")).code == 1
