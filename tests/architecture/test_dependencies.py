"""The package declares exactly what it imports, and a core install runs without any extra."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions

from project_files import layer_of, modules, parsed, settings

DATA_ONLY = {"tzdata": "zoneinfo"}
"""Distributions that are data for a module of the standard library, which the package must then import."""
OWN_NAMES = {"google": "protobuf"}
"""Top-level names that several distributions share, and the one that is meant."""


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=!~;\[ ]", text, maxsplit=1)[0].lower().replace("_", "-") for text in requirements}


APART = {"py4j", "pyspark"}
"""Libraries that are kept outside of `.venv` for their size (tools/fetch_spark.py)."""

IF_INSTALLED = {"pandas"}
"""Libraries that a user's own model may bring along; nothing of ours needs them."""

_BY_NAME = {"import_module", "_library"}
"""Functions that import what their text argument names, so that a library is loaded only when it is used."""

CORE = _names(settings()["project"]["dependencies"])
EXTRAS = {name for rows in settings()["project"]["optional-dependencies"].values() for name in _names(rows)}


def _imported() -> dict[str, set[str]]:
    """Top-level names of what is imported, each with the layers that import it."""
    found: dict[str, set[str]] = {}
    for path in modules():
        for node in ast.walk(parsed(path)):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in _BY_NAME:
                names = [str(word.value) for word in node.args if isinstance(word, ast.Constant)]
            for name in names:
                found.setdefault(name.partition(".")[0], set()).add(layer_of(path))
    return found


def _distribution(module: str) -> str:
    owners = [module] if module in APART else packages_distributions()[module]
    return OWN_NAMES.get(module, owners[0]).lower().replace("_", "-")


def test_what_is_declared_is_what_is_imported() -> None:
    imported = _imported()
    ours = sys.stdlib_module_names | {"careloop", *IF_INSTALLED}
    outside = {name for name in imported if name not in ours}
    needed_for_data = {name for name, module in DATA_ONLY.items() if module in imported}
    assert {_distribution(name) for name in outside} | needed_for_data == CORE | EXTRAS


def test_extras_are_imported_by_adapters_by_the_pages_and_by_commands_only() -> None:
    """The demonstration trains models, as an application would; `care serve` starts the server."""
    outside = {
        name: by for name, by in _imported().items() if name not in sys.stdlib_module_names and name != "careloop"
    }
    of_extras = {name: by for name, by in outside.items() if name not in IF_INSTALLED and _distribution(name) in EXTRAS}
    assert {name: by for name, by in of_extras.items() if not by <= {"adapters", "cli", "web"}} == {}


def test_the_command_loads_without_any_extra() -> None:
    names = sorted(name for name, owners in packages_distributions().items() if {o.lower() for o in owners} & EXTRAS)
    program = (
        "import importlib, sys\n"
        f"sys.modules.update(dict.fromkeys({names!r}))\n"
        "from careloop.cli.main import COMMANDS\n"
        "for name in COMMANDS: importlib.import_module('careloop.cli.' + name.replace('-', '_'))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert names
    assert run.returncode == 0, run.stderr
