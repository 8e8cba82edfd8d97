"""What waits for a ledger that is away: one line a record, each bound to the one before, so that none goes unseen.

The first line says whose spool it is and which id the record of the gap will have, so that draining it twice records it
once. Pure: lines in, lines out. Source: LEDGER 10.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from careloop.errors import InvalidInput, Refused
from careloop.ledger.canonical import instant_text
from careloop.ledger.note import strict_base64
from careloop.ledger.record import read_entry
from careloop.ledger.wire import path_text
from careloop.ports.ledger import Actor, Entry, Record

__all__ = ["Spooled", "first_line", "gap_record", "next_lines", "read_spool"]

_START = "0" * 64


class _Opening(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    gap: str
    """Id of the record that will tell of the gap."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    body: str
    """A sealed record, in base64."""
    chain: str
    """SHA-256 over the chain so far and the body, in hex."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """What a spool holds."""

    source: str
    gap: str
    entries: tuple[Entry, ...]
    """In the order in which they happened; `index` is the place in the spool, `recorded_at` when they were spooled."""
    chain: str
    """The newest link, in hex."""
    whole: int
    """Bytes up to the end of the last whole line: what lies beyond was never acknowledged."""


def first_line(source: str, gap: str) -> bytes:
    """The line that opens the spool of a source; `gap` is a fresh UUIDv7."""
    return msgspec.json.encode(_Opening(source, gap)) + b"\n"


def next_lines(chain: str, bodies: Sequence[bytes]) -> bytes:
    """The lines of sealed records after a spool whose newest link is `chain`."""
    lines: list[bytes] = []
    for body in bodies:
        chain = _link(chain, body)
        lines.append(msgspec.json.encode(_Line(path_text([body])[0], chain)) + b"\n")
    return b"".join(lines)


def read_spool(content: bytes) -> Spooled:
    """All that a spool holds; raises `Refused` at the first line that was altered or is gone."""
    whole = content.rfind(b"\n") + 1
    opening, *lines = content[:whole].split(b"\n")[:-1] or [b""]
    try:
        opened = msgspec.json.decode(opening, type=_Opening)
    except msgspec.DecodeError as error:
        raise Refused("the spool does not begin as one") from error
    chain, entries = _START, list[Entry]()
    for number, line in enumerate(lines, start=2):
        try:
            found = msgspec.json.decode(line, type=_Line)
            body = strict_base64(found.body)
            chain = _link(chain, body)
            if chain == found.chain:
                entries.append(read_entry(number - 2, body))
                continue
        except (msgspec.DecodeError, InvalidInput) as error:
            raise Refused(f"line {number} of the spool is no record: {error}") from error
        raise Refused(
            f"line {number} of the spool does not follow the one before it: something was altered or taken out",
            hint="Keep the file as evidence; nothing of it was sent.",
        )
    return Spooled(source=opened.source, gap=opened.gap, entries=tuple(entries), chain=chain, whole=whole)


def gap_record(spooled: Spooled, actor: Actor) -> Record:
    """The record that says: these came late, the ledger was away from then till then."""
    first, last = spooled.entries[0], spooled.entries[-1]
    return Record(
        id=spooled.gap,
        type="spool.drained",
        actor=actor,
        occurred_at=last.recorded_at,
        data={
            "source": spooled.source,
            "records": len(spooled.entries),
            "since": instant_text(first.recorded_at),
            "until": instant_text(last.recorded_at),
            "chain": f"sha256:{spooled.chain}",
        },
        refs=_refs([first.record.id, last.record.id]),
    )


def _refs(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


def _link(chain: str, body: bytes) -> str:
    return sha256(bytes.fromhex(chain) + body).hexdigest()
