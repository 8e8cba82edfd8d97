"""`standards/ai-signs.yaml`: what gives an AI system away in code and configuration (R76, R80)."""

from typing import Literal

from pydantic import Field

from careloop.domain.noun import Noun, Slug, Text

__all__ = ["AiSigns", "CommandSign", "PackageSign"]


class PackageSign(Noun):
    """A package that is imported by what calls, trains or serves a model."""

    name: Text
    """As it is imported, with dots."""
    kind: Literal["language_model", "learning"]
    supplier: Slug | None = None
    """Who runs the models that it calls, where that is one firm."""


class CommandSign(Noun):
    """Words of a CI step that build or deploy models."""

    sign: Text
    because: Text


class AiSigns(Noun):
    """The whole table."""

    edition: Text
    packages: tuple[PackageSign, ...] = Field(min_length=1)
    distributions: dict[str, str] = {}
    """Name in a list of requirements to the name that is imported, where they differ."""
    commands: tuple[CommandSign, ...] = Field(min_length=1)
    applications: tuple[Text, ...] = ()
    """Names of AI applications, as sign-in logs and purchase lists have them."""
    words: tuple[Text, ...] = ()
    """Words of a purchase that may mean AI."""
