"""R83: people in lists are named by pseudonyms under a key that stays on the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from careloop.adapters.pseudonyms import pseudonyms
from careloop.errors import Refused


def test_the_same_person_has_the_same_pseudonym_here_and_another_elsewhere(tmp_path: Path) -> None:
    here, again, there = (pseudonyms(tmp_path / name) for name in ("a/key", "a/key", "b/key"))
    assert here("shopper-1") == again("shopper-1")
    assert len({here("shopper-1"), here("shopper-2"), there("shopper-1")}) == 3


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    pseudonyms(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(Refused, match="can be read by others"):
        pseudonyms(tmp_path / "key")


@pytest.mark.parametrize("damage", ["", "abcd", "no hex at all"])
def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path, damage: str) -> None:
    pseudonyms(tmp_path / "key")
    (tmp_path / "key").write_text(damage)
    with pytest.raises(Refused, match="is no key of pseudonyms"):
        pseudonyms(tmp_path / "key")
    assert (tmp_path / "key").read_text() == damage
