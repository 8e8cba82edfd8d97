"""Old repositories read by new versions: each step turns the plain values of one schema version into the next.

The repository carries one number, `schema`, in care.yaml (CONTRACTS, Versions). A step is kept for ever and tested on a
frozen old repository in `tests/golden`. Steps work on values as they were written, before any noun is made of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["CURRENT_SCHEMA", "UPCASTERS", "Upcasters", "schema_in"]

CURRENT_SCHEMA = 1

Step = Callable[[str, dict[str, object]], dict[str, object]]
"""Kind of document and its values at version v to its values at version v + 1."""


@dataclass(frozen=True, slots=True)
class Upcasters:
    """The steps from each old version to the next, and the version they end at."""

    current: int
    steps: Mapping[int, Step] = field(default_factory=dict)

    def to_current(self, kind: str, values: dict[str, object], schema: int) -> dict[str, object]:
        """Values of a document in today's shape; of today's version they come back as they are."""
        for version in range(schema, self.current):
            values = self.steps[version](kind, values)
        return values

    def knows(self, schema: int) -> bool:
        """Whether a repository of this version can be read: today's, or one that steps lead from."""
        return schema <= self.current and all(version in self.steps for version in range(schema, self.current))


UPCASTERS = Upcasters(CURRENT_SCHEMA)
"""Version 1 is the first, so there is no step yet."""


def schema_in(values: object) -> int | None:
    """The version that care.yaml states; null when it states none, or not as a whole number."""
    stated = values.get("schema") if isinstance(values, dict) else None
    return stated if isinstance(stated, int) and not isinstance(stated, bool) else None
