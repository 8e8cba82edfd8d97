"""Acme's office with the pages open: a release that waits for approvals, and people who have accounts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

from acme_releases import APPROVERS, Acme
from served import Visitor, accounts, serving

from careloop import wiring

__all__ = [
    "ADMIN",
    "LEAD",
    "OPERATIONS",
    "READER",
    "REQUESTER",
    "Founded",
    "Office",
    "founded",
    "mail_of",
    "open_office",
    "waiting_release",
]

REQUESTER = "daniel-osei"
LEAD = "aoife-kelly"
OPERATIONS = "marek-novak"
READER = "niamh-byrne"
"""Internal auditor: signs in and reads."""
ADMIN = "administrator@acme.example"


def mail_of(person: str) -> str:
    """Mail address of one of Acme's people."""
    return f"{person.replace('-', '.')}@acme.example"


@dataclass(frozen=True)
class Office:
    """The served repository."""

    acme: Acme
    port: int
    request: str
    """Digest of the request that waits."""

    def visitor(self, mail: str | None = None) -> Visitor:
        """Somebody at the door; signed in when a person is named."""
        visitor = Visitor(self.port)
        if mail is not None:
            visitor.sign_in(mail if "@" in mail else mail_of(mail))
        return visitor

    def types(self) -> list[str]:
        """Types of the ledger's records, in order."""
        with wiring.release_desk(self.acme.root, {}, read_only=True) as desk:
            return [entry.record.type for entry in desk.ledger.query()]


def waiting_release(folder: Path) -> tuple[Acme, str, str]:
    """Acme with a release that waits, and the line in care.yaml by which sessions of its server count."""
    acme = Acme.founded(folder)
    line = wiring.session_key(acme.root).line()
    acme.edit("care.yaml", "stores:\n", f'sessions: {{vouched_by: ["{line}"]}}\nstores:\n')
    acme.commit(mail_of(LEAD))
    lock = acme.locked()
    acme.validated()
    request = acme.gate(str(folder / "lock.json"), acme.results(lock)).json["request"]
    return acme, lock, str(request)


@dataclass(frozen=True)
class Founded:
    """Acme with accounts and a release that waits; nothing is served yet."""

    folder: Path
    request: str


def founded(folder: Path) -> Founded:
    """Found Acme once; each test then opens a copy of it."""
    acme, _, request = waiting_release(folder)
    accounts(acme.root, *map(mail_of, (*APPROVERS, REQUESTER, LEAD, OPERATIONS, READER)))
    accounts(acme.root, ADMIN, administrator=True)
    return Founded(folder, request)


@contextmanager
def open_office(template: Founded, folder: Path, *, port: int | None = None, **environment: str) -> Iterator[Office]:
    """Serve a copy of Acme."""
    copytree(template.folder, folder / "office", symlinks=True)
    acme = Acme(folder / "office" / "acme", folder / "office" / "keys")
    with serving(acme.root, port=port, **environment) as listening:
        yield Office(acme, listening, template.request)
