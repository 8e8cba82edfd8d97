"""A card that says nothing counts as missing at the gate too, however it got past the pull request (R39; A.8.2)."""

from collections.abc import Iterator

from careloop.documents.card_gaps import card_gaps
from careloop.domain.card import Card, FieldState
from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.tier import Severity, Tier

__all__ = ["card_reasons"]

_PURPOSE = "intended_use"


def card_reasons(card: Card | None, path: str, tier: Tier) -> Iterator[Reason]:
    """Required sections of the card at `path` that are placeholders, and a card that does not even say what it is for.

    From tier medium on, as the rule that asks for the card; whether there is one at all, that rule says. A section that
    is only missing is left to `care check`, which stops the change that leaves it out.
    """
    if card is None or tier.rank < Tier.MEDIUM.rank:
        return
    for gap in card_gaps(card, tier):
        empty = gap.state is FieldState.PLACEHOLDER or gap.field == _PURPOSE
        if empty and gap.severity is Severity.MUST:
            yield Reason(
                kind=ReasonKind.DOCUMENT,
                effect=Verdict.BLOCK,
                message=f"{path}:{gap.line}: the model card is a placeholder: {gap.message}",
                remedy=gap.remedy,
                controls=("iso42001:2023/A.8.2", "iso42001:2023/A.6.2.7"),
            )
