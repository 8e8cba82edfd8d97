"""Print the layers of careloop as a tree: the order from the import contract, the words from the docstrings.

`make tree` writes it into ARCHITECTURE.md between two markers; a test compares the two, so the map cannot drift.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["tree"]

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "careloop"
MAP = ROOT / "ARCHITECTURE.md"
START, END = "<!-- tree: printed by `make tree` -->", "<!-- end of tree -->"
NAME_WIDTH = 16


def tree() -> str:
    """Every layer from the top of the stack down, one line a package, then the chain of imports."""
    layers = _layers()
    lines = ["src/careloop/"]
    for layer in layers:
        for name in layer.split(" | "):
            lines += _entry(name)
    return "\n".join(["```", *lines, "```", "", "`" + " -> ".join(layers) + "`"])


def _layers() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return next(list(contract["layers"]) for contract in settings["contracts"] if contract["id"] == "layers")


def _entry(name: str) -> Iterator[str]:
    if name.startswith("("):
        yield _line("├── ", f"({name[1:-1]})", "planned")
    elif (PACKAGE / f"{name}.py").is_file():
        yield _line("├── ", f"{name}.py", _phrase(PACKAGE / f"{name}.py"))
    else:
        yield _line("├── ", f"{name}/", _phrase(PACKAGE / name / "__init__.py"))
        for inner in sorted((PACKAGE / name).glob("*/__init__.py")):
            yield _line("│   ", f"  {inner.parent.name}/", _phrase(inner))


def _phrase(module: Path) -> str:
    words = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    return " ".join(words.partition("\n\n")[0].split())


def _line(branch: str, name: str, phrase: str) -> str:
    return f"{branch}{name:<{NAME_WIDTH}}{phrase}".rstrip()


def _write() -> None:
    text = MAP.read_text(encoding="utf-8")
    before, after = text.partition(START)[0], text.partition(END)[2]
    MAP.write_text(f"{before}{START}\n{tree()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        _write()
    else:
        print(tree())
