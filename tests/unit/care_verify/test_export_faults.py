"""No byte of an export can be changed, and none cut off, without the verifier saying so (R10, R51).

A forger who mends the list of digests gets no further: what the log's signature covers he cannot mend. An everyday run
takes each byte of a small export; `make torture` each byte of one with every kind of content.
"""

import random
from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest
from export_rooms import NAME, a_ledger, a_rich_ledger, a_rotated_export, changed, exported
from hypothesis import settings

from care_verify.container import open_container, written_again
from care_verify.decoding import Malformed
from care_verify.export import verify_export
from care_verify.notes import Key, read_key

EFFORT = settings().max_examples
"""50 on an everyday run, 2,000 in `make torture`."""
TORTURE = EFFORT > 1_000
NOT_SIGNED = {"README.txt", "SHA256SUMS"}
"""What the log's signature does not cover; the list of digests covers the letter."""


@cache
def exports() -> dict[str, tuple[bytes, Key]]:
    """Name of an export -> its bytes and the key to trust."""
    key = read_key(a_ledger(1).key)
    small = {"two records": (exported(a_ledger(2)), key)}
    large = {"every kind": (exported(a_rich_ledger(), NAME), key), "a new key": (a_rotated_export(), key)}
    return small | large if TORTURE else small


def places(length: int, *, share: int = 1) -> Iterator[int]:
    """Every offset in torture, else one in `share`."""
    return iter(range(0, length, 1 if TORTURE else share))


def outcome(archive: bytes, key: Key) -> str:
    """`sound` is what must never be."""
    try:
        return "sound" if verify_export(archive, trust=key).sound else "told"
    except Malformed:
        return "unreadable"


def test_the_exports_are_sound_before_they_are_spoilt() -> None:
    assert {name: outcome(archive, key) for name, (archive, key) in exports().items()} == dict.fromkeys(
        exports(), "sound"
    )


def test_every_flipped_byte_of_the_container_is_refused() -> None:
    dice = random.Random(7)
    for name, (archive, key) in exports().items():
        seen: Counter[str] = Counter()
        for at in range(len(archive)):
            spoilt = archive[:at] + bytes([archive[at] ^ dice.randrange(1, 256)]) + archive[at + 1 :]
            seen[outcome(spoilt, key)] += 1
        assert seen["sound"] == 0, name
        assert seen["told"] > 1_000


def test_every_length_that_is_cut_off_is_refused() -> None:
    for name, (archive, key) in exports().items():
        seen = Counter(outcome(archive[:length], key) for length in range(len(archive)))
        assert seen["sound"] == 0, name
        assert seen.total() == len(archive)


@pytest.mark.parametrize("mended", [False, True], ids=["as it is", "with a list of digests that fits"])
def test_every_flipped_byte_of_the_contents_is_refused(mended: bool) -> None:
    dice = random.Random(8)
    for name, (archive, key) in exports().items():
        passed: list[tuple[str, int]] = []
        tried = 0
        for member, content in open_container(archive).items():
            assert content is not None
            if mended and member in NOT_SIGNED:
                continue
            for at in places(len(content), share=7):
                spoilt = content[:at] + bytes([content[at] ^ dice.randrange(1, 256)]) + content[at + 1 :]
                tried += 1
                if outcome(changed(archive, {member: spoilt}, sums=mended), key) == "sound":
                    passed.append((member, at))
        assert passed == [], name
        assert tried > 100


@pytest.mark.parametrize("mended", [False, True], ids=["as it is", "with a list of digests that fits"])
def test_every_file_cut_off_anywhere_is_refused(mended: bool) -> None:
    for name, (archive, key) in exports().items():
        passed = []
        for member, content in open_container(archive).items():
            assert content is not None
            if mended and member in NOT_SIGNED:
                continue
            passed += [
                (member, length)
                for length in places(len(content), share=11)
                if outcome(changed(archive, {member: content[:length]}, sums=mended), key) == "sound"
            ]
        assert passed == [], name


def test_every_file_that_is_gone_or_doubled_is_refused() -> None:
    for archive, key in exports().values():
        members = open_container(archive)
        for member in members:
            assert outcome(changed(archive, {member: None}, sums=member != "SHA256SUMS"), key) != "sound"
            assert outcome(changed(archive, {f"{member}.bak": members[member] or b""}), key) != "sound"
        assert written_again(members) == archive
