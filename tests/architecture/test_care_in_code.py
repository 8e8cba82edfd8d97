"""Habits that reviewers would otherwise repeat: errors are named, tests patch nothing by name, nothing is left over."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from project_files import ROOT, layer_of, modules, name_of, parsed, project_files, python_files

EDGE = {"cli", "web", "worker", "proxy", "sdk"}
PLUGIN_BOUNDARY = "src/careloop/guard/plugin_boundary.py"
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def _broad(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in caught):
                yield node.lineno


def _patched_by_name(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in ("patch", "setattr", "delattr", "multiple") and str(node.args[0].value).startswith("careloop"):
                yield node.lineno


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    """What is said to the reader of the source: comments; in Markdown every line."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix == ".py":
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string
    elif path.suffix == ".md":
        yield from enumerate(text.splitlines(), start=1)
    elif path.suffix in (".yaml", ".toml", ".in", "") or path.name == "Makefile":
        yield from ((n, line.partition("#")[2]) for n, line in enumerate(text.splitlines(), start=1) if "#" in line)


def _claims(test: ast.FunctionDef) -> bool:
    """Whether a test asserts, or calls something that does by its name (a contract suite's own test among them)."""
    inner = list(ast.walk(test))
    called = [ast.unparse(node.func).rpartition(".")[2] for node in inner if isinstance(node, ast.Call)]
    asserting = re.compile(r"_?(raises|warns|assert|expect|check|must|agree|fail|test_)")
    return any(isinstance(node, ast.Assert) for node in inner) or any(asserting.match(name) for name in called)


def test_only_the_edge_catches_everything() -> None:
    inside = [path for path in modules() if layer_of(path) not in EDGE and name_of(path) != PLUGIN_BOUNDARY]
    assert [f"{name_of(path)}:{line}" for path in inside for line in _broad(parsed(path))] == []


def test_no_test_replaces_a_part_of_ours_by_its_name() -> None:
    assert [
        f"{name_of(path)}:{line}" for path in python_files("tests") for line in _patched_by_name(parsed(path))
    ] == []


def test_nothing_is_left_for_later() -> None:
    outside_tests = [
        path for path in project_files() if path.suffix == ".py" or not path.is_relative_to(ROOT / "tests")
    ]
    lines = [(path, number, line) for path in outside_tests for number, line in _comments(path)]
    assert [f"{name_of(path)}:{number}: {line.strip()}" for path, number, line in lines if LEFTOVER.search(line)] == []


def test_nothing_pretends_to_be_written() -> None:
    pretending = [
        f"{name_of(path)}:{node.lineno}"
        for path in python_files("src", "care-verify", "tests", "tools", "benchmarks")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Raise) and node.exc and ast.unparse(node.exc).partition("(")[0] == "NotImplementedError"
    ]
    assert pretending == []


def test_every_test_claims_something_that_can_fail() -> None:
    silent = [
        f"{name_of(path)}::{node.name}"
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not _claims(node)
    ]
    assert silent == []
