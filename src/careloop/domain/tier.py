"""How much harm a system can do, and the other small closed sets that many nouns share."""

from enum import StrEnum

__all__ = ["Enforcement", "Moment", "OrderedEnum", "Phase", "Severity", "Tier"]


class OrderedEnum(StrEnum):
    """A closed set with an order; words in YAML and messages, integers 0, 1, 2, … in rule facts."""

    @property
    def rank(self) -> int:
        """Position in the declared order, counted from 0."""
        return list(type(self)).index(self)


class Tier(OrderedEnum):
    """Risk tier of a system, lowest first (R27)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


class Severity(StrEnum):
    """How strongly a rule speaks."""

    MUST = "must"
    SHOULD = "should"


class Enforcement(OrderedEnum):
    """What a violation does, weakest first (SEMANTICS 7)."""

    OBSERVE = "observe"
    WARN = "warn"
    BLOCK = "block"


class Moment(StrEnum):
    """When a rule is enforced (ARCHITECTURE, "One rule language, four moments")."""

    CHANGE = "change"
    RELEASE = "release"
    RUNTIME = "runtime"
    ALWAYS = "always"


class Phase(StrEnum):
    """The four phases of the CARE loop."""

    CREATE = "create"
    ADAPT = "adapt"
    RUN = "run"
    EVOLVE = "evolve"
