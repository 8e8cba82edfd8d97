"""The keys of a log over time: each change is recorded in the log and signed by the old key and the new one.

Whoever trusts any key of the chain can follow it to the newest. A recorded fork breaks the chain: what was lost was
signed by a key that vouches for nothing after it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from care_verify.container import Members
from care_verify.decoding import Malformed
from care_verify.findings import Problem, ProblemKind
from care_verify.notes import Key, read_checkpoint, read_key, read_note
from care_verify.records import Facts, Record

__all__ = ["KEY", "follow_keys", "key_changes", "rotation_name"]

KEY: Final = "ledger.pub"
_CHANGES: Final = ("ledger.forked", "ledger.key_rotated")


def rotation_name(size: int) -> str:
    """Where the checkpoint stands that both keys signed when the log had `size` records."""
    return f"rotations/{size:012d}"


def key_changes(facts: Facts) -> list[int]:
    """Sizes of the log at which its key was changed."""
    return [record.index + 1 for record in facts.of_type("ledger.key_rotated")]


def follow_keys(
    members: Members, facts: Facts, newest: Key, roots: Mapping[int, bytes]
) -> tuple[list[Key], list[Problem]]:
    """The keys that lead to the newest, oldest first, and where the chain does not hold; `roots` are by size."""
    chain: list[Key] = []
    problems: list[Problem] = []
    expected = set(map(rotation_name, key_changes(facts)))
    found = {name for name in members if name.startswith("rotations/")}
    problems += [Problem(ProblemKind.KEY_CHAIN_BROKEN, name) for name in sorted(found ^ expected)]
    for record in facts.told:
        if record.type not in _CHANGES:
            continue
        try:
            old, new = read_key(str(record.data.get("from"))), read_key(str(record.data.get("to")))
            if record.type == "ledger.forked":
                chain = [new]
                continue
            _check_rotation(members, record, (old, new), roots)
            if chain and chain[-1] != old:
                raise Malformed(f"record {record.index} changes from a key that was not the log's")
        except Malformed as error:
            problems.append(Problem(ProblemKind.KEY_CHAIN_BROKEN, str(error)))
            chain = []
            continue
        chain = [*(chain or [old]), new]
    if chain and chain[-1] != newest:
        problems.append(Problem(ProblemKind.KEY_CHAIN_BROKEN, f"{KEY} is not the key that the records lead to"))
        chain = []
    return chain or [newest], problems


def _check_rotation(members: Members, record: Record, keys: Sequence[Key], roots: Mapping[int, bytes]) -> None:
    size = record.index + 1
    name = rotation_name(size)
    note = read_note(members.get(name) or b"")
    said = read_checkpoint(note)
    if not all(note.signed_by(key) for key in keys):
        raise Malformed(f"{name} is not signed by both keys")
    if (said.size, said.root, said.origin) != (size, roots.get(size), keys[0].name) or keys[1].name != keys[0].name:
        raise Malformed(f"{name} is not of this log at that size")
