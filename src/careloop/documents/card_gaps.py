"""What a card would have to say at a tier, and does not."""

from careloop.domain.card import CARD_FIELDS, Card, CardField, FieldState, Need
from careloop.domain.noun import Noun, Slug
from careloop.domain.tier import Severity, Tier

__all__ = ["CardGap", "card_gaps"]

_MANY = frozenset(
    {"users", "factors", "metrics", "thresholds", "results", "disaggregated_results", "limitations", "security"}
)
"""Fields whose title is a plural."""


class CardGap(Noun):
    """A field that the card leaves open."""

    field: Slug
    """Id in `CARD_FIELDS`."""
    title: str
    severity: Severity
    """Must or should, at the tier that was asked for."""
    state: FieldState
    """Absent, or a section that says nothing."""
    line: int
    """Where the card leaves it open, from 1; 1 when it does not mention it at all."""
    remedy: str

    @property
    def message(self) -> str:
        """What is wrong, in the reader's words.

        >>> from careloop.domain.card import FieldState
        >>> CardGap(field="date", title="date", severity="must", state="absent", line=1, remedy="say when").message
        'no date is stated'
        """
        if self.state is FieldState.PLACEHOLDER:
            return f"the section on {self.title} is there and says nothing"
        return f"no {self.title} {'are' if self.field in _MANY else 'is'} stated"


def card_gaps(card: Card, tier: Tier) -> tuple[CardGap, ...]:
    """Fields that the tier asks for and the card does not state, in the order of `CARD_FIELDS`.

    A field of `MUST_HIGH` is a should below tier high; the base model is asked for only when the model was derived.
    """
    return tuple(
        CardGap(
            field=field.id,
            title=field.title,
            severity=severity,
            state=card.fields[field.id].state,
            line=card.fields[field.id].line,
            remedy=field.remedy,
        )
        for field in CARD_FIELDS
        if (severity := _asked(field, card, tier)) and card.fields[field.id].state is not FieldState.STATED
    )


def _asked(field: CardField, card: Card, tier: Tier) -> Severity | None:
    match field.need:
        case Need.MUST:
            return Severity.MUST
        case Need.MUST_HIGH:
            return Severity.MUST if tier.rank >= Tier.HIGH.rank else Severity.SHOULD
        case Need.MUST_IF_DERIVED:
            return Severity.MUST if card.derived else None
        case Need.SHOULD:
            return Severity.SHOULD
