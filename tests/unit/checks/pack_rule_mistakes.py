"""One mistake for each rule of the pack asked at every change: an edit of Acme, and the file it must be told in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from careloop.documents.markdown_text import split_front_matter
from careloop.documents.yaml_text import read_yaml
from careloop.testing.source_tree_builder import Files, without

__all__ = ["PACK_RULE_MISTAKES", "Mistake"]

Edit = Callable[[Files], dict[str, bytes]]
Values = dict[str, Any]

_CREDIT = "systems/credit-decision"
_SYSTEM = f"{_CREDIT}/system.yaml"
_RISK = "risk/register/credit-drift.yaml"
_DATA = f"{_CREDIT}/data/adult-census.yaml"
_ASSESSMENT = f"{_CREDIT}/impact/assessment-2026.yaml"
_POLICY = "policies/ai-policy.md"
_SUPPLIER = "suppliers/helix-cloud.yaml"


@dataclass(frozen=True)
class Mistake:
    """An edit, and where the finding must stand."""

    edit: Edit
    file: str = _SYSTEM
    key: str | None = None
    """Key at whose line it is shown; left out: the first line."""


def _values(path: str, change: Callable[[Values], object]) -> Edit:
    def edit(files: Files) -> dict[str, bytes]:
        text = files[path].decode()
        body = ""
        if path.endswith(".md"):
            cut = split_front_matter(text)
            assert not isinstance(cut, tuple)
            text, body = getattr(cut, "front", ""), getattr(cut, "body", "")
        values = read_yaml(text).value
        assert isinstance(values, dict)
        change(values)
        front = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
        return {**files, path: (f"---\n{front}---\n{body}" if body else front).encode()}

    return edit


def _set(path: str, **changes: Any) -> Edit:
    return _values(path, lambda values: values.update(changes))


def _drop(path: str, *keys: str) -> Edit:
    return _values(path, lambda values: [values.pop(key) for key in keys])


def _no(path: str) -> Edit:
    return lambda files: without(files, path)


def _both(*edits: Edit) -> Edit:
    def edit(files: Files) -> dict[str, bytes]:
        for one in edits:
            files = one(files)
        return dict(files)

    return edit


def _no_risk_of_the_recommender(files: Files) -> dict[str, bytes]:
    for path in [path for path in files if path.startswith("risk/register/")]:
        files = _values(path, _forget_recommender)(files)
    return dict(files)


def _forget_recommender(risk: Values) -> None:
    risk["systems"] = [system for system in risk.get("systems", []) if system != "product-recommender"]


def _retained(risk: Values) -> None:
    risk["treatment"] = {"option": "retain", "reason": "It is cheap"}


def _nothing_done(assessment: Values) -> None:
    assessment["individuals"]["fairness"][0]["measures"] = []


PACK_RULE_MISTAKES: Mapping[str, Mistake] = {
    "card-present": Mistake(_no(f"{_CREDIT}/card.md")),
    "out-of-scope-use-stated": Mistake(_set(_SYSTEM, out_of_scope_uses=[]), key="out_of_scope_uses"),
    "owner-named": Mistake(_set(_SYSTEM, owner="unassigned"), key="owner"),
    "draft-is-inception": Mistake(_set(_SYSTEM, draft=True), key="draft"),
    "intended-use-stated": Mistake(_set(_SYSTEM, intended_use=[]), key="intended_use"),
    "jurisdictions-stated": Mistake(_drop(_SYSTEM, "jurisdictions")),
    "safe-state-declared": Mistake(_drop(_SYSTEM, "safe_state")),
    "safe-state-approved": Mistake(
        _set(_SYSTEM, safe_state={"kind": "human", "description": "Officers decide"}), key="safe_state"
    ),
    "risks-recorded": Mistake(_no_risk_of_the_recommender, "systems/product-recommender/system.yaml"),
    "screening-present": Mistake(_no(f"{_CREDIT}/impact/screening-2026.yaml")),
    "assessment-complete": Mistake(_drop(_ASSESSMENT, "conclusion"), _ASSESSMENT),
    "assessment-present": Mistake(_no(_ASSESSMENT)),
    "monitors-present": Mistake(_no(f"{_CREDIT}/monitors.yaml")),
    "monitors-cover-drift": Mistake(
        _values(f"{_CREDIT}/monitors.yaml", lambda values: values.update(monitors=values["monitors"][4:5]))
    ),
    "failure-plan-complete": Mistake(_no(f"{_CREDIT}/plan.md")),
    "personal-data-has-rights": Mistake(_drop(_DATA, "retention"), key="personal_data"),
    "protected-basis-declared": Mistake(_drop(_SYSTEM, "events")),
    "logs-kept-long-enough": Mistake(_set(_SYSTEM, logs={"retention": "P90D"}), key="logs"),
    "supplier-recorded": Mistake(_both(_set(_SYSTEM, origin="bought"), _drop(_SYSTEM, "supplier"))),
    "responsibilities-allocated": Mistake(_set(_SYSTEM, responsibilities=[]), key="responsibilities"),
    "second-assessor": Mistake(_set(_RISK, assessed={"by": "marta-kowalska", "on": "2026-09-10"})),
    "person-has-last-word": Mistake(_set(_SYSTEM, autonomy="acts_alone"), key="autonomy"),
    "risk-decided": Mistake(_drop(_RISK, "treatment"), _RISK),
    "modify-has-controls": Mistake(_values(_RISK, lambda risk: risk["treatment"].pop("credits")), _RISK, "treatment"),
    "retain-within-appetite": Mistake(_values(_RISK, _retained), _RISK, "treatment"),
    "criteria-current": Mistake(_set(_RISK, criteria_version="1"), _RISK, "criteria_version"),
    "policy-approvers-named": Mistake(_set(_POLICY, approvers=[]), _POLICY, "approvers"),
    "ai-policy-commits": Mistake(_set(_POLICY, commits_to=["principles"]), _POLICY, "commits_to"),
    "policy-approved-before-effect": Mistake(_drop(_POLICY, "approved"), _POLICY),
    "contract-clauses-agreed": Mistake(
        _values(_SUPPLIER, lambda values: values["contract"].update(clauses=["exit"])), _SUPPLIER, "contract"
    ),
    "supplier-assessed": Mistake(_drop(_SUPPLIER, "assessment"), _SUPPLIER),
    "quality-targets-set": Mistake(_drop(_DATA, "quality"), _DATA),
    "provenance-recorded": Mistake(_drop(_DATA, "provenance"), _DATA),
    "preparation-stated": Mistake(_set(_DATA, preparation=[]), _DATA, "preparation"),
    "personal-training-data-described": Mistake(_drop(_DATA, "demographics"), _DATA),
    "assessment-approved": Mistake(_drop(_ASSESSMENT, "approved"), _ASSESSMENT),
    "assessment-feeds-risks": Mistake(_set(_ASSESSMENT, feeds_risks=[]), _ASSESSMENT, "feeds_risks"),
    "serious-effects-have-measures": Mistake(_values(_ASSESSMENT, _nothing_done), _ASSESSMENT, "individuals"),
    "objective-measurable": Mistake(
        _values("objectives.yaml", lambda values: values["objectives"][0].pop("target")), "objectives.yaml", "id"
    ),
}
"""Rule id to the mistake it must find."""
