"""A change envelope: the recipe by which a system is retrained without asking people each time (SEMANTICS 14; R78)."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, JsonValue, StringConstraints, model_validator

from careloop.domain.noun import Governed, Noun, Slug, Text
from careloop.domain.release_lock import HostedModel

__all__ = ["Bound", "ChangeEnvelope", "Recipe"]

_Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]


class Recipe(Noun):
    """What every release inside the envelope has in common, byte for byte."""

    code_commit: _Commit | None = None
    """Commit of the code repository; null when the lock names none."""
    artefacts: dict[Text, _Sha256] = {}
    """Locked files that stay as they are: training code, prompts, guard, by name."""
    features: tuple[Text, ...] = Field(min_length=1)
    """The `features` of the lock's parameters, in order."""
    data_contract: _Digest
    """The `data_contract` of the lock's parameters: what the training data has to be like."""
    parameters: dict[str, JsonValue] = {}
    """All other parameters of the lock, but for those that may vary."""
    hosted_model: HostedModel | None = None

    @model_validator(mode="after")
    def _names_the_code(self) -> Self:
        if self.code_commit is None and not self.artefacts:
            raise ValueError("a recipe names its code, by code_commit or by the digests of its files")
        return self


class Bound(Noun):
    """How far a measure may go; the end of its interval that lies on the wrong side counts."""

    measure: Slug
    least: float | None = None
    most: float | None = None
    """In the measure's own unit; at least one of the two is given."""

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.least is None and self.most is None:
            raise ValueError(f"the bound of {self.measure} says neither least nor most")
        return self


class ChangeEnvelope(Governed):
    """`systems/<id>/envelopes/*.yaml`: counts once two people have granted it; for tiers up to high."""

    id: Slug
    environment: Slug = "production"
    reason: Text
    recipe: Recipe
    varies: tuple[Text, ...] = Field(min_length=1)
    """Names of locked artefacts whose bytes may differ from release to release: the trained weights."""
    varying_parameters: tuple[Text, ...] = ()
    """Parameters of the lock that may differ: `training_data`, `evaluation_data`, `seed`."""
    bounds: tuple[Bound, ...] = Field(min_length=1)
    """What each release must reach; a measure that is missing is outside."""
    shift: tuple[Bound, ...] = Field(min_length=1)
    """How far inputs or predictions may have moved from the release before: `{measure: psi, most: 0.1}`."""
    most_releases: int = Field(ge=1, le=1000)
    """Releases that may get standing by it, in all."""
    expires: date
    """Last day on which it counts."""
