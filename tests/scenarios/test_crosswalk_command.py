"""`care crosswalk`, and ids without an edition: an error wherever one stands."""

from __future__ import annotations

from pathlib import Path

import pytest
from care_rooms import a_folder, care

from careloop.testing.source_tree_builder import Files, edited, small_repository, with_file


def test_both_ways_with_titles_and_the_source(tmp_path: Path) -> None:
    told = care("crosswalk", "nist-ai-rmf:1.0", "GOVERN 1.1", at=tmp_path)
    assert told.code == 0
    assert told.out.startswith("nist-ai-rmf:1.0 and iso42001:2023  (interpretive; not verified)\nGOVERN 1.1\n")
    assert "    iso42001:2023/4.1  Understanding the organization and its context" in told.out
    assert "source: NIST AI RMF to ISO/IEC FDIS 42001 crosswalk" in told.out
    back = care("crosswalk", "iso42001:2023", "A.9.3", "--format", "json", at=tmp_path).answer
    assert {one["to"] for one in back["crosswalks"]} == {"nist-ai-rmf:1.0", "eu-ai-act:2024-1689"}
    act = next(one for one in back["crosswalks"] if one["to"].startswith("eu"))
    assert act["pairs"] == [{"item": "iso42001:2023/A.9.3", "others": ["eu-ai-act:2024-1689/Art. 14"]}]
    assert act["nature"] == "interpretive"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nist-ai-rmf"], "has no edition\n  next: write it like nist-ai-rmf:1.0"),
        (["nist-ai-rmf:9.9"], "there is no crosswalk of 'nist-ai-rmf:9.9'"),
        (["iso42001:2023", "A.99"], "speaks about 'A.99'"),
    ],
)
def test_what_is_not_there_is_told(tmp_path: Path, words: list[str], says: str) -> None:
    told = care("crosswalk", *words, at=tmp_path)
    assert (told.code, says in told.err) == (2, True), told.err


@pytest.mark.parametrize(
    ("files", "file"),
    [
        (edited(small_repository(), "care.yaml", "iso42001:2023", "iso42001"), "care.yaml"),
        (edited(small_repository(), "rules/shop.yaml", "iso42001:2023/", "iso42001/"), "rules/shop.yaml"),
        (
            edited(
                small_repository(),
                "risk/register/odd-advice.yaml",
                "{option: retain,",
                "{credits: [{control: iso42001/A.2.2}], option: modify,",
            ),
            "risk/register/odd-advice.yaml",
        ),
        (
            with_file(
                small_repository(),
                "controls.yaml",
                "owner: ai-lead\ndecisions:\n  - {control: iso42001/A.2.2, applicable: true, ground: risk, "
                "justification: It is so., owner: ai-lead}\n",
            ),
            "controls.yaml",
        ),
    ],
    ids=["frameworks", "rules", "risks", "controls"],
)
def test_an_id_without_an_edition_is_an_error_wherever_it_stands(tmp_path: Path, files: Files, file: str) -> None:
    a_folder(tmp_path / "shop", files)
    answer = care("check", "shop", "--format", "json", at=tmp_path).answer
    assert [(one["rule"], one["file"]) for one in answer["errors"]] == [("unversioned-id", file)]
