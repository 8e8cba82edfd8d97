"""SEMANTICS 8: what a change makes looser, what stricter, and what nobody can tell."""

from functools import cache

import pytest
from test_structural_checks import acme

from careloop.checks.loosening import Comparison, compare_promises
from careloop.checks.yardstick import CALENDAR, CONTROLS, CRITERIA, EVALUATION, MONITORS, RULES, TIERS, Direction
from careloop.documents.compile import compile_tree
from careloop.domain.calendar import CalendarEvent
from careloop.domain.controls import ControlDecision
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.monitor import Monitor, Response
from careloop.domain.repository import Repository
from careloop.domain.risk import Appetite
from careloop.domain.rule import Rule
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.domain.tier import Tier

MONITOR_FILE = "systems/credit-decision/monitors.yaml"
RULE_FILE = "rules/lending.yaml"
WAIVER = (
    "id: w\nrule: card-present\nsubject: credit-decision\nreason: A trial.\nowner: model-risk\nexpires: 2027-01-01\n"
)
NEW_RULE = """\
  - id: lending-has-users
    sentence: Somebody uses it.
    subject: system
    moment: change
    require: size(system.users) > 0
    severity: must
    remedy: name them
"""
SALE = """\
owner: product-shop
events:
  - {id: sale-2026, zone: Europe/Dublin, first: 2026-11-27, last: 2026-11-30, why: A sale., who: product-shop}
"""
BASELINE = """\
recorded: 2026-01-01
items:
  - {finding: 0123456789abcdef, rule: card-present, file: care.yaml, owner: model-risk, burn_down: 2027-01-01}
"""


@cache
def _before() -> Repository:
    return compile_tree(acme()).repository


def _edited(path: str, old: str, new: str) -> Repository:
    text = acme().files.get(path, b"").decode()
    assert old in text, f"{path} no longer holds {old!r}"
    compiled = compile_tree(SourceTree({**acme().files, path: text.replace(old, new, 1).encode()}))
    assert compiled.errors == ()
    return compiled.repository


def _compared(path: str, old: str, new: str) -> Comparison:
    return compare_promises(_before(), _edited(path, old, new))


LOOSER = [
    (MONITOR_FILE, "tolerance: 0.05", "tolerance: 0.06", "tolerance of monitor credit-decision/approval-gap-by-sex"),
    (MONITOR_FILE, "promise: P5Y", "promise: P6Y", "promise of monitor"),
    (MONITOR_FILE, "minimum_n: 200", "minimum_n: 201", "minimum_n of monitor"),
    (MONITOR_FILE, "response: rollback", "response: alert", "response of monitor"),
    (MONITOR_FILE, "measure: psi", "measure: ks", "measure of monitor credit-decision/input-drift"),
    (MONITOR_FILE, "id: probing,", "id: asking,", "monitor credit-decision/probing is gone"),
    (RULE_FILE, "severity: must", "severity: should", "severity of rule lending-safe-state-human: must -> should"),
    (RULE_FILE, 'kind == "human"', 'kind != "static"', "require of rule lending-safe-state-human"),
    (RULE_FILE, "    severity: must", "    block_from: 2027-01-01\n    severity: must", "block_from of rule"),
    (RULE_FILE, "moment: change", "moment: release", "moment of rule"),
    (RULE_FILE, "    severity: must", "    waiver: {allowed: true}\n    severity: must", "waiver of rule"),
    ("controls.yaml", "applicable: true", "applicable: false", "applicable of control"),
    ("risk/criteria.yaml", "individuals: ", "individuals: 1", "individuals of appetite"),
    ("care.yaml", 'rule_packs: ["careloop/base@1"]', "rule_packs: [acme/own@1]", "rule pack careloop/base@1 is gone"),
    ("care.yaml", 'guard: "on"', 'guard: "off"', "module guard is switched off"),
    ("care.yaml", "stores:\n", "change_control: {approvals: warn}\nstores:\n", "approvals of change_control"),
    ("systems/product-recommender/system.yaml", "tier: high", "tier: low", "tier of system product-recommender"),
    ("waivers/w.yaml", "", WAIVER, "waiver w is new"),
    ("calendar.yaml", "", SALE, "known event sale-2026 is new"),
    ("baseline.yaml", "", BASELINE, "baseline item 0123456789abcdef is new"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "says"), LOOSER)
def test_a_loosening_is_named_and_the_way_back_is_none(path: str, old: str, new: str, says: str) -> None:
    after = _edited(path, old, new)
    shifts = compare_promises(_before(), after).shifts
    assert any(shift.loosens and shift.path == path and says in shift.what for shift in shifts), shifts
    assert path not in compare_promises(_before(), after).stricter_only


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (MONITOR_FILE, "tolerance: 0.05", "tolerance: 0.04"),
        (MONITOR_FILE, "response: page", "response: safe_state"),
        (
            MONITOR_FILE,
            'version: "4"\nreviewed: 2026-10-30\nmonitors:',
            'version: "5"\nreviewed: 2026-11-01\nmonitors:',
        ),
        (RULE_FILE, "rules:\n", f"rules:\n{NEW_RULE}"),
    ],
)
def test_what_only_became_stricter_waits_for_nobody(path: str, old: str, new: str) -> None:
    compared = _compared(path, old, new)
    assert not any(shift.loosens for shift in compared.shifts)
    assert compared.stricter_only == (frozenset() if "version" in new else {path})


def _expecting(*expected: str) -> Repository:
    listed = "\n".join(f"  - {{{one}}}" for one in expected)
    path = "systems/credit-decision/system.yaml"
    return _edited(path, "lifecycle:", f"evaluation:\n{listed}\nlifecycle:") if expected else _before()


@pytest.mark.parametrize(
    ("more", "less", "says"),
    [
        ("measure: accuracy, least: 0.9", "measure: accuracy, least: 0.8", "least of expected result"),
        ("measure: fpr, most: 0.1", "measure: fpr, most: 0.2", "most of expected result"),
        ("measure: fpr, most: 0.1, level: 0.99", "measure: fpr, most: 0.1", "level of expected result"),
        ("measure: ratio, least: 0.8", "measure: ratio, least: 0.8, min_n: 90", "min_n of expected result"),
    ],
)
def test_r40_a_limit_of_a_release_test_that_is_moved_is_a_loosening_one_way_only(
    more: str, less: str, says: str
) -> None:
    looser = compare_promises(_expecting(more), _expecting(less)).shifts
    assert [shift.loosens for shift in looser] == [True]
    assert says in looser[0].what
    assert [shift.loosens for shift in compare_promises(_expecting(less), _expecting(more)).shifts] == [False]


def test_r40_a_release_test_that_is_gone_loosens_and_one_that_is_new_tightens() -> None:
    asked, nothing = _expecting("measure: accuracy, least: 0.9"), _expecting()
    assert [shift.what for shift in compare_promises(asked, nothing).shifts] == [
        "expected result credit-decision/accuracy is gone"
    ]
    assert compare_promises(asked, nothing).shifts[0].loosens
    assert not compare_promises(nothing, asked).shifts[0].loosens
    other = _expecting("measure: accuracy, all_pass: true")
    assert all(shift.loosens for shift in compare_promises(asked, other).shifts), (
        "another kind of limit: nobody can tell"
    )


def _asking(quorum: str) -> Repository:
    return _edited("care.yaml", "stores:\n", f"approvals: {{high: {quorum}}}\nstores:\n")


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("{people: 3}", "{people: 2}"),
        ("{functions: {at_least: 2, of: [legal, data]}}", "{people: 1}"),
        ("{functions: {at_least: 2, of: [legal, data]}}", "{functions: {at_least: 1, of: [legal, data]}}"),
        ("{functions: {at_least: 1, of: [legal]}}", "{functions: {at_least: 1, of: [legal, data]}}"),
    ],
)
def test_r28_asking_for_fewer_voices_at_releases_loosens_and_more_tightens(more: str, less: str) -> None:
    looser = compare_promises(_asking(more), _asking(less)).shifts
    assert [(shift.path, shift.loosens) for shift in looser] == [("care.yaml", True)]
    assert "approvals of tier high" in looser[0].what
    stricter = compare_promises(_asking(less), _asking(more)).shifts
    assert [shift.loosens for shift in stricter] == [False] or "people: 1" in less


def test_saying_what_held_anyway_moves_nothing() -> None:
    said = _compared(RULE_FILE, "    severity: must", "    enforce: block\n    severity: must")
    assert said == Comparison((), (), frozenset())


def test_a_stricter_threshold_beside_another_edit_waits_for_the_owner() -> None:
    both = _edited(MONITOR_FILE, "owner: model-risk", "owner: product-credit")
    assert compare_promises(_before(), both).stricter_only == frozenset()


def test_a_conflict_with_a_law_is_recorded_and_not_a_loosening() -> None:
    law = "    conflict: {law: gdpr, article: Art. 9}\n    severity: should"
    compared = _compared(RULE_FILE, "    severity: must", law)
    assert compared.shifts == ()
    assert compared.conflicts == ((RULE_FILE, "rule lending-safe-state-human records a conflict: gdpr, Art. 9"),)
    assert compared.stricter_only == frozenset()


def test_nothing_moves_between_a_tree_and_itself() -> None:
    assert compare_promises(_before(), _before()) == Comparison((), (), frozenset())


def test_each_yardstick_judges_what_its_noun_has() -> None:
    pairs = ((RULES, Rule), (MONITORS, Monitor), (CONTROLS, ControlDecision), (CRITERIA, Appetite), (TIERS, System))
    for yardstick, noun in (*pairs, (CALENDAR, CalendarEvent), (EVALUATION, ExpectedResult)):
        assert {name for name in yardstick.fields if not hasattr(noun, name) and name not in noun.model_fields} == set()


@pytest.mark.parametrize("low", list(Tier))
@pytest.mark.parametrize("high", list(Tier))
def test_up_the_ladder_is_stricter_and_down_is_looser(low: Tier, high: Tier) -> None:
    if low.rank < high.rank:
        assert TIERS.judged["tier"](low, high) is Direction.STRICTER
        assert TIERS.judged["tier"](high, low) is Direction.LOOSER
    assert MONITORS.judged["response"](Response.ALERT, Response.PAGE) is Direction.STRICTER
