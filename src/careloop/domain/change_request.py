"""A change request: what is to change, why, what it does, who agrees and how it is taken back (6.3, 8.1; R19)."""

from pydantic import Field

from careloop.domain.noun import Noun, Slug, Text

__all__ = ["ChangeRequest"]


class ChangeRequest(Noun):
    """`changes/*.yaml`: the record that travels with a change of policies or rules, in the same merge."""

    id: Slug
    what: Text
    why: Text
    """The law, incident, review or request that it answers."""
    impact: Text
    """Who and what is affected: people, systems, rules, training."""
    approver: Slug
    """Post that agrees to the change."""
    roll_back: Text
    """How to go back, and until when that is possible."""
    touches: tuple[Text, ...] = Field(min_length=1)
    """Paths it is about, as in CODEOWNERS: `policies/ai-policy.md`, `rules/**`."""
