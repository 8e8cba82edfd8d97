"""R23: CODEOWNERS is read as GitHub reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.codeowners import owners_of, path_matches, read_codeowners

PARTS = st.lists(st.text("ab.*", min_size=1, max_size=3).filter(lambda part: part != "**"), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("*", "a/b.md", True),
        ("*.md", "a/b.md", True),
        ("*.md", "a/b.mdx", False),
        ("/policies/", "policies/a.md", True),
        ("/policies/", "x/policies/a.md", False),
        ("policies/", "x/policies/a.md", True),
        ("policies", "policies", True),
        ("policies", "x/policies/deep/a.md", True),
        ("systems/credit", "systems/credit/card.md", True),
        ("systems/credit", "x/systems/credit/card.md", False),
        ("systems/*/card.md", "systems/credit/card.md", True),
        ("systems/*/card.md", "systems/a/b/card.md", False),
        ("docs/*", "docs/a.md", True),
        ("docs/*", "docs/a/b.md", False),
        ("docs/**", "docs/a/b.md", True),
        ("**/card.md", "card.md", True),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("a.c", "abc", False),
        ("my\\ file.md", "my file.md", True),
        ("/care.yaml", "care.yaml", True),
        ("/care.yaml", "x/care.yaml", False),
    ],
)
def test_a_pattern_speaks_about_the_paths_that_github_says(pattern: str, path: str, matches: bool) -> None:
    assert path_matches(pattern, path) is matches


def test_the_last_line_that_matches_decides_and_may_name_nobody() -> None:
    lines = read_codeowners("* @all\n\n# comment\n/rules/ @model-risk # why\n/rules/draft.yaml\n!/x @no\n[Part] @no\n")
    assert [line.line for line in lines] == [1, 4, 5]
    decided = {path: owners_of(path, lines) for path in ("a.md", "rules/a.yaml", "rules/draft.yaml")}
    assert {path: line.owners for path, line in decided.items() if line} == {
        "a.md": ("@all",),
        "rules/a.yaml": ("@model-risk",),
        "rules/draft.yaml": (),
    }


@given(PARTS)
def test_a_path_written_out_is_matched_by_itself_and_owns_what_is_below(parts: list[str]) -> None:
    path = "/".join(part.replace("*", "x") for part in parts)
    assert path_matches(f"/{path}", path)
    assert path_matches(f"/{path}", f"{path}/below")
    assert not path_matches(f"/{path}", f"above/{path}")
