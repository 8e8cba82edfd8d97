"""The stack of ARCHITECTURE.md holds: who may import whom, and what the inside may not touch."""

import re
import subprocess
import sys
from typing import Any

from importlinter.cli import lint_imports
from project_files import PACKAGE, ROOT, layers, settings

LAYERS = [name for layer in layers() for name in layer.split(" | ")]


def _contract(name: str) -> dict[str, Any]:
    contracts: list[dict[str, Any]] = settings()["tool"]["importlinter"]["contracts"]
    return next(contract for contract in contracts if contract["id"] == name)


def _exists(name: str) -> bool:
    return (PACKAGE / name / "__init__.py").is_file() or (PACKAGE / f"{name}.py").is_file()


def _below(top: str) -> set[str]:
    rank = next(position for position, layer in enumerate(layers()) if top in layer.split(" | "))
    return {f"careloop.{name}" for layer in layers()[rank + 1 :] for name in layer.split(" | ") if _exists(name)}


def test_every_import_of_the_package_keeps_the_contract() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=False) == 0


def test_the_layers_are_exhaustive() -> None:
    contract = _contract("layers")
    assert contract["exhaustive"] is True
    assert "ignore_imports" not in contract
    assert "exhaustive_ignores" not in contract


def test_a_layer_stands_in_parentheses_exactly_while_it_does_not_exist() -> None:
    wrong = [name for name in LAYERS if name.startswith("(") is _exists(re.sub(r"[()]", "", name))]
    assert wrong == []


def test_all_phases_of_the_loop_are_independent() -> None:
    phases = {f"careloop.workflows.{path.parent.name}" for path in (PACKAGE / "workflows").glob("*/__init__.py")}
    assert phases == set(_contract("phases")["modules"])


def test_everything_below_workflows_is_kept_from_the_outside_world() -> None:
    assert set(_contract("inside")["source_modules"]) == _below("workflows")


def test_only_the_composition_roots_import_adapters() -> None:
    roots = {f"careloop.{name}" for name in ("wiring", "sdk") if _exists(name)}
    assert set(_contract("adapters")["allowed_importers"]) == roots


def test_the_map_shows_the_tree_that_the_contract_and_the_docstrings_print() -> None:
    printed = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "print_tree.py")], capture_output=True, text=True, check=True
    ).stdout
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    shown = text.partition("<!-- tree: printed by `make tree` -->\n")[2].partition("<!-- end of tree -->")[0]
    assert shown == printed, "run `make tree`"


def test_every_package_says_what_it_is_for() -> None:
    silent = [
        path.parent.name for path in PACKAGE.rglob("__init__.py") if '"""' not in path.read_text(encoding="utf-8")
    ]
    assert silent == []
    assert {path.parent for path in PACKAGE.rglob("*.py")} == {path.parent for path in PACKAGE.rglob("__init__.py")}
