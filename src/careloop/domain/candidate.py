"""Something in an existing project that looks like an AI system: where `care adopt` begins (R80)."""

from dataclasses import dataclass

from careloop.domain.model_facts import ModelFacts

__all__ = ["Candidate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What was found, and where; everything beyond is a guess."""

    facts: ModelFacts
    """Name, description, and for registered models what the registry knows."""
    origin: str = "built"
    """As in `system.yaml`."""
    origin_because: str
    language_model: bool = False
    supplier: str | None = None
    """Who runs the model, where somebody else does."""
    artefacts: tuple[str, ...] = ()
    """Patterns of files that seem to decide its behaviour."""
    notes: tuple[str, ...] = ()
    """What else its owner should know."""
