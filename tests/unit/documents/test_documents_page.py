"""The page that lists the kinds of documents lists exactly those that are read."""

import re
from pathlib import Path

from careloop.documents.layout import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "documents.md"


def test_the_page_names_every_kind_with_its_path_and_no_other() -> None:
    rows = re.findall(r"^\| ([a-z]+) \| `([^`]+)` \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted((name, path) for name, path, _ in rows) == sorted((kind.name, kind.pattern) for kind in KINDS)
    assert all(len(said) > 10 for _, _, said in rows)
