"""Signed statements about artefacts: DSSE envelopes around in-toto statements, by keys that the log has named.

Sources: DSSE 1.0 (pre-authentication encoding, envelope); in-toto Statement v1; Sigstore bundle v0.3.
"""

from collections.abc import Mapping
from typing import Any, Final

from care_verify.decoding import Malformed, base64_bytes, canonical, read_json
from care_verify.notes import Key, read_key
from care_verify.records import Facts

__all__ = ["attestation_keys", "bundle", "check_envelope"]

_PAYLOAD: Final = "application/vnd.in-toto+json"
_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_BUNDLE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"


def attestation_keys(facts: Facts) -> dict[str, Key]:
    """The keys that the log says may sign statements, by fingerprint; raises `Malformed`."""
    keys = [read_key(str(record.data.get("key"))) for record in facts.of_type("attestation.key")]
    return {key.fingerprint: key for key in keys}


def check_envelope(content: bytes, keys: Mapping[str, Key]) -> bool:
    """Whether one of the keys signed it; False when its signers are all unknown.

    Raises `Malformed` for what is no envelope around a statement, and when a signature by a known key does not hold.
    """
    envelope = read_json(content)
    payload, signatures = _parts(envelope)
    message = b"DSSEv1 %d %b %d %b" % (len(_PAYLOAD), _PAYLOAD.encode(), len(payload), payload)
    known = [(keys[one["keyid"]], base64_bytes(one["sig"])) for one in signatures if one.get("keyid") in keys]
    if not all(key.accepts(signature, message) for key, signature in known):
        raise Malformed("a signature does not fit the statement")
    return bool(known)


def bundle(content: bytes) -> bytes:
    """The same envelope as a Sigstore bundle, which is what stock tools take; raises `Malformed`."""
    envelope = read_json(content)
    _, signatures = _parts(envelope)
    material = {"publicKey": {"hint": signatures[0].get("keyid", "")}, "tlogEntries": []}
    return canonical({"mediaType": _BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope})


def _parts(envelope: Any) -> tuple[bytes, list[dict[str, Any]]]:
    match envelope:
        case {"payloadType": str(kind), "payload": str(encoded), "signatures": [*signatures]} if signatures:
            payload = base64_bytes(encoded)
        case _:
            raise Malformed("not a DSSE envelope")
    statement = read_json(payload)
    if kind != _PAYLOAD or not isinstance(statement, dict) or statement.get("_type") != _STATEMENT:
        raise Malformed("not an in-toto Statement v1")
    for one in signatures:
        if not isinstance(one, dict) or not isinstance(one.get("sig"), str):
            raise Malformed("an envelope with a signature that is none")
    return payload, signatures
