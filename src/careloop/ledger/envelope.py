"""Attestations: a signed statement about named artefacts, in the form that stock supply-chain tools verify.

The signing key is never the log's key: who vouches for a result and who keeps the book are two hands. Times, keys and
storage are the caller's. Source: in-toto Statement v1; DSSE 1.0 (pre-authentication encoding and envelope); LEDGER 7.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from careloop.errors import InvalidInput, Refused
from careloop.ledger.canonical import canonical_bytes, problems_of_value
from careloop.ledger.note import Signer, Verifier, strict_base64
from careloop.ports.ledger import Json, Subject

__all__ = [
    "ENVELOPE_MEDIA_TYPE",
    "Statement",
    "VerifiedStatement",
    "key_id",
    "pre_authentication_encoding",
    "public_pem",
    "sign_statement",
    "sigstore_bundle",
    "verify_statement",
]

ENVELOPE_MEDIA_TYPE: Final = "application/vnd.dsse.envelope+json"
_BUNDLE_MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said (the predicate), of what kind, about which artefacts."""

    subject: tuple[Subject, ...]
    """At least one, each with a digest."""
    predicate_type: str
    """Address that names the kind of predicate, such as `https://acme.example/gate-result/v1`."""
    predicate: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedStatement:
    """A statement whose signature held, and the keys that made it."""

    statement: Statement
    signers: tuple[Verifier, ...]


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: type and payload with their lengths, so that neither can pose as the other.

    >>> pre_authentication_encoding("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def key_id(key: Verifier) -> str:
    """The hint that names a key in an envelope: SHA-256 of its DER SubjectPublicKeyInfo, in hex."""
    public = Ed25519PublicKey.from_public_bytes(key.public)
    return sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def public_pem(key: Verifier) -> bytes:
    """The public key as stock tools read it: PEM of its SubjectPublicKeyInfo (RFC 8410)."""
    public = Ed25519PublicKey.from_public_bytes(key.public)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def sigstore_bundle(envelope: bytes) -> bytes:
    """The same envelope as a Sigstore bundle v0.3, which `@sigstore/verify` takes; its hint names the key."""
    value = _object(envelope, "envelope")
    signatures = value.get("signatures")
    if not isinstance(signatures, list) or not signatures or not isinstance(signatures[0], Mapping):
        raise InvalidInput("not a DSSE envelope: no signature")
    material: Json = {"publicKey": {"hint": signatures[0].get("keyid", "")}, "tlogEntries": []}
    return canonical_bytes({"mediaType": _BUNDLE_MEDIA_TYPE, "verificationMaterial": material, "dsseEnvelope": value})


def sign_statement(statement: Statement, signer: Signer, *, log_key: Verifier) -> bytes:
    """The envelope as canonical JSON bytes; raises `Refused` when asked to sign with the log's key."""
    _keep_apart([signer.verifier], log_key)
    payload = canonical_bytes(_as_json(statement))
    signature = signer.sign(pre_authentication_encoding(_PAYLOAD_TYPE, payload))
    return canonical_bytes(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": _PAYLOAD_TYPE,
            "signatures": [{"keyid": key_id(signer.verifier), "sig": base64.b64encode(signature).decode()}],
        }
    )


def verify_statement(envelope: bytes, keys: Sequence[Verifier], *, log_key: Verifier) -> VerifiedStatement:
    """The statement in an envelope, signed by at least one of the keys given.

    Raises `InvalidInput` for what is no envelope or statement, `Refused` when no given key signed it or when the log's
    own key is among those given.
    """
    _keep_apart(keys, log_key)
    value = _object(envelope, "envelope")
    payload_type, encoded, signatures = (value.get(k) for k in ("payloadType", "payload", "signatures"))
    if payload_type != _PAYLOAD_TYPE or not isinstance(encoded, str) or not isinstance(signatures, list):
        raise InvalidInput("not a DSSE envelope around an in-toto statement")
    payload = strict_base64(encoded)
    message = pre_authentication_encoding(_PAYLOAD_TYPE, payload)
    made = [strict_base64(s["sig"]) for s in signatures if isinstance(s, Mapping) and isinstance(s.get("sig"), str)]
    signers = tuple(key for key in keys if any(key.accepts(signature, message) for signature in made))
    if not signers:
        raise Refused("no trusted key has signed this attestation")
    return VerifiedStatement(statement=_read_statement(_object(payload, "statement")), signers=signers)


def _keep_apart(keys: Sequence[Verifier], log_key: Verifier) -> None:
    if any(key.public == log_key.public for key in keys):
        raise Refused(
            "the log's own key cannot vouch for an attestation", hint="Make a signing key of its own for attestations."
        )


def _as_json(statement: Statement) -> dict[str, Json]:
    problems = problems_of_value(statement.predicate, "predicate")
    problems += [f"subject {s.name}: no digest" for s in statement.subject if s.digest is None]
    if not statement.subject:
        problems.append("subject: empty")
    if problems:
        raise InvalidInput("; ".join(problems))
    digests = [(s.name, (s.digest or "").partition(":")) for s in statement.subject]
    return {
        "_type": _STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {kind: value}} for name, (kind, _, value) in digests],
        "predicateType": statement.predicate_type,
        "predicate": statement.predicate,
    }


def _read_statement(value: Mapping[str, Json]) -> Statement:
    subjects, kind, predicate = (value.get(k) for k in ("subject", "predicateType", "predicate"))
    if value.get("_type") != _STATEMENT_TYPE or not isinstance(subjects, list) or not subjects:
        raise InvalidInput("not an in-toto Statement v1")
    if not isinstance(kind, str) or not isinstance(predicate, Mapping):
        raise InvalidInput("statement: no predicate of a named type")
    return Statement(subject=tuple(map(_read_subject, subjects)), predicate_type=kind, predicate=predicate)


def _read_subject(value: Json) -> Subject:
    match value:
        case {"name": str(name), "digest": {"sha256": str(digest)}}:
            return Subject(name=name, digest=f"sha256:{digest}")
        case {"name": str(name), "digest": {"sha512": str(digest)}}:
            return Subject(name=name, digest=f"sha512:{digest}")
        case {"name": str(name), "digest": {"gitCommit": str(digest)}}:
            return Subject(name=name, digest=f"gitCommit:{digest}")
        case _:
            raise InvalidInput("statement: a subject without a name and a sha256, sha512 or gitCommit digest")


def _object(content: bytes, what: str) -> Mapping[str, Json]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{what}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InvalidInput(f"{what}: not an object")
    return value
