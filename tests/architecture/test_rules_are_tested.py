"""Every rule that ships, or that the example organisation wrote, is seen to fail in at least one case."""

import importlib.util
import sys
from collections.abc import Iterator

import pytest
import yaml
from project_files import PACKAGE, ROOT

from careloop.checks.change import COMPARISONS
from careloop.checks.run import CHANGE_CHECKS, PROGRAMME_CHECKS
from careloop.checks.structure import STRUCTURAL_CHECKS
from careloop.domain.rule import Rule, RuleFile, Verdict

CASES_TABLES = (("structural_cases", "STRUCTURAL_CASES"), ("change_cases", "CHANGE_CASES"))
CHANGES = tuple(ROOT / "tests" / "scenarios" / f"{name}.py" for name in ("test_owner_approval", "test_cross_review"))
FILES = (*(PACKAGE / "standards" / "packs").glob("*.yaml"), *(ROOT / "examples" / "acme" / "rules").glob("*.yaml"))


def _rules() -> Iterator[Rule]:
    for path in sorted(FILES):
        yield from RuleFile.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).rules


def _registered() -> set[str]:
    """Names of the structural checks that have a failing case: the keys of STRUCTURAL_CASES and CHANGE_CASES."""
    return {name for table, cases in CASES_TABLES for name in _table(table, cases)}


def _table(file: str, name: str) -> set[str]:
    spec = importlib.util.spec_from_file_location(file, ROOT / "tests" / "unit" / "checks" / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    table = importlib.util.module_from_spec(spec)
    sys.modules[file] = table  # dataclasses look up their own module
    spec.loader.exec_module(table)
    return set(getattr(table, name))


@pytest.mark.parametrize("rule", [rule for rule in _rules() if rule.require], ids=lambda rule: rule.id)
def test_a_rule_has_a_case_that_it_refuses(rule: Rule) -> None:
    assert any(case.expect is Verdict.VIOLATE for case in rule.cases)


def test_every_structural_check_has_a_case_that_it_refuses() -> None:
    named_by_rules = {rule.check for rule in _rules() if rule.check}
    assert named_by_rules | set(STRUCTURAL_CHECKS) == _registered() | CHANGE_CHECKS | PROGRAMME_CHECKS


def test_every_check_of_what_the_ledger_shows_is_seen_to_find_something() -> None:
    commands = ("outbox_command", "matters_at_acme", "ingest_command")
    names = ("unit/status/test_schedule", *(f"scenarios/test_{name}" for name in commands))
    files = [ROOT / "tests" / f"{name}.py" for name in names]
    told = "".join(file.read_text(encoding="utf-8") for file in files)
    assert {name for name in PROGRAMME_CHECKS if f'"{name}"' in told} == PROGRAMME_CHECKS


def test_every_check_of_a_change_is_seen_to_refuse_one() -> None:
    scenarios = "".join(path.read_text(encoding="utf-8") for path in CHANGES)
    seen = {name for name in CHANGE_CHECKS if f'"{name} ' in scenarios}
    assert seen | _table("change_cases", "CHANGE_CASES") == CHANGE_CHECKS
    assert set(COMPARISONS) == _table("change_cases", "CHANGE_CASES")
