"""A registry of models in memory, for tests."""

from careloop.domain.model_facts import ModelFacts

__all__ = ["ModelRegistryFake"]


class ModelRegistryFake:
    """A `ModelRegistry` of the models it is given."""

    def __init__(self, *models: ModelFacts) -> None:
        self._models = models

    def models(self) -> tuple[ModelFacts, ...]:
        """The models, by name."""
        return tuple(sorted(self._models, key=lambda model: model.name))
