"""Independent validation: somebody who did not build a release has tried it (SEMANTICS 15; R84)."""

from dataclasses import dataclass
from datetime import date, datetime

from careloop.domain.session import SessionStatement

__all__ = ["VALIDATE_MODEL", "Validation"]

VALIDATE_MODEL = "validate_model"
"""The authority that a post must carry for its holder to validate a release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A validator's signed report on one release."""

    lock: str
    person: str
    report: str
    """Digest of the report."""
    conditions: tuple[str, ...]
    """What must be met before the release may be used; a later validation without them closes them."""
    until: date
    at: datetime
    signature: str
    """Armoured SSH signature over the digest of all of the above, or a server's over its session statement."""
    session: SessionStatement | None = None
    """As in `Approval`."""
    findings: tuple[str, ...] = ()
    """What the validator found, whether or not it stands in the way."""
    limits: tuple[str, ...] = ()
    """Conditions of use: for what, where and how it may be used, as far as the validator can tell."""
