"""What every registry of models must do. Derive a test class, give it a `make_registry`, and run it."""

from abc import ABC, abstractmethod
from dataclasses import replace

from careloop.domain.model_facts import ModelFacts
from careloop.ports.model_registry import ModelRegistry

__all__ = ["CREDIT", "ModelRegistryContract"]

CREDIT = ModelFacts(
    name="credit-scoring",
    source="",
    version="2",
    description="Estimates whether an applicant can carry the instalments of a loan.",
    made_by="ada",
    kind="LogisticRegression",
    parameters={"C": "0.5", "penalty": "l2"},
    measures=("roc_auc", "test_brier_score"),
    training_data=("loans-2025",),
    evaluation_data=("loans-holdout",),
    licence="apache-2.0",
)
"""The second version of a model, as a run logged it; a figure of the training data is no measure of it."""


class ModelRegistryContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_registry(self) -> ModelRegistry:
        """A registry that holds `CREDIT`, and `Churn Forecast v2` of which there is no version."""

    def test_models_come_by_name_and_one_without_a_version_too(self) -> None:
        found = self.make_registry().models()
        assert [(model.name, model.version) for model in found] == [
            ("Churn Forecast v2", None),
            ("credit-scoring", "2"),
        ]

    def test_the_newest_version_is_told_with_the_run_behind_it_and_without_figures(self) -> None:
        (found,) = [model for model in self.make_registry().models() if model.name == CREDIT.name]
        assert replace(found, source="", made_on=None, tags={}) == CREDIT
        assert found.source
