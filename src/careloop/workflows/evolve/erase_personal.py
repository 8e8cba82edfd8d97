"""`care ledger redact`, `hold` and `retain`: personal values beside the log are erased, by request or by their time.

An erasure is recorded before the value goes, so that a crash between the two leaves a value that is to go, never one
that went without a trace; repeating finishes it. A legal hold stops both. Source: LEDGER 9.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from heapq import merge

from careloop.errors import InvalidInput, NotFound, Refused
from careloop.ledger.disclosure import Disclosure, redactable
from careloop.ledger.retention import Hold, erased_fields, holding, holds_in_force, overdue, still_committed
from careloop.ports.ledger import Entry, Json, Ledger, Receipt, Record
from careloop.ports.personal_values import PersonalValues
from careloop.workflows.evolve.ledger_clerk import LedgerClerk

__all__ = [
    "Erasure",
    "append_personal",
    "holds_of",
    "place_hold",
    "redact",
    "release_hold",
    "retain",
    "values_to_show",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased of one entry, or why it was not."""

    index: int
    fields: tuple[str, ...]
    held_by: Hold | None
    receipt: Receipt | None
    """None when a hold stopped it, or in a rehearsal."""


def append_personal(
    clerk: LedgerClerk, values: PersonalValues, record: Record, disclosures: Sequence[Disclosure]
) -> Receipt:
    """Record something with personal values beside it: the values first, so that no record lacks what it commits to."""
    lines = [one.line for one in disclosures]
    committed = replace(record, redactable={**record.redactable, **redactable(disclosures)})
    values.keep(lines)
    return clerk.append(committed)


def redact(clerk: LedgerClerk, values: PersonalValues, index: int, fields: Sequence[str], *, reason: str) -> Erasure:
    """Erase personal values of one entry, all of them when no field is named.

    Raises `NotFound` for an unknown entry, `InvalidInput` for a field that is not personal, `Refused` under a hold.
    """
    entry = clerk.ledger.entry(index)
    named = tuple(fields) or tuple(sorted(entry.record.redactable))
    if not reason.strip():
        raise InvalidInput("an erasure needs a reason")
    if not named:
        raise InvalidInput(f"entry {index} has no personal values")
    if unknown := sorted(set(named) - entry.record.redactable.keys()):
        known = ", ".join(sorted(entry.record.redactable)) or "none"
        raise InvalidInput(f"entry {index}: {', '.join(unknown)}: not a personal field; it has {known}")
    hold = holding(entry, holds_of(clerk.ledger))
    if hold is not None:
        raise Refused(
            f"entry {index} is under the legal hold {hold.id} ({hold.reason})",
            hint="Release the hold first: `care ledger hold --release ID --reason TEXT`.",
        )
    return _erase(clerk, values, entry, named, reason=reason)


def retain(
    clerk: LedgerClerk, values: PersonalValues, *, keep: Mapping[str, timedelta], rehearse: bool = False
) -> tuple[Erasure, ...]:
    """Erase what is past the time that its type is kept; what is held stays and is named."""
    ledger = clerk.ledger
    size = ledger.size()
    erased, holds = erased_fields(ledger.query(type="ledger.redacted", upto=size)), holds_of(ledger)
    entries = (entry for kind in sorted(keep) for entry in ledger.query(type=kind, upto=size))
    done: list[Erasure] = []
    for entry, fields, hold in list(overdue(entries, keep=keep, erased=erased, holds=holds, now=clerk.now)):
        if hold is not None or rehearse:
            done.append(Erasure(index=entry.index, fields=fields, held_by=hold, receipt=None))
        else:
            reason = f"kept for {keep[entry.record.type].days} days"
            done.append(_erase(clerk, values, entry, fields, reason=reason))
    return tuple(done)


def holds_of(ledger: Ledger) -> tuple[Hold, ...]:
    """Legal holds in force."""
    kinds = ("ledger.held", "evidence.hold", "ledger.hold_released")
    return holds_in_force(merge(*(ledger.query(type=kind) for kind in kinds), key=lambda entry: entry.index))


def place_hold(clerk: LedgerClerk, scope: Mapping[str, str | int], *, reason: str) -> Receipt:
    """Keep everything in the scope from being erased; keys are type, subject, entry, and none of them means all."""
    if not reason.strip():
        raise InvalidInput("a hold needs a reason")
    return clerk.append(clerk.record("ledger.held", {"reason": reason, "scope": dict(scope)}))


def release_hold(clerk: LedgerClerk, hold: str, *, reason: str) -> Receipt:
    """Let a hold go; raises `NotFound` when it is not in force."""
    if hold not in {one.id for one in holds_of(clerk.ledger)}:
        raise NotFound(f"no hold {hold} is in force", hint="`care ledger hold` lists them.")
    return clerk.append(clerk.record("ledger.hold_released", {"reason": reason, "hold": hold}, refs=(hold,)))


def values_to_show(ledger: Ledger, values: PersonalValues) -> tuple[bytes, ...]:
    """Lines that records are committed to and no redaction says were erased: what an export may disclose."""
    size = ledger.size()
    erased = erased_fields(ledger.query(type="ledger.redacted", upto=size))
    shown = still_committed(ledger.entries(0, size), erased)
    return tuple(line for line in (values.find(one) for one in sorted(shown)) if line is not None)


def _erase(clerk: LedgerClerk, values: PersonalValues, entry: Entry, fields: Sequence[str], *, reason: str) -> Erasure:
    data: dict[str, Json] = {
        "record": entry.record.id,
        "entry": entry.index,
        "fields": tuple(fields),
        "reason": reason,
    }
    receipt = clerk.append(clerk.record("ledger.redacted", data, refs=(entry.record.id,)))
    values.erase([entry.record.redactable[name] for name in fields])
    return Erasure(index=entry.index, fields=tuple(fields), held_by=None, receipt=receipt)
