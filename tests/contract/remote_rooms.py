"""A ledger used from afar without a network: what is sent and answered goes through bytes, errors as the API says them.

The server's clock is moved to the time that a test gives to `append`.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from careloop.adapters.http_ledger import HttpLedger
from careloop.errors import CareloopError
from careloop.ledger.canonical import read_instant
from careloop.ledger.note import read_verifier
from careloop.ledger.who_appends import BY_PIPELINES
from careloop.ports.ledger import Ledger, Receipt, Record, Where
from careloop.testing.contracts.ledger import NOON
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.evolve.answer_ledger import LedgerDoor


class PaperLine:
    """A `LedgerLine` to a door in the same process; `alter` may change what comes back."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.now: datetime = NOON
        self.alter: Callable[[str, bytes], bytes] = lambda _, body: body
        self.asked: list[str] = []
        self.rotations: Callable[[], Sequence[str]] = tuple

    def ask(self, method: str, path: str, content: bytes = b"", media: str = "application/json") -> tuple[int, bytes]:
        """Answer as the API does."""
        self.asked.append(path)
        try:
            return 200, self.alter(path, self._answer(method, path, content, media))
        except CareloopError as error:
            said = {"error": error.message, "next": error.hint, "kind": type(error).__name__}
            return 409, json.dumps(said).encode()

    def _answer(self, method: str, path: str, content: bytes, media: str) -> bytes:
        door, parts = LedgerDoor(self.ledger), urlsplit(path)
        asked = dict(parse_qsl(parts.query))
        number = {name: int(value) for name, value in asked.items() if value.isdigit()}
        seen = number.get("seen", 0)
        match method, *parts.path.split("/"):
            case "POST", "records":
                return door.append(content, seen=seen, now=self.now, allowed=BY_PIPELINES)
            case "GET", "rotations":
                return door.rotations(self.rotations())
            case "GET", "head":
                return door.head(seen=seen)
            case "GET", "proven":
                return door.entries(_where(asked), start=number["start"], end=number["end"], seen=seen)
            case "GET", "inclusion":
                return door.inclusion(int(asked["index"]), int(asked["size"]), seen=seen)
            case "GET", "consistency":
                return door.consistency(int(asked["old"]), int(asked["new"]), seen=seen)
            case "POST", "blobs":
                return door.put_blob(content, media=media).sha256.encode()
            case "GET", "blobs", str(digest):
                return door.get_blob(digest)
            case _:
                raise AssertionError(f"{method} {path} is not in the API")


class _InStep(HttpLedger):
    """Moves the server's clock to the caller's, as the promises of the port speak of one clock."""

    def __init__(self, line: PaperLine, seen: Path) -> None:
        super().__init__(line, read_verifier(line.ledger.key), seen=seen)
        self._paper = line

    def append(self, records: Sequence[Record], *, recorded_at: datetime) -> tuple[Receipt, ...]:
        """Append, at the caller's time."""
        self._paper.now = recorded_at
        return super().append(records, recorded_at=recorded_at)


def a_remote_ledger(folder: Path, *, line: PaperLine | None = None) -> HttpLedger:
    """A ledger on the other side of a line, an empty one where none is given."""
    folder.mkdir(parents=True, exist_ok=True)
    return _InStep(line or PaperLine(LedgerFake("acme.example/care")), folder / "ledger-seen")


def _where(asked: dict[str, str]) -> Where:
    where: Where = {}
    if "type" in asked:
        where["type"] = asked["type"]
    if "subject" in asked:
        where["subject"] = asked["subject"]
    if "iss" in asked:
        where["actor"] = (asked["iss"], asked["sub"])
    if "since" in asked:
        where["since"] = read_instant(asked["since"])
    if "until" in asked:
        where["until"] = read_instant(asked["until"])
    return where
