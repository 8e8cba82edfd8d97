"""The outcome of a check, as lines for people and as JSON for machines."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from care_verify import __version__
from care_verify.findings import Outcome, State, Verdict

__all__ = ["as_json", "as_lines"]

_PROVEN = (State.PROVEN, State.REDACTED)


def as_json(found: Outcome) -> dict[str, Any]:
    """The whole outcome; `root` in hex, every record with its state."""
    checkpoint = found.checkpoint
    return {
        "schema": "careloop/export-verify/v1",
        "care_verify_version": __version__,
        "verdict": found.headline,
        "sound": found.sound,
        "trusted": found.trusted,
        "origin": found.origin,
        "key": found.key,
        "size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "states": {state.value: sum(one.state is state for one in found.records) for state in State},
        "records": [
            {"index": one.index, "id": one.id, "type": one.type, "state": one.state.value}
            | ({"because": one.because} if one.because else {})
            for one in found.records
        ],
        "problems": [{"kind": one.kind.value, "about": one.about} for one in found.problems],
        "attestations": {"signed": found.attestations, "by_unknown_keys": list(found.foreign)},
        "timestamps": found.timestamps,
        "not_covered": ["README.txt"],
        "witnesses": [{"name": name, "time": _instant(time)} for name, time in found.witnesses],
    }


def as_lines(found: Outcome, *, every_record: bool = False) -> Iterator[str]:
    """The verdict first, then every problem and every record that is not simply proven."""
    counts = Counter(one.state for one in found.records)
    proven = counts[State.PROVEN] + counts[State.REDACTED]
    if found.sound:
        whole = f"all {proven:,} records of {found.origin} are proven" if proven else f"{found.origin} has no records"
        yield f"{found.headline}: {whole}"
    else:
        said = ", ".join(f"{counts[state]:,} {state.value}" for state in State if counts[state])
        yield f"not sound: {said or 'no records'}; {_count(len(found.problems), 'problem')}"
    if found.checkpoint:
        yield f"  root {found.checkpoint.root.hex()}"
    yield from (f"  {one.kind.value.replace('_', ' ')}: {one.about}" for one in found.problems)
    yield from (_record(one) for one in found.records if every_record or one.state not in _PROVEN)
    if counts[State.REDACTED] and not every_record:
        yield f"  {_count(counts[State.REDACTED], 'record')} redacted: proven, with values withheld or erased"
    if found.attestations:
        yield f"  {_count(found.attestations, 'attestation')} signed by keys that the log names"
    if found.foreign:
        yield f"  {_count(len(found.foreign), 'attestation')} by keys that the log does not name: not checked"
    if found.timestamps:
        stamps = _count(found.timestamps, "time stamp")
        yield f"  {stamps} over checkpoints of this log; `openssl ts -verify` checks the authority (README.txt)"
    yield from (f"  cosigned by {name} at {_instant(time)}" for name, time in found.witnesses)
    if found.sound and not found.trusted:
        yield f"  the key in the export is {found.key}"
        yield "  compare it with one you got by another way, or give that one: --trust KEY"


def _record(one: Verdict) -> str:
    name = f"  {one.type} {one.id}" if one.id else ""
    return f"  record {one.index}: {one.state.value}{name}" + (f" ({one.because})" if one.because else "")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
