"""Each field of a model card beside the checks that hold what it says against something else (R29)."""

from careloop.documents.compile import compile_tree
from careloop.domain.card import CARD_FIELDS, Card, CardField, Need
from careloop.domain.card_link import CardLink, FieldCheck
from careloop.domain.check import TreeCheck
from careloop.domain.finding import Finding
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.errors import NotFound
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.create.check_repository import check_repository

__all__ = ["link_card"]

_ALL = "card-complete"
"""The check of every field: that the card says something there."""


def link_card(
    source: RepositorySource, system: str, *, standards: StandardsLibrary, cache: ResultCache
) -> tuple[CardLink, ...]:
    """The fields in the order of the union table; raises `NotFound` for no such system, and for one without a card."""
    repository = compile_tree(source.work_tree()).repository
    noun = next((one for one in repository.nouns(System) if one.id == system), None)
    if noun is None:
        raise NotFound(f"there is no system '{system}'", hint="name one of systems/")
    found = next(((document, card) for document, card in repository.all(Card) if document.folder == system), None)
    if found is None:
        raise NotFound(f"{system} has no readable card", hint=f"`care card draft {system}` writes one")
    document, card = found
    checked = check_repository(source, standards=standards, cache=cache).checked
    return tuple(
        CardLink(
            field=field.id,
            title=field.title,
            required=_required(field, card, noun.tier),
            state=card.fields[field.id].state,
            file=document.path,
            line=card.fields[field.id].line,
            checks=tuple(_check(rule, field, document.path, system, checked) for rule in (_ALL, *field.shown_by)),
        )
        for field in CARD_FIELDS
    )


def _required(field: CardField, card: Card, tier: Tier) -> bool:
    match field.need:
        case Need.MUST:
            return True
        case Need.MUST_HIGH:
            return tier.rank >= Tier.HIGH.rank
        case Need.MUST_IF_DERIVED:
            return card.derived
        case Need.SHOULD:
            return False


def _check(rule: str, field: CardField, path: str, system: str, checked: TreeCheck) -> FieldCheck:
    """What a check found about this field; nothing where it speaks at the gate only, and nobody asked it yet."""
    against = next((one for one in checked.findings if one.rule == rule and _concerns(one, field, path, system)), None)
    return FieldCheck(rule=rule, against=against.message if against else None)


def _concerns(finding: Finding, field: CardField, path: str, system: str) -> bool:
    if finding.rule == _ALL:
        return finding.place.file == path and finding.pointer[:1] == (field.id,)
    return finding.subject == system or finding.place.file.startswith(f"systems/{system}/")
