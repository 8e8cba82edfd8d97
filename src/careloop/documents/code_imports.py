"""Which code uses AI: imports found on the syntax tree, and packages named in lists of requirements (R76)."""

import ast
import json
import posixpath
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping

from careloop.domain.ai_signs import AiSigns
from careloop.domain.sighting import Sighting, SightingSource

__all__ = ["LOOKED_AT", "sighted_imports"]

LOOKED_AT = (
    "**/*.py", "**/*.ipynb", "**/requirements*.txt", "**/requirements/*.txt", "**/pyproject.toml", "**/package.json",
    "**/environment.y*ml",
)  # fmt: skip
"""Patterns of files that say which packages are used."""

_MANIFESTS = frozenset(
    {"pyproject.toml", "package.json", "setup.py", "setup.cfg", "requirements.txt", "environment.yml"}
)
_REQUIREMENT = re.compile(r"^\s*-?\s*([A-Za-z0-9@][A-Za-z0-9._/@-]*)")


def sighted_imports(files: Mapping[str, bytes], signs: AiSigns) -> Iterator[Sighting]:
    """One sighting for each part of a project that uses AI: the folder of its requirements, else the top one."""
    known = {sign.name: sign for sign in signs.packages}
    roots = {posixpath.dirname(path) for path in files if posixpath.basename(path) in _MANIFESTS}
    found: dict[str, dict[str, set[str]]] = {}
    for path, raw in files.items():
        for name in {sign for one in _named(path, raw, signs) if (sign := _sign_of(one, known))}:
            found.setdefault(_part_of(path, roots), {}).setdefault(name, set()).add(path)
    for part, packages in sorted(found.items()):
        paths = tuple(sorted({path for group in packages.values() for path in group}))
        yield Sighting(
            source=SightingSource.IMPORTS,
            name=part,
            file=paths[0],
            times=len(paths),
            detail=", ".join(sorted(packages)),
            paths=paths,
        )


def _part_of(path: str, roots: set[str]) -> str:
    parts = path.split("/")[:-1]
    parents = ("/".join(parts[:length]) for length in range(len(parts), 0, -1))
    near = next((parent for parent in parents if parent in roots), None)
    return near or (path.partition("/")[0] if "/" in path else ".")


def _sign_of(module: str, known: Mapping[str, object]) -> str | None:
    """The sign that a module falls under: `openai` for `openai.types`, `google.genai` for itself only."""
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((name for name in prefixes if name in known), None)


def _named(path: str, raw: bytes, signs: AiSigns) -> Iterable[str]:
    name = posixpath.basename(path)
    text = raw.decode("utf-8", errors="replace")
    if name.endswith(".py"):
        return _imports(text)
    if name.endswith(".ipynb"):
        return _notebook(text)
    if name == "package.json":
        return _imported_as(_package_json(text), signs)
    if name == "pyproject.toml":
        return _imported_as(_pyproject(text), signs)
    return _imported_as(_lines(text), signs)


def _imports(text: str) -> Iterator[str]:
    """Modules that Python code imports, wherever in it; none where it is no Python of this version."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _notebook(text: str) -> Iterator[str]:
    try:
        cells = json.loads(text).get("cells") or ()
    except (ValueError, AttributeError):
        return
    for cell in cells if isinstance(cells, list) else ():
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source") or ""
            code = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield from _imports(
                "\n".join(line for line in code.splitlines() if not line.lstrip().startswith(("%", "!")))
            )


def _package_json(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except ValueError:
        return
    for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
        group = value.get(key) if isinstance(value, dict) else None
        yield from group if isinstance(group, dict) else ()


def _pyproject(text: str) -> Iterator[str]:
    try:
        value = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = value.get("project")
    if isinstance(project, dict):
        extras = project.get("optional-dependencies")
        groups = [project.get("dependencies"), *(extras.values() if isinstance(extras, dict) else ())]
        for group in groups:
            yield from _lines("\n".join(map(str, group))) if isinstance(group, list) else ()
    poetry = value.get("tool", {}).get("poetry", {}) if isinstance(value.get("tool"), dict) else {}
    needed = poetry.get("dependencies") if isinstance(poetry, dict) else None
    yield from needed if isinstance(needed, dict) else ()


def _lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        found = _REQUIREMENT.match(line)
        if found and not line.lstrip().startswith(("#", "--")):
            yield found[1]


def _imported_as(packages: Iterable[str], signs: AiSigns) -> Iterator[str]:
    """Names of packages as they are imported."""
    for package in packages:
        plain = package.lower() if package.startswith("@") else re.sub(r"[-_.]+", "-", package.lower())
        yield signs.distributions.get(plain, plain.replace("-", "_"))
