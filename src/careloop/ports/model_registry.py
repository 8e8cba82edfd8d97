"""Where models are registered: which there are, and what is known of the newest version of each."""

from typing import Protocol

from careloop.domain.model_facts import ModelFacts

__all__ = ["ModelRegistry"]


class ModelRegistry(Protocol):
    """Reads one registry. Nothing here writes."""

    def models(self) -> tuple[ModelFacts, ...]:
        """Every registered model by name. Raises NotFound, InvalidInput or Unavailable."""
        ...
