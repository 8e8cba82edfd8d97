"""The tree is that of RFC 6962: held against its published roots and against its definition, written naively."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Nodes,
    consistency_proof,
    grown_nodes,
    inclusion_proof,
    leaf_hash,
    new_nodes,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

BODIES = [f"entry {n}".encode() for n in range(64)]
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(bodies: list[bytes]) -> bytes:
    if not bodies:
        return sha256(b"").digest()
    if len(bodies) == 1:
        return sha256(b"\0" + bodies[0]).digest()
    k = naive_split(len(bodies))
    return sha256(b"\1" + naive_root(bodies[:k]) + naive_root(bodies[k:])).digest()


def naive_path(index: int, bodies: list[bytes]) -> list[bytes]:
    if len(bodies) == 1:
        return []
    k = naive_split(len(bodies))
    if index < k:
        return [*naive_path(index, bodies[:k]), naive_root(bodies[k:])]
    return [*naive_path(index - k, bodies[k:]), naive_root(bodies[:k])]


def naive_subproof(old: int, bodies: list[bytes], *, whole: bool) -> list[bytes]:
    if old == len(bodies):
        return [] if whole else [naive_root(bodies)]
    k = naive_split(len(bodies))
    if old <= k:
        return [*naive_subproof(old, bodies[:k], whole=whole), naive_root(bodies[k:])]
    return [*naive_subproof(old - k, bodies[k:], whole=False), naive_root(bodies[:k])]


def a_tree(bodies: list[bytes]) -> Nodes:
    kept: dict[tuple[int, int], bytes] = {}
    for size, body in enumerate(bodies):
        for level, position, found in new_nodes(size, leaf_hash(body), lambda level, at: kept[level, at]):
            assert (level, position) not in kept
            kept[level, position] = found
    return lambda level, position: kept[level, position]


TREE = a_tree(BODIES)


def test_roots_are_those_published_with_certificate_transparency() -> None:
    bodies = [bytes.fromhex(leaf) for leaf in CT_LEAVES]
    tree = a_tree(bodies)
    assert [tree_root(size, tree).hex() for size in range(1, 9)] == CT_ROOTS


def test_roots_follow_the_definition_at_every_size() -> None:
    frontier = Frontier()
    assert frontier.root() == EMPTY_ROOT == tree_root(0, TREE) == naive_root([])
    for size, body in enumerate(BODIES, start=1):
        frontier.add(leaf_hash(body))
        assert tree_root(size, TREE) == naive_root(BODIES[:size]) == frontier.root()
        assert frontier.size == size


def test_every_inclusion_proof_up_to_64_follows_the_definition_and_verifies() -> None:
    for size in range(1, 65):
        root = naive_root(BODIES[:size])
        for index in range(size):
            path = inclusion_proof(index, size, TREE)
            assert list(path) == naive_path(index, BODIES[:size])
            assert verify_inclusion(leaf_hash(BODIES[index]), index, size, path, root=root)


def test_every_consistency_proof_up_to_64_follows_the_definition_and_verifies() -> None:
    roots = [naive_root(BODIES[:size]) for size in range(65)]
    for new in range(65):
        for old in range(new + 1):
            path = consistency_proof(old, new, TREE)
            if old:
                assert list(path) == naive_subproof(old, BODIES[:new], whole=True)
            assert verify_consistency(old, new, path, old_root=roots[old], new_root=roots[new])


@given(st.data())
def test_a_proof_with_anything_changed_does_not_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 64))
    index = data.draw(st.integers(0, size - 1))
    root, leaf = naive_root(BODIES[:size]), leaf_hash(BODIES[index])
    path = list(inclusion_proof(index, size, TREE))
    other = data.draw(st.integers(-2, 70).filter(lambda n: n != index))
    assert not verify_inclusion(leaf, other, size, path, root=root)
    assert not verify_inclusion(leaf_hash(b"forged"), index, size, path, root=root)
    assert not verify_inclusion(leaf, index, size, [*path, bytes(32)], root=root)
    assert not verify_inclusion(leaf, index, size, path, root=bytes(32))
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        assert not verify_inclusion(leaf, index, size, path[:at] + path[at + 1 :], root=root)
        assert not verify_inclusion(leaf, index, size, [*path[:at], bytes(32), *path[at + 1 :]], root=root)


@given(st.data())
def test_a_forked_tree_is_not_a_continuation(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 64))
    old = data.draw(st.integers(1, new - 1))
    at = data.draw(st.integers(0, old - 1))
    forked = [*BODIES[:at], b"forged", *BODIES[at + 1 : new]]
    old_root, new_root = naive_root(BODIES[:old]), naive_root(forked)
    for path in (consistency_proof(old, new, TREE), consistency_proof(old, new, a_tree(forked))):
        assert not verify_consistency(old, new, path, old_root=old_root, new_root=new_root)
    honest, true_root = list(consistency_proof(old, new, TREE)), naive_root(BODIES[:new])
    assert not verify_consistency(old, new, [*honest, bytes(32)], old_root=old_root, new_root=true_root)
    assert not verify_consistency(old, new, honest[:-1], old_root=old_root, new_root=true_root)
    assert not verify_consistency(new, old, honest, old_root=true_root, new_root=old_root)


def test_the_ends_of_consistency_need_the_right_roots() -> None:
    root = naive_root(BODIES[:5])
    assert verify_consistency(0, 5, (), old_root=EMPTY_ROOT, new_root=root)
    assert not verify_consistency(0, 5, (), old_root=bytes(32), new_root=root)
    assert not verify_consistency(5, 5, (), old_root=bytes(32), new_root=root)
    assert not verify_consistency(5, 5, (root,), old_root=root, new_root=root)


def test_proofs_outside_the_tree_cannot_be_asked_for() -> None:
    for index, size in ((-1, 4), (4, 4), (0, 0)):
        with pytest.raises(ValueError, match="not in a tree"):
            inclusion_proof(index, size, TREE)
    for old, new in ((-1, 4), (5, 4)):
        with pytest.raises(ValueError, match="cannot continue"):
            consistency_proof(old, new, TREE)


def test_an_independent_implementation_builds_the_same_tree() -> None:
    pymerkle = pytest.importorskip("pymerkle", reason="a second implementation, used only as a witness in tests")
    second = pymerkle.InmemoryTree(algorithm="sha256")
    for size, body in enumerate(BODIES, start=1):
        second.append_entry(body)
        assert second.get_root() == tree_root(size, TREE)


@given(st.integers(0, 63), st.integers(0, 64))
def test_a_batch_makes_the_same_hashes_as_its_leaves_one_by_one(size: int, more: int) -> None:
    leaves = [leaf_hash(body) for body in BODIES[size : size + more]]
    one_by_one = {node for at, leaf in enumerate(leaves, size) for node in new_nodes(at, leaf, TREE)}
    made = grown_nodes(size, leaves, TREE)
    assert set(made) == one_by_one
    assert len(made) == len(one_by_one)
