"""Who acts is proven by a signature: chooses the key, and the person it stands for, by the committed roles.yaml.

`--as PERSON` only selects which of the keys at hand signs; it gives no authority (SEMANTICS 18).
"""

from dataclasses import dataclass

from careloop.domain.roles import Person
from careloop.errors import InvalidInput, Refused, UsageError
from careloop.gates.people import People, keys_of
from careloop.ledger.ssh_signature import SshKey, read_ssh_key, verify_ssh_signature
from careloop.ports.approval_keys import ApprovalKeys

__all__ = ["Signer", "choose_signer", "sign_digest"]


@dataclass(frozen=True, slots=True)
class Signer:
    """A person, and the key at hand that is listed for them."""

    person: Person
    key: SshKey


def choose_signer(keys: ApprovalKeys, people: People, wanted: str | None) -> Signer:
    """The person who signs; `Refused` when no key at hand is theirs, `UsageError` when several could be meant."""
    here = [read_ssh_key(line) for line in keys.lines()]
    if not here:
        raise Refused("there is no SSH key to sign with", hint="name its file with --key")
    if wanted is not None:
        person = people.person(wanted)
        if person is None:
            raise Refused(f"roles.yaml in force lists nobody called {wanted}")
        found = [Signer(person, key) for key in here if key in keys_of(person)]
        if not found:
            raise Refused(
                f"none of the keys here is listed for {person.id} in the roles.yaml in force",
                hint="name the right file with --key, or have the key added to roles.yaml by a reviewed commit",
            )
    else:
        found = [Signer(person, key) for key in here for person in people.by_key(key)]
        if not found:
            raise Refused(
                "none of the keys here is listed for anybody in the roles.yaml in force",
                hint="name the right file with --key, or have the key added to roles.yaml by a reviewed commit",
            )
    signer = found[0]
    if len({people.identity(one.id) for one in people.by_key(signer.key)}) > 1 or _shared(signer.key, people):
        raise Refused("this key is listed for several people, so that nobody can tell who signs")
    if len({people.identity(one.person.id) for one in found}) > 1:
        raise UsageError("the keys here belong to several people", hint="say with --as who signs")
    return signer


def sign_digest(keys: ApprovalKeys, signer: Signer, digest: str, *, namespace: str) -> str:
    """The person's armoured signature over a digest, checked before anybody relies on it."""
    signature = keys.sign(signer.key.line, digest.encode(), namespace=namespace)
    try:
        verify_ssh_signature(signature, digest.encode(), allowed=[signer.key], namespace=namespace)
    except InvalidInput as error:
        raise Refused(f"what came back is no signature: {error.message}") from error
    return signature


def _shared(key: SshKey, people: People) -> bool:
    """Whether entries with different names claim one key; one human has one entry."""
    return len(people.by_key(key)) > 1
