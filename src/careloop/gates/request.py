"""The approval request as bytes: what people sign is the digest of these."""

from datetime import UTC, datetime
from hashlib import sha256

from careloop.domain.approval import ApprovalRequest
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput
from careloop.ledger.canonical import canonical_bytes, instant_text, read_instant

__all__ = ["read_request", "request_bytes", "request_digest", "request_json", "statement_digest"]

_KEYS = ("action", "environment", "expires_at", "lock", "nonce", "requester", "slice", "tier")


def request_json(request: ApprovalRequest) -> dict[str, str]:
    """The request as plain JSON: eight texts."""
    return {
        "action": request.action,
        "lock": request.lock,
        "slice": request.slice,
        "tier": request.tier.value,
        "environment": request.environment,
        "requester": request.requester,
        "nonce": request.nonce,
        "expires_at": instant_text(request.expires_at.astimezone(UTC)),
    }


def request_bytes(request: ApprovalRequest) -> bytes:
    """The request in canonical form (RFC 8785)."""
    return canonical_bytes(request_json(request))


def request_digest(request: ApprovalRequest) -> str:
    """`sha256:` of the canonical form: the request's name, and the text that an approval signs."""
    return f"sha256:{sha256(request_bytes(request)).hexdigest()}"


def statement_digest(statement: dict[str, str]) -> str:
    """`sha256:` of any other signed statement in canonical form: a validation, a revocation."""
    return f"sha256:{sha256(canonical_bytes(statement)).hexdigest()}"


def read_request(value: object) -> ApprovalRequest:
    """The request that JSON says; raises `InvalidInput` for anything else."""
    if not isinstance(value, dict) or sorted(value) != sorted(_KEYS):
        raise InvalidInput("not an approval request")
    texts = {key: item for key, item in value.items() if isinstance(item, str)}
    if len(texts) != len(_KEYS) or texts["tier"] not in set(Tier):
        raise InvalidInput("an approval request consists of texts, one of them a tier")
    expires: datetime = read_instant(texts["expires_at"])
    return ApprovalRequest(
        action=texts["action"],
        lock=texts["lock"],
        slice=texts["slice"],
        tier=Tier(texts["tier"]),
        environment=texts["environment"],
        requester=texts["requester"],
        nonce=texts["nonce"],
        expires_at=expires,
    )
