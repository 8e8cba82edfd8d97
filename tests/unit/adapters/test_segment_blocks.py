"""Blocks of segments: what may hold events of a system is read, and little else."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from careloop.adapters.segment_blocks import BLOCK_BYTES, SegmentBlocks

FILES = (Path("a"), Path("b"))
FRAMES = st.lists(
    st.tuples(
        st.booleans(),  # begins another file
        st.integers(1, 2 * BLOCK_BYTES),  # bytes
        st.sets(st.sampled_from(["credit", "shop", "claims"]), max_size=2),  # whose events; none is an empty frame
        st.booleans(),  # told
    ),
    max_size=30,
)


@given(FRAMES, st.integers(0, 40), st.sampled_from(["credit", "shop"]))
def test_every_frame_that_may_matter_is_read_and_no_block_that_is_known_not_to(
    frames: list[tuple[bool, int, set[str], bool]], after: int, system: str
) -> None:
    blocks, seq, number, place = SegmentBlocks(), 1, 0, 0
    laid: list[tuple[Path, int, int, int, set[str]]] = []
    told: list[tuple[int, set[str]]] = []
    for another, size, systems, tell in frames:
        if another and number == 0 and place:
            number, place = 1, 0
        blocks.add(FILES[number], seq, place, empty=not systems)
        laid.append((FILES[number], seq, place, place + size, systems))
        if systems and tell:
            told.append((seq, systems))
        place += size
        seq += 2 if systems else 0
    for first, systems in reversed(told):
        blocks.tell(first, systems)
    for path in FILES:
        ours = [each for each in laid if each[0] == path]
        size = max((end for *_, end, _ in ours), default=0)
        stretches = blocks.stretches(path, size, seq=after, system=system)
        assert stretches == sorted(stretches)
        assert all(first < last for first, last in stretches)
        begins = {place for _, _, place, _, _ in ours} | {size}
        assert all({*stretch} <= begins for stretch in stretches), "frames begin at both ends"
        for _, seq, begin, end, systems in ours:
            if seq + 1 >= after and system in systems:
                assert any(first <= begin and end <= last for first, last in stretches)


def test_a_block_of_others_is_passed_over_once_all_of_it_is_told() -> None:
    blocks = SegmentBlocks()
    for number, system in enumerate(["credit", "shop", "shop", "credit"]):
        blocks.add(FILES[0], 1 + number, number * BLOCK_BYTES, empty=False)
        if number != 2:
            blocks.tell(1 + number, {system})
    size = 4 * BLOCK_BYTES
    assert blocks.stretches(FILES[0], size, seq=1, system="shop") == [(BLOCK_BYTES, 3 * BLOCK_BYTES)]
    assert blocks.stretches(FILES[0], size, seq=1, system="credit") == [(0, BLOCK_BYTES), (2 * BLOCK_BYTES, size)]
    blocks.tell(3, {"shop"})
    assert blocks.stretches(FILES[0], size, seq=1, system="credit") == [(0, BLOCK_BYTES), (3 * BLOCK_BYTES, size)]
    assert blocks.stretches(FILES[0], size, seq=4, system="claims") == []
    blocks.keep([])
    assert blocks.stretches(FILES[0], size, seq=1, system="claims") == [(0, size)]
