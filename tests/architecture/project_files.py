"""The project as the architecture tests see it: its own files, the parsed source, the settings."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

__all__ = [
    "PACKAGE",
    "ROOT",
    "VERIFIER",
    "layer_of",
    "layers",
    "modules",
    "name_of",
    "parsed",
    "project_files",
    "python_files",
    "settings",
    "verifier_modules",
    "verifier_settings",
]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "careloop"
VERIFIER = ROOT / "care-verify" / "src" / "care_verify"
"""The second distribution: what an auditor installs."""
_NOT_OURS = {".git", ".venv", ".cache", "__pycache__", "dist", "build", ".hypothesis", ".care"}


@cache
def settings() -> dict[str, Any]:
    """What pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@cache
def layers() -> tuple[str, ...]:
    """The stack of the import contract from the top down, planned layers in parentheses."""
    contracts = settings()["tool"]["importlinter"]["contracts"]
    return tuple(next(contract["layers"] for contract in contracts if contract["id"] == "layers"))


@cache
def project_files() -> tuple[Path, ...]:
    """Every file that is committed or could be: what git tracks and what it does not ignore."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0:
        found = [ROOT / name for name in listing.stdout.decode().split("\0") if name]
    else:
        found = [path for path in ROOT.rglob("*") if not _NOT_OURS.intersection(path.relative_to(ROOT).parts)]
    return tuple(sorted(path for path in found if path.is_file() and not path.is_symlink()))


def python_files(*folders: str) -> Iterator[Path]:
    """The Python files of some folders of the project."""
    roots = [ROOT / folder for folder in folders]
    for path in project_files():
        if path.suffix == ".py" and any(path.is_relative_to(root) for root in roots):
            yield path


def modules() -> tuple[Path, ...]:
    """Every module of the package."""
    return tuple(python_files("src/careloop"))


def verifier_modules() -> tuple[Path, ...]:
    """Every module of the auditor's verifier."""
    return tuple(python_files("care-verify/src/care_verify"))


@cache
def verifier_settings() -> dict[str, Any]:
    """What the pyproject.toml of the auditor's verifier says."""
    return tomllib.loads((ROOT / "care-verify" / "pyproject.toml").read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    """How a file is called in messages: its path from the project's root."""
    return path.relative_to(ROOT).as_posix()


def layer_of(path: Path) -> str:
    """The layer that a module of the package belongs to; empty for the package's own `__init__.py`."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py").replace("__init__", "")


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
