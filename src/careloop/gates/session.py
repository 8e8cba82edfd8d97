"""Session statements as bytes, and whose word about sessions counts (LEDGER 8, "Who"; SEMANTICS 18).

Whether a server's word counts is decided in git: its key must stand under `sessions` in the care.yaml in force.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from careloop.domain.noun import seconds_in
from careloop.domain.organisation import Organisation
from careloop.domain.session import SessionStatement, WebSession
from careloop.errors import InvalidInput
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text, problems_of_value, read_instant
from careloop.ledger.ssh_signature import SshKey, read_ssh_keys

__all__ = ["SESSION_NAMESPACE", "SessionTerms", "read_session", "session_digest", "session_json", "session_terms"]

SESSION_NAMESPACE: Final = "care-session"
_KEYS: Final = ("action", "at", "digest", "factors", "issuer", "person", "session", "stepped_up_at", "subject")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTerms:
    """Whose word about sessions counts. Nobody's, unless care.yaml says so."""

    servers: tuple[SshKey, ...] = ()
    step_up: timedelta = timedelta(0)
    """How long before they agree a person may have proven who they are."""


def session_terms(organisation: Organisation | None) -> SessionTerms:
    """What the care.yaml in force says about sessions; a line that is no key opens nothing."""
    stated = organisation.sessions if organisation else None
    if stated is None:
        return SessionTerms()
    return SessionTerms(servers=read_ssh_keys(stated.vouched_by), step_up=timedelta(seconds=seconds_in(stated.step_up)))


def session_json(statement: SessionStatement) -> dict[str, str]:
    """The statement as plain JSON: nine texts. Raises `InvalidInput` for an instant that is not in UTC."""
    session = statement.who
    return {
        "action": statement.action,
        "digest": statement.digest,
        "person": session.person,
        "issuer": session.issuer,
        "subject": session.subject,
        "session": session.id_sha256,
        "factors": session.factors,
        "stepped_up_at": instant_text(session.stepped_up_at),
        "at": instant_text(statement.at),
    }


def session_digest(statement: SessionStatement) -> str:
    """`sha256:` of the canonical form: what the server signs."""
    return statement_digest(session_json(statement))


def read_session(value: object) -> SessionStatement:
    """The statement that JSON says, and nothing but that; raises `InvalidInput`."""
    if not isinstance(value, dict) or sorted(value) != sorted(_KEYS):
        raise InvalidInput("not a session statement")
    if problems := problems_of_value(value, "session"):
        raise InvalidInput("; ".join(problems))
    texts = {key: item for key, item in value.items() if isinstance(item, str) and item.strip()}
    if len(texts) != len(_KEYS):
        raise InvalidInput("a session statement consists of texts, none of them empty")
    if not _HASH.fullmatch(texts["session"]):
        raise InvalidInput("a session is named by the SHA-256 of its id, 64 hex digits, and never by the id")
    session = WebSession(
        person=texts["person"],
        issuer=texts["issuer"],
        subject=texts["subject"],
        id_sha256=texts["session"],
        factors=texts["factors"],
        stepped_up_at=read_instant(texts["stepped_up_at"]),
    )
    return SessionStatement(action=texts["action"], digest=texts["digest"], who=session, at=read_instant(texts["at"]))
