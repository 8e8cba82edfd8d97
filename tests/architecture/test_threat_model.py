"""What the threat model says stops an attack is shown by a test that exists and asserts something."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "explanation" / "threat-model.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(test_[a-z0-9_]+)`")


def _tests() -> dict[str, list[ast.FunctionDef]]:
    found: dict[str, list[ast.FunctionDef]] = {}
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found.setdefault(node.name, []).append(node)
    return found


def _asserts(test: ast.FunctionDef) -> bool:
    """Whether a test asserts something, or expects an error to be raised."""
    expected = (node.attr for node in ast.walk(test) if isinstance(node, ast.Attribute))
    return any(isinstance(node, ast.Assert) for node in ast.walk(test)) or "raises" in expected


def test_every_test_that_the_threat_model_names_exists_and_checks_something() -> None:
    tests = _tests()
    named = set(NAMED.findall(TEXT))
    assert len(named) > 50
    assert named - tests.keys() == set()
    assert [name for name in named if not all(map(_asserts, tests[name]))] == []


def test_every_part_says_what_does_not_stop_an_attack() -> None:
    parts = {part.split("\n", 1)[0]: part for part in TEXT.split("\n## ")[1:]}
    tables = {title: part for title, part in parts.items() if "| attack |" in part}
    assert {"The ledger", "Approvals", "Gates and releases", "The pages", "Exports"} <= tables.keys()
    assert [title for title, part in tables.items() if "What does not stop it" not in part] == []
