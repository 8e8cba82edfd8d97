"""An example in a docstring prints what it says."""

import doctest
import importlib
from pathlib import Path

import pytest
from project_files import modules, name_of, verifier_modules

WITH_EXAMPLES = [path for path in (*modules(), *verifier_modules()) if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=name_of)
def test_an_example_prints_what_it_says(path: Path) -> None:
    module = importlib.import_module(".".join(name_of(path).rpartition("src/")[2].removesuffix(".py").split("/")))
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.attempted > 0
    assert result.failed == 0
