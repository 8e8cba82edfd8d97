"""Files and functions stay small, and a file's name says what is in it. Lists of old offenders only shrink."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from project_files import PACKAGE, ROOT, modules, name_of, parsed, project_files, python_files, verifier_modules

FILE_LINES = 400
DOMAIN_FILE_LINES = 300
FUNCTION_LINES = 40
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
"""What was longer when the limit came, with the lines it may have at most. Nothing is added, no figure is raised."""
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "service", "stuff"}


def _long_files() -> Iterator[tuple[str, int]]:
    for path in python_files("src", "care-verify", "tests", "tools", "benchmarks"):
        limit = DOMAIN_FILE_LINES if path.is_relative_to(PACKAGE / "domain") else FILE_LINES
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > limit:
            yield name_of(path), lines


def _long_functions() -> Iterator[tuple[str, int]]:
    for path in (*modules(), *verifier_modules(), *python_files("tools", "benchmarks")):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{name_of(path)}::{node.name}", lines


def test_a_file_can_be_read_in_one_sitting() -> None:
    long = dict(_long_files())
    assert {name: lines for name, lines in long.items() if lines > LONG_FILES.get(name, 0)} == {}
    assert LONG_FILES.keys() <= long.keys(), "it is short now: take it off the list"


def test_a_function_fits_on_a_screen() -> None:
    long = dict(_long_functions())
    assert {name: lines for name, lines in long.items() if lines > LONG_FUNCTIONS.get(name, 0)} == {}
    assert LONG_FUNCTIONS.keys() <= long.keys(), "it is short now: take it off the list"


def test_no_module_has_a_name_that_says_nothing() -> None:
    ours: list[Path] = [path for path in project_files() if path.suffix == ".py"]
    assert [name_of(path) for path in ours if EMPTY_WORDS & set(path.stem.split("_"))] == []
    folders = {part for path in ours for part in path.parent.relative_to(ROOT).parts}
    assert {name for name in folders if EMPTY_WORDS & set(re.split("[_-]", name))} == set()
