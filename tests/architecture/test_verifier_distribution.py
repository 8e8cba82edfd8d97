"""The auditor's verifier is a distribution of its own: small, alone, licensed alike, and a wheel of all its source."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder
from project_files import ROOT, VERIFIER, name_of, parsed, settings, verifier_modules, verifier_settings

FOLDER = ROOT / "care-verify"
MOST_LINES = 1_400
"""So that an auditor can read all of it in an afternoon."""


def _imported() -> set[str]:
    found: set[str] = set()
    for path in verifier_modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    return found


def test_it_rests_on_the_standard_library_and_cryptography_and_on_nothing_else() -> None:
    assert _imported() - sys.stdlib_module_names == {"care_verify", "cryptography"}
    assert verifier_settings()["project"]["dependencies"] == ["cryptography>=46"]


def test_it_can_be_read_in_an_afternoon() -> None:
    assert sum(len(path.read_text(encoding="utf-8").splitlines()) for path in verifier_modules()) <= MOST_LINES


def test_it_has_the_licence_and_python_of_careloop() -> None:
    own, ours = verifier_settings()["project"], settings()["project"]
    assert (own["license"], own["requires-python"]) == (ours["license"], ours["requires-python"])
    assert (FOLDER / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_its_wheel_carries_its_source_and_nothing_else(tmp_path: Path) -> None:
    wheel = next(iter(WheelBuilder(str(FOLDER)).build(directory=str(tmp_path), versions=["standard"])))
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    source = {name_of(path).removeprefix("care-verify/src/") for path in VERIFIER.rglob("*") if path.suffix != ".pyc"}
    assert held == {name for name in source if (FOLDER / "src" / name).is_file()}


def test_it_runs_where_careloop_is_not_installed(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(VERIFIER.parent)!r}); sys.modules['careloop'] = None\n"
        "from care_verify.command import main; sys.exit(main(['no such file']))"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (2, "error: no such file cannot be read: No such file or directory\n")


def test_only_its_command_catches_everything() -> None:
    broad = [
        path.name
        for path in verifier_modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ExceptHandler) and node.type and ast.unparse(node.type) == "Exception"
    ]
    assert broad == ["command.py"]
