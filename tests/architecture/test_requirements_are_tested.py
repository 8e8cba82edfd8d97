"""Each of R1-R30, and of the later ones that stand there, is shown by tests, part by part of what done means.

The table is `requirements_done.yaml`.
"""

import ast
import re
from functools import cache

import pytest
import yaml
from project_files import ROOT

TESTS = ROOT / "tests"
TABLE = TESTS / "architecture" / "requirements_done.yaml"
DONE: dict[str, dict[str, str]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
CASES = {"unit/checks/test_structural_checks.py": "structural_cases.py"}
"""Files whose cases stand in another file beside them."""
PARTS = [(number, part, test) for number, parts in DONE.items() for part, test in parts.items()]


@cache
def module(path: str) -> ast.Module:
    return ast.parse((TESTS / path).read_text(encoding="utf-8"))


def function(test: str) -> ast.FunctionDef | None:
    path, _, rest = test.partition("::")
    name, _, case = rest.rstrip("]").partition("[")
    if case and not (TESTS / path).with_name(CASES.get(path, path.rpartition("/")[2])).read_text().count(f'"{case}"'):
        return None
    found = (node for node in ast.walk(module(path)) if isinstance(node, ast.FunctionDef) and node.name == name)
    return next(found, None) if (TESTS / path).is_file() else None


def names(number: str, text: str) -> bool:
    """Whether a text names a requirement, alone or within a span such as R5-R8."""
    wanted = int(number[1:])
    if re.search(rf"(?<![A-Za-z0-9])[Rr]{wanted}(?![0-9])|_r{wanted}(?![0-9])", text):
        return True
    spans = re.findall(r"\bR(\d+)\s*[-–]\s*R?(\d+)\b", text)
    return any(int(first) <= wanted <= int(last) for first, last in spans)


def asserts(node: ast.FunctionDef) -> bool:
    """Whether a test can fail: it asserts, or expects an error."""
    return any(
        isinstance(one, ast.Assert)
        or (isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "raises")
        for one in ast.walk(node)
    )


def test_every_requirement_of_create_stands_in_the_table() -> None:
    numbers = [int(number[1:]) for number in DONE]
    assert numbers[:30] == list(range(1, 31))
    assert numbers == sorted(set(numbers))
    assert all(parts for parts in DONE.values())


@pytest.mark.parametrize(("number", "part", "test"), PARTS, ids=[f"{number}-{part}" for number, part, _ in PARTS])
def test_each_part_of_done_is_shown_by_a_test_that_can_fail_and_names_it(number: str, part: str, test: str) -> None:
    node = function(test)
    assert node is not None, f"{number}, {part}: there is no {test}"
    assert asserts(node), f"{test} asserts nothing"
    said = " ".join(
        (node.name, ast.get_docstring(node) or "", ast.get_docstring(module(test.partition("::")[0])) or "")
    )
    assert names(number, said), f"{test} does not name {number} in its name, its docstring or that of its file"


def test_a_name_within_a_span_counts_and_a_longer_number_does_not() -> None:
    assert names("R7", "What R5-R8 say")
    assert not names("R3", "R30, R31 and _r33")
    assert names("R3", "it stands_r3")
