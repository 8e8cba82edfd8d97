"""Every rule that ships, or that the example organisation wrote, is seen to fail in at least one case."""

import importlib.util
from collections.abc import Iterator

import pytest
import yaml
from project_files import PACKAGE, ROOT

from careloop.checks.run import CHANGE_CHECKS
from careloop.checks.structure import STRUCTURAL_CHECKS
from careloop.domain.rule import Rule, RuleFile, Verdict

CASES_TABLE = ROOT / "tests" / "unit" / "checks" / "structural_cases.py"
CHANGES = ROOT / "tests" / "scenarios" / "test_owner_approval.py"
FILES = (*(PACKAGE / "standards" / "packs").glob("*.yaml"), *(ROOT / "examples" / "acme" / "rules").glob("*.yaml"))


def _rules() -> Iterator[Rule]:
    for path in sorted(FILES):
        yield from RuleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).rules


def _registered() -> set[str]:
    """Names of the structural checks that have a failing case: the keys of STRUCTURAL_CASES."""
    spec = importlib.util.spec_from_file_location("structural_cases", CASES_TABLE)
    assert spec is not None
    assert spec.loader is not None
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    return set(table.STRUCTURAL_CASES)


@pytest.mark.parametrize("rule", [rule for rule in _rules() if rule.require], ids=lambda rule: rule.id)
def test_a_rule_has_a_case_that_it_refuses(rule: Rule) -> None:
    assert any(case.expect is Verdict.VIOLATE for case in rule.cases)


def test_every_structural_check_has_a_case_that_it_refuses() -> None:
    named_by_rules = {rule.check for rule in _rules() if rule.check}
    assert named_by_rules | set(STRUCTURAL_CHECKS) == _registered() | CHANGE_CHECKS


def test_every_check_of_a_change_is_seen_to_refuse_one() -> None:
    scenarios = CHANGES.read_text(encoding="utf-8")
    assert {name for name in CHANGE_CHECKS if f'"{name} ' not in scenarios} == set()
