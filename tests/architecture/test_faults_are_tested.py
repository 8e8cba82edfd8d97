"""The page on faults names for each fault a test that is there."""

import ast
import re

import pytest
from project_files import ROOT

PAGE = ROOT / "docs" / "how-to" / "when-things-fail.md"
ROWS = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")][2:]
NAMED = re.compile(r"`(?:([a-z_0-9/]+\.py))?::(test_\w+)`")


def named_in(row: str) -> list[tuple[str, str]]:
    """File and function of each test that a row names; a name alone is of the file before it."""
    found, file = [], ""
    for path, name in NAMED.findall(row):
        file = path or file
        found.append((file, name))
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_each_fault_is_played_by_a_test_that_is_there(row: str) -> None:
    named = named_in(row)
    assert named
    for file, name in named:
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        defined = [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        assert defined.count(name) == 1, f"{file} has no {name}"


def test_every_fault_of_the_list_has_its_row() -> None:
    told = PAGE.read_text(encoding="utf-8").lower()
    for fault in (
        *("kill -9", "full disk", "torn segment", "clock skew", "events of the future", "duplicate batches"),
        *("reference is missing", "storm of nan", "10,000 groups", "group that vanishes", "schema changes mid-window"),
        *("mlflow down", "webhook that times out", "two workers at once", "storm of 1,000 alarms"),
    ):
        assert fault in told, fault
