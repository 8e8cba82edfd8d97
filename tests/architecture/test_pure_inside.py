"""Below `workflows` nothing reads a file, a clock or chance, and nothing prints: same input, same answer."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from project_files import PACKAGE, layer_of, layers, modules, name_of, parsed

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


def _ports_named(tree: ast.Module) -> Iterator[str]:
    """Ports that a module imports; the records that a port hands over are values, and may be named."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("careloop.ports."):
            port = parsed(PACKAGE / "ports" / f"{(node.module or '').rpartition('.')[2]}.py")
            protocols = {
                part.name for part in port.body if isinstance(part, ast.ClassDef) and "Protocol" in _bases(part)
            }
            yield from (f"{node.module}.{alias.name}" for alias in node.names if alias.name in protocols)


def _bases(record: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).partition("[")[0] for base in record.bases}


def test_no_module_of_the_inside_asks_a_port() -> None:
    found = {name_of(path): list(_ports_named(parsed(path))) for path in _inside() if layer_of(path) != "ports"}
    assert {name: ports for name, ports in found.items() if ports} == {}


def test_no_module_of_the_inside_touches_anything_outside() -> None:
    found = {name_of(path): list(_outside_calls(parsed(path))) for path in _inside()}
    assert {name: calls for name, calls in found.items() if calls} == {}


@pytest.mark.parametrize(
    "line", ["open('x')", "Path('x').read_text()", "datetime.now(UTC)", "print(1)", "date.today()"]
)
def test_the_search_sees_what_it_is_for(line: str) -> None:
    assert list(_outside_calls(ast.parse(f"def f():\n    {line}\n"))) != []
