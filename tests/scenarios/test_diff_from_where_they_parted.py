"""R80: `BASE...HEAD` judges a branch by what it brings, whatever its base has taken in since."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

from care_rooms import FIRST_DAY, a_repository, care

from careloop.testing.source_tree_builder import edited, small_repository


def git(at: Path, *words: str) -> None:
    """Run git with no settings of this machine."""
    env = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(at)}
    subprocess.run(["git", "-C", str(at), *words], check=True, capture_output=True, env=env)


FINDER = "systems/book-finder/system.yaml"


def test_what_the_base_took_in_since_is_not_laid_at_the_branchs_door(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    git(shop.folder, "branch", "topic")
    broken = edited(small_repository(), FINDER, "owner: ai-lead", "owner: nobody")
    shop.write(FINDER, broken[FINDER])
    shop.commit(FIRST_DAY + timedelta(days=1))
    git(shop.folder, "checkout", "-q", "topic")
    shop.write(
        "policies/charter.md", small_repository()["policies/ai-policy.md"].replace(b"id: ai-policy", b"id: charter")
    )
    shop.commit(FIRST_DAY + timedelta(days=2))
    apart = care("check", "shop", "--diff", "main...topic", "--format", "json", at=tmp_path)
    assert apart.code in (0, 1)
    assert [one["rule"] for one in apart.answer["findings"] if one["file"] == FINDER and one["introduced"]] == []
    assert care("check", "shop", "--diff", "main...", "--format", "json", at=tmp_path).answer == apart.answer


def test_two_that_were_never_one_are_told_how_to_be_fetched(tmp_path: Path) -> None:
    shop = a_repository(tmp_path / "shop")
    git(shop.folder, "checkout", "-q", "--orphan", "elsewhere")
    shop.commit(FIRST_DAY + timedelta(days=1))
    said = care("check", "shop", "--diff", "main...HEAD", at=tmp_path)
    assert (said.code, "fetch-depth: 0" in said.err) == (2, True), said.err
    assert care("check", "shop", "--diff", "--output=x...HEAD", at=tmp_path).code == 2
