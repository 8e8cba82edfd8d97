"""Personal values beside the log: the leaf holds a salted commitment, the value can be erased, every proof stays valid.

The commitment is the SHA-256 of one line, `["salt","field",value]` in canonical JSON, so that an auditor checks it with
`sha256sum`; the salt keeps a value from being guessed. Source: LEDGER 9; RFC 9901 (SD-JWT) 4.2, whose disclosures have
the same three parts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from careloop.errors import InvalidInput
from careloop.ledger.canonical import canonical_bytes, problems_of_value, read_canonical
from careloop.ports.ledger import Json

__all__ = ["SALT_BYTES", "Disclosure", "commit", "read_disclosure", "redactable"]

SALT_BYTES: Final = 16
"""Bytes of randomness in a salt."""
_MOST_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """A personal value with the salt that hides it."""

    field: str
    value: Json
    line: bytes
    """The canonical bytes that the commitment is the digest of."""

    @property
    def commitment(self) -> str:
        """What stands in the record: `sha256:…`."""
        return f"sha256:{sha256(self.line).hexdigest()}"


def commit(field: str, value: Json, *, salt: bytes) -> Disclosure:
    """Bind a value to a field under a salt of 16 random bytes; raises `InvalidInput`."""
    if len(salt) != SALT_BYTES:
        raise InvalidInput(f"{field}: a salt has {SALT_BYTES} bytes, not {len(salt)}")
    if problems := ([] if field.strip() else ["field: empty"]) + problems_of_value([field, value], field):
        raise InvalidInput("; ".join(problems))
    line = canonical_bytes([salt.hex(), field, value])
    if len(line) > _MOST_BYTES:
        raise InvalidInput(f"{field}: a personal value of more than {_MOST_BYTES} bytes does not fit")
    return Disclosure(field=field, value=value, line=line)


def read_disclosure(line: bytes) -> Disclosure:
    """The disclosure that a line is; raises `InvalidInput`."""
    match read_canonical(line):
        case [str(salt), str(field), value] if len(salt) == 2 * SALT_BYTES:
            return Disclosure(field=field, value=value, line=line)
        case _:
            raise InvalidInput("not a disclosure: salt, field and value")


def redactable(disclosures: Iterable[Disclosure]) -> Mapping[str, str]:
    """Field -> commitment, for the record; raises `InvalidInput` when a field comes twice."""
    found: dict[str, str] = {}
    for one in disclosures:
        if one.field in found:
            raise InvalidInput(f"redactable.{one.field}: twice")
        found[one.field] = one.commitment
    return found
