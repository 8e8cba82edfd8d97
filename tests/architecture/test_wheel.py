"""What is installed elsewhere holds what the checkout holds: the package, its data and the example organisation."""

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder
from project_files import PACKAGE, ROOT, name_of, project_files


def test_the_wheel_carries_the_source_the_standards_and_the_examples(tmp_path: Path) -> None:
    project_files.cache_clear()
    wheel = next(iter(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])))
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if name.startswith("careloop/")}
    source = {name_of(path).removeprefix("src/") for path in project_files() if path.is_relative_to(PACKAGE)}
    examples = ROOT / "examples" / "acme"
    acme = {f"careloop/{name_of(path)}" for path in project_files() if path.is_relative_to(examples)}
    assert acme
    assert held == source | acme
