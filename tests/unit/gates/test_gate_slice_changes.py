"""What has changed since people were asked is said in sentences that an approver can act on."""

from typing import Any

import pytest
from gate_builders import a_results_file, a_risk, a_rule, a_system, release_rules
from hypothesis import example, given
from hypothesis import strategies as st

from careloop.domain.monitor import Monitors
from careloop.domain.repository import Document
from careloop.domain.system import System
from careloop.gates.slice import slice_bytes, slice_grounds
from careloop.gates.slice_changes import slice_changes
from careloop.ledger.canonical import canonical_bytes

RULE = a_rule("size(release.results.filter(r, has(r.value) && r.value < 0.5)) == 0")


def a_slice(
    system: System | None = None,
    *others: Document,
    own: tuple[dict[str, Any], ...] = (RULE,),
    fresh_days: int = 30,
) -> bytes:
    about = system or a_system()
    grounds = slice_grounds(about, release_rules(about, own=own, others=others))
    return slice_bytes(grounds, lock="sha256:1", results=(a_results_file(),), fresh_days=fresh_days)


def monitors(*rows: dict[str, Any]) -> Document:
    usual: dict[str, Any] = {
        "kind": "fairness",
        "measure": "dp_difference",
        "window": "P1D",
        "response": "page",
        "reference": "evaluation_set",
        "promise": "P1Y",
        "minimum_n": 100,
        "severity": "sev1",
        "tolerance": 0.05,
    }
    noun = Monitors.model_validate({"owner": "lead", "monitors": [usual | row for row in rows]})
    return Document("systems/credit/monitors.yaml", "monitors", noun, folder="credit")


def a_register(*risks: Any) -> tuple[Document, ...]:
    return tuple(Document(f"risk/register/{risk.id}.yaml", "risk", risk) for risk in risks)


def test_nothing_is_said_where_nothing_material_changed() -> None:
    assert slice_changes(a_slice(), a_slice(a_system(purpose="Decides on loans."))) == ()


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (
            a_slice(a_system(jurisdictions=["Ireland"])),
            a_slice(a_system(jurisdictions=["Ireland", "Malta"])),
            'the system: jurisdictions was ["Ireland"], is ["Ireland", "Malta"]',
        ),
        (
            a_slice(own=(RULE,)),
            a_slice(own=({**RULE, "severity": "should"},)),
            "the rule own-rule: severity was must, is should",
        ),
        (a_slice(own=()), a_slice(), "the rule own-rule is new"),
        (a_slice(), a_slice(own=()), "the rule own-rule is gone"),
        (
            a_slice(None, monitors({"id": "gap"})),
            a_slice(None, monitors({"id": "gap", "tolerance": 0.2})),
            "the system's monitors: gap.tolerance was 0.05, is 0.2",
        ),
        (
            a_slice(None, monitors({"id": "gap"})),
            a_slice(None, monitors({"id": "drift"}, {"id": "gap"})),
            "the system's monitors: drift is new",
        ),
        (a_slice(), a_slice(None, monitors({"id": "gap"})), "the system's monitors is new"),
        (
            a_slice(None, *a_register(a_risk(likelihood=2))),
            a_slice(None, *a_register(a_risk(likelihood=3))),
            "the risk unfair: likelihood was 2, is 3",
        ),
        (a_slice(None, *a_register(a_risk())), a_slice(), "the risk unfair is gone"),
        (a_slice(fresh_days=30), a_slice(fresh_days=14), "days for which results stay fresh was 30, is 14"),
        (
            a_slice(a_system(supplier="lumen")),
            a_slice(),
            "the system: supplier was lumen, is not stated",
        ),
    ],
)
def test_one_change_is_one_sentence_with_the_place_and_both_values(before: bytes, now: bytes, said: str) -> None:
    assert slice_changes(before, now) == (said,)


def test_many_changes_are_counted_after_the_first_dozen() -> None:
    many = tuple({**RULE, "id": f"rule-{number:02}"} for number in range(20))
    said = slice_changes(a_slice(own=()), a_slice(own=many))
    assert (len(said), said[0], said[-1]) == (13, "the rule rule-00 is new", "and 8 more")


def test_a_long_value_is_cut() -> None:
    (said,) = slice_changes(a_slice(), a_slice(own=({**RULE, "require": RULE["require"] + " && true" * 30},)))
    assert said.startswith("the rule own-rule: require was size(release.results")
    assert len(said) < 220


_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
_SLICES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("rules", "criteria", "system", "documents", "read_by_rules", "odd"), _VALUES)
)


@given(_SLICES, _SLICES)
@example({"system": [{"id": "a"}, {"id": "b"}]}, {"system": [{"id": "b"}, {"id": "a"}]})
@example({"system": {"a": {"a": 1}}}, {"system": [{"a": 1}]})
@example({"fields": {"fields": 1}}, {"fields": {"fields": 2}})
def test_something_is_said_exactly_when_something_differs(before: dict[str, Any], now: dict[str, Any]) -> None:
    old, new = canonical_bytes(before), canonical_bytes(now)
    assert slice_changes(old, old) == ()
    assert (slice_changes(old, new) == ()) == (old == new)
