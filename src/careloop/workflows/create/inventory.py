"""The inventory: what is in it with the tier that the rules give, and how it compares with what was seen elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from careloop.checks.catalogue import Catalogue
from careloop.checks.reconcile import Reconciliation, reconcile
from careloop.checks.subjects import Cases
from careloop.checks.tiering import ReachedTier, reached_tiers
from careloop.documents.code_imports import LOOKED_AT, sighted_imports
from careloop.documents.compile import compile_tree
from careloop.documents.inventory_lists import sighted_rows
from careloop.domain.ai_signs import AiSigns
from careloop.domain.impact import Screening
from careloop.domain.sighting import Sighting, SightingSource
from careloop.domain.system import System
from careloop.errors import InvalidInput
from careloop.ports.model_registry import ModelRegistry
from careloop.ports.project_files import ProjectFiles
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest

__all__ = ["Elsewhere", "InventoryAnswer", "InventoryRow", "list_inventory", "reconcile_inventory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Where else AI may show."""

    lists: Sequence[tuple[SightingSource, str, bytes]] = ()
    """CSV files: what kind, the file's name, its bytes."""
    registry: ModelRegistry | None = None
    code: Sequence[ProjectFiles] = ()


@dataclass(frozen=True, slots=True)
class InventoryAnswer:
    """A reconciliation and what it rests on."""

    reconciliation: Reconciliation
    commit: str | None
    standards_digest: str


@dataclass(frozen=True, slots=True)
class InventoryRow:
    """One system, as a list shows it."""

    system: System
    in_scope: bool
    reached: ReachedTier | None
    """The tier that the rules give; null outside of the scope."""
    screened: Screening | None
    """The newest impact screening."""


def list_inventory(source: RepositorySource) -> tuple[tuple[InventoryRow, ...], str | None]:
    """All systems in order of their ids, with the commit that they were read at."""
    repository = compile_tree(source.work_tree()).repository
    reached = reached_tiers(Cases(repository, None), repository)
    screenings: dict[str, Screening] = {}
    for one in sorted(repository.nouns(Screening), key=lambda screening: screening.on):
        screenings[one.system] = one
    rows = tuple(
        InventoryRow(system, system.id in reached, reached.get(system.id), screenings.get(system.id))
        for system in sorted(repository.nouns(System), key=lambda system: system.id)
    )
    return rows, source.head().commit


def reconcile_inventory(
    source: RepositorySource, elsewhere: Elsewhere, *, standards: StandardsLibrary
) -> InventoryAnswer:
    """Compare the inventory with what was seen elsewhere. Raises InvalidInput for an inventory that cannot be read."""
    compiled = compile_tree(source.work_tree())
    torn = [error for error in compiled.errors if error.place.file.startswith("systems/")]
    if torn:
        raise InvalidInput(f"{torn[0].place}: {torn[0].message}", hint="`care check` shows all that cannot be read")
    files = standards.read_all()
    organisation = compiled.repository.organisation
    found = reconcile(
        compiled.repository.nouns(System),
        tuple(_sightings(elsewhere, Catalogue(files).ai_signs)),
        owner=organisation.owner if organisation else None,
    )
    return InventoryAnswer(found, source.head().commit, standards_digest(files))


def _sightings(elsewhere: Elsewhere, signs: AiSigns) -> Iterator[Sighting]:
    for kind, file, raw in elsewhere.lists:
        yield from sighted_rows(kind, raw, file, signs)
    for model in elsewhere.registry.models() if elsewhere.registry else ():
        yield Sighting(source=SightingSource.REGISTRY, name=model.name, file=model.source)
    for code in elsewhere.code:
        yield from sighted_imports(code.read(LOOKED_AT), signs)
