"""Below `workflows` nothing reads a file, a clock or chance, and nothing prints: same input, same answer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_files import layer_of, layers, modules, name_of, parsed

FUNCTIONS = {"open", "print", "input", "exec", "eval", "breakpoint", "__import__"}
METHODS = {
    "read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "rmdir", "unlink", "touch", "rename",
    "iterdir", "rglob", "is_file", "is_dir", "expanduser", "cwd", "home", "resolve",
    "utcnow", "today", "uuid1", "uuid4", "getenv",
}  # fmt: skip
CLOCKS = {("datetime", "now"), ("time", "time"), ("time", "monotonic"), ("time", "perf_counter"), ("date", "today")}


def _inside() -> Iterator[Path]:
    rank = next(position for position, layer in enumerate(layers()) if "workflows" in layer)
    below = {name.strip("()") for layer in layers()[rank + 1 :] for name in layer.split(" | ")}
    return (path for path in modules() if layer_of(path) in below)


def _outside_calls(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in FUNCTIONS:
            yield f"line {node.lineno}: {called.id}()"
        elif isinstance(called, ast.Attribute) and called.attr in METHODS:
            yield f"line {node.lineno}: .{called.attr}()"
        elif isinstance(called, ast.Attribute) and tuple(ast.unparse(called).split(".")[-2:]) in CLOCKS:
            yield f"line {node.lineno}: {ast.unparse(called)}()"


def test_no_module_of_the_inside_touches_anything_outside() -> None:
    found = {name_of(path): list(_outside_calls(parsed(path))) for path in _inside()}
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "line", ["open('x')", "Path('x').read_text()", "datetime.now(UTC)", "print(1)", "date.today()"]
)
def test_the_search_sees_what_it_is_for(line: str) -> None:
    assert list(_outside_calls(ast.parse(f"def f():\n    {line}\n"))) != []
