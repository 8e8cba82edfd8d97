"""Reconciliation (R76, SEMANTICS 26): what was seen elsewhere and is in no inventory; tiers with reasons (R27)."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.reconcile import reconcile
from careloop.checks.run import check_tree
from careloop.checks.subjects import Cases
from careloop.checks.tiering import reached_tiers
from careloop.documents.code_imports import sighted_imports
from careloop.documents.compile import compile_tree
from careloop.documents.inventory_lists import sighted_rows
from careloop.domain.sighting import Sighting, SightingSource
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput
from careloop.testing.source_tree_builder import Files, edited, small_repository, with_file

FINDER = "systems/book-finder/system.yaml"


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def a_system(**more: object) -> System:
    facts = compile_tree(SourceTree(small_repository())).repository.nouns(System)[0]
    return facts.model_copy(update=more)


def seen(name: str, source: SightingSource = SightingSource.GATEWAY, *paths: str) -> Sighting:
    return Sighting(source=source, name=name, file="log.csv", paths=paths)


# --- matching ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["book-finder", "Book Finder", "BOOK_FINDER", "chat/books-2026"])
def test_a_sighting_is_matched_by_id_name_or_another_name(name: str) -> None:
    found = reconcile([a_system(known_as=("chat/books-2026",))], [seen(name)], owner="ai-lead")
    assert (found.findings, found.unseen) == ((), ())


def test_code_is_matched_by_the_files_of_a_system() -> None:
    code = seen("svc/finder", SightingSource.IMPORTS, "svc/finder/app.py")
    assert reconcile([a_system(artefacts=("svc/finder/**",))], [code], owner=None).findings == ()
    assert reconcile([a_system(known_as=("svc/finder/",))], [code], owner=None).findings == ()
    assert len(reconcile([a_system()], [code], owner=None).findings) == 1


def test_what_matches_nothing_is_a_finding_for_whoever_owns_the_management_system() -> None:
    (finding,) = reconcile([a_system()], [seen("shadow-bot")], owner="ai-lead").findings
    assert (finding.rule, finding.owner, finding.blocking) == ("inventory-complete", "ai-lead", True)
    assert "'shadow-bot' was seen in gateway" in finding.message


def test_coverage_is_known_over_estimated_with_its_reason_where_there_is_none() -> None:
    found = reconcile(
        [a_system()], [seen("book-finder"), seen("shadow"), seen("Shadow", SightingSource.SSO)], owner=None
    )
    coverage = found.coverage
    assert (coverage.known, coverage.seen, coverage.both) == (1, 2, 1)
    assert coverage.estimated is not None
    assert coverage.ratio == pytest.approx(1 / coverage.estimated.value)
    assert reconcile([], [seen("x")], owner=None).coverage.reason == "the inventory is empty"
    assert reconcile([a_system()], [], owner=None).coverage.reason == "nothing was seen elsewhere"


@given(st.permutations(["book-finder", "a", "b", "A", "c"]))
def test_the_order_of_sightings_makes_no_difference(names: list[str]) -> None:
    found = reconcile([a_system()], [seen(name) for name in names], owner=None)
    assert {finding.pointer for finding in found.findings} == {("a",), ("b",), ("A",), ("c",)}
    assert (found.coverage.seen, found.coverage.both) == (4, 1)


# --- lists ------------------------------------------------------------------------------------------------------------


def rows(source: SightingSource, text: str) -> list[tuple[str, int, int]]:
    found = sighted_rows(source, text.encode(), "list.csv", catalogue().ai_signs)
    return [(one.name, one.line, one.times) for one in found]


def test_every_row_of_a_gateway_counts_and_the_same_name_once() -> None:
    text = '\ufeffTimestamp,Application,Model\n1,helper,m1\n2,"odd, name",m2\n3,helper,m1\n'
    assert rows(SightingSource.GATEWAY, text) == [("helper", 2, 2), ("odd, name", 3, 1)]


def test_sign_ins_and_purchases_count_when_their_words_mean_ai() -> None:
    assert rows(SightingSource.SSO, "app\nPayroll\nChatGPT Enterprise\n") == [("ChatGPT Enterprise", 3, 1)]
    text = "product,supplier\nChairs,Chairwise Ltd\nCredit scoring service,Acme\nLicences,OpenAI\nMailing,Paint Ltd\n"
    assert [name for name, _, _ in rows(SightingSource.PROCUREMENT, text)] == ["Credit scoring service", "Licences"]


@pytest.mark.parametrize("text", ["", "\n\n", "when,who\n1,2\n"])
def test_a_list_that_says_nothing_is_an_error_and_not_an_empty_answer(text: str) -> None:
    with pytest.raises(InvalidInput):
        rows(SightingSource.GATEWAY, text)


# --- code -------------------------------------------------------------------------------------------------------------


def imports(**files: str) -> list[tuple[str, str]]:
    named = {path.replace("__", "/").replace("_DOT_", "."): text.encode() for path, text in files.items()}
    return [(one.name, one.detail) for one in sighted_imports(named, catalogue().ai_signs)]


def test_imports_are_found_on_the_syntax_tree_and_not_in_words() -> None:
    code = "def f():\n    from openai import OpenAI\nimport sklearn.linear_model\n# import torch\nx = 'import torch'\n"
    assert imports(app_DOT_py=code) == [(".", "openai, sklearn")]
    assert imports(app_DOT_py="from google import genai\n") == [(".", "google.genai")]
    assert imports(app_DOT_py="from google import auth\nfrom .openai import x\nprint 'python 2'\n") == []


def test_manifests_and_notebooks_count_and_each_part_of_a_project_is_one() -> None:
    found = imports(
        shop__requirements_DOT_txt="# openai\nscikit-learn==1.7\nrequests\n",
        shop__src__a_DOT_py="import lightgbm\n",
        web__package_DOT_json='{"dependencies": {"@anthropic-ai/sdk": "1", "react": "19"}}',
        api__pyproject_DOT_toml='[project]\ndependencies = ["litellm>=1"]\n',
        notes__x_DOT_ipynb='{"cells": [{"cell_type": "code", "source": ["%pip x\\n", "import torch\\n"]}]}',
    )
    assert found == [("api", "litellm"), ("notes", "torch"), ("shop", "lightgbm, sklearn"), ("web", "anthropic")]


@pytest.mark.parametrize("name", ["a.py", "x.ipynb", "pyproject.toml", "package.json", "requirements.txt"])
@given(raw=st.binary(max_size=60))
def test_files_that_are_anything_crash_nothing(name: str, raw: bytes) -> None:
    assert isinstance(list(sighted_imports({name: raw}, catalogue().ai_signs)), list)


# --- tiers ------------------------------------------------------------------------------------------------------------


def tiers(files: Files) -> dict[str, tuple[Tier, tuple[str, ...]]]:
    repository = compile_tree(SourceTree(dict(files))).repository
    found = reached_tiers(Cases(repository, None), repository)
    return {name: (one.tier, one.reasons) for name, one in found.items()}


RULES = """\
tiers:
  - {tier: high, when: system.affects_rights, reason: it changes what people can get}
  - {tier: high, when: system.personal_data, reason: it reads about people}
  - {tier: medium, when: "true", reason: everything is}
"""


def judged(*edits: tuple[str, str]) -> dict[str, bytes]:
    text = small_repository()["risk/criteria.yaml"].decode().partition("tiers:")[0] + RULES
    files = with_file(small_repository(), "risk/criteria.yaml", text)
    for old, new in edits:
        files = edited(files, FINDER, old, new)
    return files


def test_rules_give_the_highest_tier_with_every_reason_for_it_r27() -> None:
    assert tiers(judged())["book-finder"] == (Tier.MEDIUM, ("everything is",))
    both = judged(("affects_rights: false", "affects_rights: true"), ("personal_data: false", "personal_data: true"))
    assert tiers(both)["book-finder"] == (Tier.HIGH, ("it changes what people can get", "it reads about people"))


def test_a_higher_tier_is_free_and_a_lower_one_is_one_finding_with_all_reasons_r27() -> None:
    higher = judged(("tier: low", "tier: medium"))
    assert check_tree(SourceTree(higher), catalogue()).findings == ()
    both = judged(("affects_rights: false", "affects_rights: true"), ("personal_data: false", "personal_data: true"))
    (finding,) = [one for one in check_tree(SourceTree(both), catalogue()).findings if one.rule == "tier-justified"]
    assert finding.message.endswith("the criteria give high: it changes what people can get; it reads about people")


@pytest.mark.parametrize(("by", "covered"), [("director", True), ("ai-lead", False)])
def test_a_lower_tier_wants_the_approval_of_somebody_else_than_its_owner_r27(by: str, covered: bool) -> None:
    waiver = f"""\
id: lower
rule: tier-justified
subject: book-finder
reason: It reads no more than an order number.
owner: ai-lead
expires: 2026-12-01
approved: [{{by: {by}, on: 2026-03-02}}]
"""
    files = with_file(judged(), "waivers/lower.yaml", waiver)
    (finding,) = [one for one in check_tree(SourceTree(files), catalogue()).findings if one.rule == "tier-justified"]
    assert (finding.set_aside is not None) is covered
