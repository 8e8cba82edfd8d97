"""A source of records that goes on while the ledger is away: numbers them, keeps them in a chained file, sends later.

For what was observed only (`ledger.who_appends.MAY_WAIT`): whoever decides something needs the ledger itself, and is
closed without it. Safe for several processes of one source on one machine. Source: LEDGER 10.
"""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from careloop.adapters.durable_file import locked_folder, sync_folder, write_durably
from careloop.errors import InvalidInput, Unavailable
from careloop.ledger.record import seal
from careloop.ledger.spool_chain import Spooled, first_line, gap_record, next_lines, read_spool
from careloop.ledger.who_appends import MAY_WAIT
from careloop.ports.ledger import Actor, Ledger, Receipt, Record

__all__ = ["Kept", "SpooledSource", "waiting_spools"]

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of records: receipts when the ledger has them, none when they wait."""

    receipts: tuple[Receipt, ...]
    waiting: int
    """Records of this source in the spool now."""
    drained: int
    """Records that had waited and are in the ledger now."""
    why: str | None
    """Why they wait."""


class SpooledSource:
    """One named source; `folder` (usually `.care/spool`) holds its number and what waits."""

    def __init__(
        self, open_ledger: Callable[[], Ledger], folder: Path, actor: Actor, make_id: Callable[[], str]
    ) -> None:
        if not _NAME.fullmatch(actor.sub):
            raise InvalidInput(f"{actor.sub!r} is no name of a source: lower-case letters, digits, dot, dash")
        self._open, self._folder, self._actor, self._make_id = open_ledger, folder, actor, make_id
        self._spool = folder / f"{actor.sub}.spool"
        self._number = folder / f"{actor.sub}.seq"

    def record(self, records: Sequence[Record], *, now: datetime) -> Kept:
        """Number the records and have them in the ledger, or in the spool while it is away. Durable either way.

        What waited goes first. Raises `InvalidInput` for a type that may not wait, and what the ledger raises but
        `Unavailable`.
        """
        if wrong := sorted({record.type for record in records} - MAY_WAIT):
            raise InvalidInput(f"{', '.join(wrong)} may not wait for the ledger: it decides something")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked_folder(self._folder):
            numbered = self._numbered(records, now)
            drained = 0
            try:
                with closing(self._open()) as ledger:
                    drained = self._send_spool(ledger, now)
                    receipts = ledger.append(numbered, recorded_at=now)
            except Unavailable as error:
                waiting = self._keep(numbered, now)
                return Kept(receipts=(), waiting=waiting, drained=drained, why=error.message)
        return Kept(receipts=receipts, waiting=0, drained=drained, why=None)

    def drain(self, *, now: datetime) -> int:
        """Send what waits, and a record that says it came late; returns how many. Raises `Unavailable`, `Refused`."""
        if not self._spool.exists():
            return 0
        with locked_folder(self._folder), closing(self._open()) as ledger:
            return self._send_spool(ledger, now)

    def _numbered(self, records: Sequence[Record], now: datetime) -> list[Record]:
        """Each, if all are fit, with the next number of the source; the number is durable before the record can be."""
        last = int(self._number.read_text()) if self._number.exists() else 0
        found: list[Record] = []
        for record in records:
            last += 1
            found.append(replace(record, data={**record.data, "source": self._actor.sub, "seq": last}))
        for record in found:
            seal(record, recorded_at=now)
        write_durably(self._number, str(last).encode())
        return found

    def _keep(self, records: Sequence[Record], now: datetime) -> int:
        """Add records to the spool; what a crash left half written at its end was never acknowledged and goes."""
        content = self._spool.read_bytes() if self._spool.exists() else b""
        opening = b"" if content.count(b"\n") else first_line(self._actor.sub, self._make_id())
        spooled = read_spool(opening or content)
        added = next_lines(spooled.chain, [seal(record, recorded_at=now) for record in records])
        with os.fdopen(os.open(self._spool, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(0 if opening else spooled.whole)
            file.seek(0, os.SEEK_END)
            file.write(opening + added)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._folder)
        return len(spooled.entries) + len(records)

    def _send_spool(self, ledger: Ledger, now: datetime) -> int:
        if not self._spool.exists():
            return 0
        spooled = read_spool(self._spool.read_bytes())
        records = [entry.record for entry in spooled.entries]
        for start in range(0, len(records), _AT_ONCE):
            ledger.append(records[start : start + _AT_ONCE], recorded_at=now)
        if records:
            ledger.append([gap_record(spooled, self._actor)], recorded_at=now)
        self._spool.unlink()
        sync_folder(self._folder)
        return len(records)


def waiting_spools(folder: Path) -> dict[str, Spooled]:
    """What waits in a folder, by source; raises `Refused` for a spool that was altered."""
    return {path.stem: read_spool(path.read_bytes()) for path in sorted(folder.glob("*.spool"))}
