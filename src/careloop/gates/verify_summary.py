"""Is this verification summary a good reason to let these very bytes run here? Pure, offline, fail closed.

Checked in this order: the signature by the trusted key, that it is a summary, its verifier, the subjects, the resource
and environment, the policy, the result, its age. Source: SLSA Verification Summary Attestation v1, "How to verify".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from careloop.errors import InvalidInput
from careloop.gates.attestations import VERIFICATION_SUMMARY, verifier_id
from careloop.ledger.envelope import Statement, verify_statement
from careloop.ledger.note import Verifier, read_verifier
from careloop.ports.ledger import Json

__all__ = ["CheckedSummary", "SummaryTerms", "check_summary", "read_trusted_key"]

_SKEW: Final = timedelta(minutes=5)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_RESOURCE: Final = re.compile(r"urn:careloop:\S+/systems/([^/\s]+)/environments/([^/\s]+)")
_UNNAMED: Final = "unnamed"
_NO_LOG: Final = Verifier("no-log", bytes(32))
"""Offline, no log's key is known; the rule that it never signs was kept when the summary was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryTerms:
    """What a summary is held against."""

    key: Verifier
    now: datetime
    environment: str
    digests: Mapping[str, str]
    """What is to run: where it lies, and its `sha256:…` digest; every one must be a subject."""
    verifier: str | None = None
    """Id of the verifier; left out: the one that the trusted key's own name gives."""
    system: str | None = None
    resource: str | None = None
    """The resource URI, in full."""
    policy: str | None = None
    """`sha256:…` of the slice that must have been decided by."""
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSummary:
    """What a summary says, and everything that speaks against it."""

    system: str | None
    environment: str | None
    time_verified: datetime | None
    policy: str | None
    refusals: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refusals


def read_trusted_key(raw: bytes) -> Verifier:
    """A public key in one line (name+hash+base64), or in PEM; raises `InvalidInput`."""
    try:
        text = raw.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise InvalidInput("the trusted key is neither a key in one line nor PEM") from error
    if not text.startswith("-----BEGIN"):
        return read_verifier(text)
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInput("the trusted key is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput("the trusted key is no Ed25519 key")
    return Verifier(_UNNAMED, key.public_bytes_raw())


def check_summary(envelope: bytes, terms: SummaryTerms) -> CheckedSummary:
    """Everything that speaks against a summary, at once.

    Raises `InvalidInput` for what is no envelope around a statement, and `Refused` when the trusted key did not sign
    it: nothing that it says is then worth reading.
    """
    if not terms.digests:
        raise InvalidInput("nothing is named that is to run", hint="name an artefact or a lock")
    if terms.verifier is None and terms.key.name == _UNNAMED:
        raise InvalidInput("a key in PEM does not say whose it is", hint="name the verifier with --verifier ID")
    statement = verify_statement(envelope, [terms.key], log_key=_NO_LOG).statement
    predicate = statement.predicate
    found = _RESOURCE.fullmatch(str(predicate.get("resourceUri")))
    return CheckedSummary(
        system=found[1] if found else None,
        environment=found[2] if found else None,
        time_verified=_instant(predicate.get("timeVerified")),
        policy=_policy(predicate),
        refusals=tuple(_refusals(statement, terms)),
    )


def _refusals(statement: Statement, terms: SummaryTerms) -> Iterator[str]:
    predicate = statement.predicate
    if statement.predicate_type != VERIFICATION_SUMMARY:
        yield f"it is no verification summary but {statement.predicate_type}"
    verifier = predicate.get("verifier")
    said = verifier.get("id") if isinstance(verifier, Mapping) else None
    wanted = terms.verifier or verifier_id(terms.key.name)
    if said != wanted:
        yield f"its verifier is {said}, not {wanted}"
    yield from _of_subjects(statement, terms.digests)
    yield from _of_resource(predicate, terms)
    policy = _policy(predicate)
    if policy is None:
        yield "it does not say by digest by which policy it was decided"
    elif terms.policy is not None and policy != terms.policy:
        yield f"it was decided by the policy {policy[:19]}, not {terms.policy[:19]}"
    if predicate.get("verificationResult") != "PASSED":
        yield f"its result is {predicate.get('verificationResult')}, not PASSED"
    yield from _of_age(predicate, terms)


def _of_subjects(statement: Statement, digests: Mapping[str, str]) -> Iterator[str]:
    covered = {subject.digest for subject in statement.subject}
    for place, digest in digests.items():
        if digest not in covered:
            yield f"it is not about {place} ({digest[:19]})"


def _of_resource(predicate: Mapping[str, Json], terms: SummaryTerms) -> Iterator[str]:
    resource = predicate.get("resourceUri")
    found = _RESOURCE.fullmatch(str(resource))
    if found is None:
        yield f"its resource {resource} is no system in an environment"
        return
    if found[2] != terms.environment:
        yield f"it is for the environment {found[2]}, not {terms.environment}"
    if terms.system is not None and found[1] != terms.system:
        yield f"it is of the system {found[1]}, not {terms.system}"
    if terms.resource is not None and resource != terms.resource:
        yield f"its resource is {resource}, not {terms.resource}"


def _of_age(predicate: Mapping[str, Json], terms: SummaryTerms) -> Iterator[str]:
    at = _instant(predicate.get("timeVerified"))
    if at is None:
        yield "it does not say when it was verified"
    elif at > terms.now + _SKEW:
        yield f"it is dated in the future: {at.isoformat()}"
    elif terms.max_age is not None and terms.now - at > terms.max_age:
        yield f"it is {(terms.now - at).days} days old; at most {terms.max_age.days} are accepted"


def _policy(predicate: Mapping[str, Json]) -> str | None:
    policy = predicate.get("policy")
    digest = policy.get("digest") if isinstance(policy, Mapping) else None
    found = digest.get("sha256") if isinstance(digest, Mapping) else None
    return f"sha256:{found}" if isinstance(found, str) and _DIGEST.fullmatch(found) else None


def _instant(value: Json) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None
