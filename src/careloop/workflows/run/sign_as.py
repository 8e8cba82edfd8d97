"""Who acts is proven: by a signature of the person's own, or by a web session that a listed server vouches for.

`--as PERSON` only selects which of the keys at hand signs; it gives no authority (SEMANTICS 18). Which keys and which
servers count is what the committed roles.yaml and care.yaml say. Whatever is signed is verified by the same function
that judges it later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from careloop.domain.roles import Person
from careloop.domain.session import SessionStatement
from careloop.errors import Refused, UsageError
from careloop.gates.people import People
from careloop.gates.proven import Act, Purpose, why_no_session, why_not_proven
from careloop.gates.session import SESSION_NAMESPACE, read_session, session_digest, session_json
from careloop.ledger.ssh_signature import SshKey, read_ssh_key
from careloop.ports.approval_keys import ApprovalKeys
from careloop.ports.ledger import Actor, ActorKind, Json
from careloop.ports.session_voucher import PersonalProof, SessionVoucher
from careloop.workflows.run.release_records import a_person

__all__ = ["Signed", "Signer", "choose_signer", "sign_digest"]


@dataclass(frozen=True, slots=True)
class Signer:
    """A person, and the key that speaks for them: their own, or that of the server they are signed in to."""

    person: Person
    key: SshKey
    proof: PersonalProof

    @property
    def actor(self) -> Actor:
        """Who acts, in the ledger's words: `sub` is the id in roles.yaml, `iss` who says that it is them."""
        if isinstance(self.proof, SessionVoucher):
            return Actor(iss=self.proof.session.issuer, sub=self.person.id, kind=ActorKind.PERSON)
        return a_person(self.person.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What a ledger record needs to say that it was this person."""

    key: str
    """Fingerprint of the key that signed."""
    signature: str
    session: SessionStatement | None

    @property
    def data(self) -> Mapping[str, Json]:
        """Key, signature, and the session's statement where there is one."""
        stated: dict[str, Json] = {} if self.session is None else {"session": session_json(self.session)}
        return {"key": self.key, "signature": self.signature, **stated}


def choose_signer(proof: PersonalProof, people: People, wanted: str | None) -> Signer:
    """The person who signs; `Refused` when neither key nor server stands for them, `UsageError` when several could."""
    if isinstance(proof, SessionVoucher):
        return _vouched(proof, people, wanted)
    return _own_key(proof, people, wanted)


def sign_digest(signer: Signer, people: People, digest: str, *, purpose: Purpose, now: datetime) -> Signed:
    """A signature by which somebody agrees to what a digest stands for; `Refused` when it would prove nothing."""
    act = Act(purpose=purpose, person=signer.person.id, digest=digest, at=now, signature="")
    match signer.proof:
        case SessionVoucher() as voucher:
            said = SessionStatement(action=purpose.action, digest=digest, who=voucher.session, at=now)
            statement = read_session(session_json(said))  # held to the form in which it will be read again
            refusal = why_no_session(statement, act, people)
            if refusal is not None:
                raise Refused(refusal.message, hint="prove again who you are, then repeat this")
            signature = voucher.key.sign(session_digest(statement).encode(), namespace=SESSION_NAMESPACE)
            act = replace(act, signature=signature, session=statement)
        case keys:
            act = replace(act, signature=keys.sign(signer.key.line, digest.encode(), namespace=purpose.namespace))
    refusal = why_not_proven(act, people)
    if refusal is not None:
        raise Refused(f"what came back is no signature: {refusal.message}")
    return Signed(key=signer.key.fingerprint, signature=act.signature, session=act.session)


def _vouched(voucher: SessionVoucher, people: People, wanted: str | None) -> Signer:
    key = read_ssh_key(voucher.key.line())
    if key not in people.servers:
        raise _unlisted(key, people)
    person = people.entry(voucher.session.person)
    if person is None:
        raise Refused(f"roles.yaml in force lists nobody called {voucher.session.person}")
    if wanted is not None and people.person(wanted) != person:
        raise Refused(f"this is a session of {person.id}, not of {wanted}")
    return Signer(person, key, voucher)


def _unlisted(key: SshKey, people: People) -> Refused:
    """Why a server's word does not count, with the line that would let it, to be decided on by review."""
    if key in people.sessions.servers:
        return Refused(
            "the key of this server is listed for a person as well, so that it proves nothing as either",
            hint=f"take {key.line} off roles.yaml by a reviewed commit",
        )
    line = f'add "{key.line}" to `sessions: vouched_by:` in care.yaml'
    if not people.sessions.servers:
        line = f'add the line `sessions: {{vouched_by: ["{key.line}"]}}` to care.yaml'
    return Refused(
        "the care.yaml in force does not let this server vouch for sessions",
        hint=f"{line}, and have it committed after review",
    )


def _own_key(keys: ApprovalKeys, people: People, wanted: str | None) -> Signer:
    here = [read_ssh_key(line) for line in keys.lines()]
    if not here:
        raise Refused("there is no SSH key to sign with", hint="name its file with --key")
    if wanted is not None:
        person = people.person(wanted)
        if person is None:
            raise Refused(f"roles.yaml in force lists nobody called {wanted}")
        found = [Signer(person, key, keys) for key in here if key in people.keys_of(person)]
        if not found:
            raise _no_key(f"listed for {person.id}")
    else:
        found = [Signer(person, key, keys) for key in here for person in people.by_key(key)]
        if not found:
            raise _no_key("listed for anybody")
    signer = found[0]
    if len(people.by_key(signer.key)) > 1:
        # Not even when the entries are one human: one human has one entry.
        raise Refused("this key is listed for several people, so that nobody can tell who signs")
    if len({people.identity(one.person.id) for one in found}) > 1:
        raise UsageError("the keys here belong to several people", hint="say with --as who signs")
    return signer


def _no_key(what: str) -> Refused:
    return Refused(
        f"none of the keys here is {what} in the roles.yaml in force",
        hint="name the right file with --key, or have the key added to roles.yaml by a reviewed commit",
    )
