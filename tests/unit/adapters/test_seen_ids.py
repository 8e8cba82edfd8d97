"""The ids that a lake remembers: what was added is known, nothing else is, however the runs are merged."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.adapters import seen_ids
from careloop.adapters.seen_ids import SeenIds, runs_to_merge, write_run

KEYS = st.binary(min_size=16, max_size=16)
EDGES = st.sampled_from([bytes(16), b"\xff" * 16, b"\x80" + bytes(15), b"\x7f" + b"\xff" * 15])


@settings(max_examples=60)
@given(st.lists(st.sets(KEYS | EDGES, min_size=1, max_size=40), min_size=1, max_size=5), st.integers(1, 60), KEYS)
def test_a_run_holds_the_keys_of_all_that_were_merged_in_order(
    tmp_path_factory: pytest.TempPathFactory, groups: list[set[bytes]], at_once: int, other: bytes
) -> None:
    """Cut into few or many stretches, the file is what NumPy itself would have saved of the sorted keys."""
    folder = tmp_path_factory.mktemp("ids")
    runs: list[Path] = []
    with pytest.MonkeyPatch.context() as small:
        small.setattr(seen_ids, "_MERGED_AT_ONCE", at_once)
        for number, keys in enumerate(groups):
            path = folder / f"{number}.npy"
            merged = runs_to_merge(runs, len(keys))
            write_run(path, keys, merged)
            runs = [*runs[: len(runs) - len(merged)], path]
        whole = folder / "whole.npy"
        write_run(whole, [], runs)
    every = sorted(key for keys in groups for key in keys)
    saved = np.load(whole)
    assert saved[0].tolist() == [int.from_bytes(key[:8], "big") for key in every]
    assert sorted(zip(*saved.tolist(), strict=True)) == [
        (int.from_bytes(key[:8], "big"), int.from_bytes(key[8:], "big")) for key in every
    ]
    content = io.BytesIO()
    np.save(content, saved, allow_pickle=False)
    assert whole.read_bytes() == content.getvalue()
    for seen in (SeenIds(runs), SeenIds([whole])):
        assert seen.known([*every, other]) == {*every} | ({other} & {*every})
