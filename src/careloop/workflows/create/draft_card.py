"""Draft a system's model card from what is known, and say what only a person can add (R91)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from careloop.documents.card_defaults import said_by_facts, said_by_repository
from careloop.documents.card_draft import DraftedCard, Said, draft_card
from careloop.documents.compile import compile_tree
from careloop.domain.card import CARD_FIELDS
from careloop.domain.impact import Assessment
from careloop.domain.model_facts import ModelFacts
from careloop.domain.repository import Repository
from careloop.domain.risk import Risk
from careloop.domain.system import System
from careloop.errors import Conflict, NotFound, UsageError
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.model_registry import ModelRegistry
from careloop.ports.repository_source import RepositorySource

__all__ = ["CardTerms", "CardToDraft", "card_to_draft", "known_for", "write_card"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTerms:
    """Which card is to be drafted, and from what."""

    system: str
    model: str | None = None
    """Name of the model in the registry; left out, the one that is called like the system, or the only one."""


@dataclass(frozen=True, slots=True)
class CardToDraft:
    """All that is known for a card before anybody is asked."""

    system: System
    said: Mapping[str, Said]
    measures: tuple[str, ...]
    care: Mapping[str, object]

    def drafted(self, answers: Mapping[str, str]) -> DraftedCard:
        """The card with what people have answered, by field. Raises UsageError for a field that no card has."""
        known = {field.id for field in CARD_FIELDS}
        if odd := sorted(answers.keys() - known):
            raise UsageError(f"a card has no field '{odd[0]}'", hint=f"one of {', '.join(sorted(known))}")
        measures = self.measures
        if "metrics" in answers:
            measures = tuple(filter(None, (_slug(word) for word in answers["metrics"].split(","))))
        told = {field: Said(text, "a person said so", False) for field, text in answers.items() if field != "metrics"}
        return draft_card(
            self.system.name, {**self.said, **told}, measures=measures, tier=self.system.tier, care=self.care
        )


def card_to_draft(source: RepositorySource, registry: ModelRegistry | None, terms: CardTerms) -> CardToDraft:
    """Gather what the repository and the registry say. Raises NotFound for a system or model that is not there."""
    repository = compile_tree(source.work_tree()).repository
    systems = {system.id: system for system in repository.nouns(System)}
    system = systems.get(terms.system)
    if system is None:
        hint = f"one of {', '.join(sorted(systems))}" if systems else "write systems/<id>/system.yaml, or `care adopt`"
        raise NotFound(f"there is no system '{terms.system}'", hint=hint)
    return known_for(system, repository, _chosen(registry, terms) if registry else None)


def known_for(system: System, repository: Repository, facts: ModelFacts | None) -> CardToDraft:
    """What the repository and, where there is one, the record of the model say about a system."""
    said = {**(said_by_facts(facts) if facts else {}), **said_by_repository(system, repository)}
    if facts:
        said |= _of_the_model(facts)
    measures = tuple(dict.fromkeys(filter(None, (_slug(one) for one in (facts.measures if facts else ())))))
    return CardToDraft(system, said, measures, _care(system, repository))


def _of_the_model(facts: ModelFacts) -> dict[str, Said]:
    """What the model's own record knows better than the inventory: its version, its day, its kind."""
    return {field: one for field, one in said_by_facts(facts).items() if field in ("version", "date", "model_type")}


def _chosen(registry: ModelRegistry, terms: CardTerms) -> ModelFacts:
    models = registry.models()
    wanted = terms.model or terms.system
    named = [model for model in models if model.name == wanted or _slug(model.name) == wanted]
    if not named and len(models) == 1 and terms.model is None:
        named = list(models)
    if not named:
        names = ", ".join(model.name for model in models) or "none"
        raise NotFound(f"there is no model '{wanted}' in the registry", hint=f"name one with --model: {names}")
    return named[0]


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "_", text.strip().lower()).strip("_.-")[:80]


def _care(system: System, repository: Repository) -> dict[str, object]:
    """What ties the card to our own records."""
    assessments = [one for d, one in repository.all(Assessment) if d.folder == system.id]
    return {
        "system": system.id,
        "owner": system.owner,
        "tier": system.tier.value,
        "risks": [risk.id for risk in repository.nouns(Risk) if system.id in risk.systems],
        "assessment": assessments[-1].id if assessments else None,
        "constraints": [use.id for use in system.intended_use],
    }


def write_card(card: DraftedCard, writer: DocumentFolder, path: str) -> None:
    """Write a card where none is yet. Raises Conflict."""
    if writer.exists(path):
        raise Conflict(f"{path} is there already", hint="name another file with --out, and take over what you want")
    writer.write(path, card.text)
