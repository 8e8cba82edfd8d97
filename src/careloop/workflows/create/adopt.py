"""Draft systems of the inventory from what an existing project already says: a way in without typing (R80)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from careloop.checks.catalogue import Catalogue
from careloop.documents.adoption import from_dbt, from_litellm, from_models, from_workflows
from careloop.documents.compile import compile_tree
from careloop.documents.system_draft import draft_system, system_id
from careloop.domain.ai_signs import AiSigns
from careloop.domain.candidate import Candidate
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.errors import InvalidInput, NotFound
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.model_registry import ModelRegistry
from careloop.ports.project_files import ProjectFiles
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.create.draft_card import known_for

__all__ = ["Adopted", "AdoptedSystem", "AdoptionSource", "Project", "adopt"]

_WEIGHTS = re.compile(r".*\.(?:bin|cbm|gguf|h5|joblib|keras|onnx|pickle|pkl|pt|pth|safetensors|ubj)")


class AdoptionSource(StrEnum):
    """Where systems are looked for."""

    MLFLOW = "mlflow"
    WORKFLOWS = "workflows"
    DBT = "dbt"
    LITELLM = "litellm"


@dataclass(frozen=True, slots=True)
class Project:
    """An existing project, and how it is to be read."""

    files: ProjectFiles
    source: AdoptionSource
    registry: Callable[[], ModelRegistry]
    """Its registry of models; asked for only when systems are looked for there."""


@dataclass(frozen=True, slots=True)
class AdoptedSystem:
    """One draft."""

    id: str
    found_in: str
    written: tuple[str, ...]
    """Paths in the governance repository; empty where the system was there before."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adopted:
    """All drafts of one call, and what the answer rests on."""

    systems: tuple[AdoptedSystem, ...]
    commit: str | None


def adopt(
    project: Project, source: RepositorySource, writer: DocumentFolder, *, standards: StandardsLibrary
) -> Adopted:
    """Write systems/<id>/system.yaml and card.md for each candidate that the inventory does not know by its name.

    Raises NotFound where nothing of the kind is found or no governance repository can take it.
    """
    tree = source.work_tree()
    repository = compile_tree(tree).repository
    organisation = repository.organisation
    if organisation is None:
        raise NotFound(
            "there is no care.yaml to adopt systems into", hint="run `care init` first, or name it with --into"
        )
    candidates = tuple(_candidates(project, Catalogue(standards.read_all()).ai_signs))
    if not candidates:
        raise NotFound(f"nothing was found by --from {project.source.value}", hint=_LOOKED[project.source])
    known = {system.id: system for system in repository.nouns(System)}
    names = {system.name.casefold(): system.id for system in known.values()}
    taken = set(known)
    made: list[AdoptedSystem] = []
    for candidate in candidates:
        there = names.get(candidate.facts.name.casefold())
        if there is not None:
            made.append(AdoptedSystem(there, candidate.facts.source, (), ()))
            continue
        name = system_id(candidate.facts.name, taken)
        taken.add(name)
        drafts = _drafts(candidate, name, draft_system(candidate, name, organisation), tree)
        for path, text in drafts.items():
            writer.write(path, text)
        made.append(AdoptedSystem(name, candidate.facts.source, tuple(drafts), candidate.notes))
    return Adopted(tuple(made), source.head().commit)


_LOOKED = {
    AdoptionSource.MLFLOW: "name the registry with --source: a folder, a database file or a URL",
    AdoptionSource.WORKFLOWS: "no file below .github/workflows/ trains or deploys a model",
    AdoptionSource.DBT: "no manifest.json lists an exposure of type ml or a Python model that learns",
    AdoptionSource.LITELLM: "no YAML file holds a model_list",
}


def _drafts(candidate: Candidate, name: str, text: str, tree: SourceTree) -> Mapping[str, str]:
    """The system, and its card from all that is known of it once it stands among the other documents."""
    path = f"systems/{name}/system.yaml"
    repository = compile_tree(SourceTree({**tree.files, path: text.encode()})).repository
    system = next(system for system in repository.nouns(System) if system.id == name)
    card = known_for(system, repository, candidate.facts).drafted({})
    return {path: text, f"systems/{name}/card.md": card.text}


def _candidates(project: Project, signs: AiSigns) -> Iterator[Candidate]:
    files = project.files
    if project.source is AdoptionSource.MLFLOW:
        weights = tuple(name for name in files.names() if _WEIGHTS.fullmatch(name) and "mlruns/" not in f"{name}/")
        yield from from_models(project.registry().models(), weights)
    elif project.source is AdoptionSource.WORKFLOWS:
        yield from from_workflows(files.read([".github/workflows/*.yml", ".github/workflows/*.yaml"]), signs)
    elif project.source is AdoptionSource.DBT:
        for path, raw in files.read(["manifest.json", "**/manifest.json"]).items():
            try:
                yield from from_dbt(raw, path, signs)
            except ValueError as error:
                raise InvalidInput(f"{path} is no JSON: {error}") from error
    else:
        for path, raw in files.read(["*.yaml", "*.yml", "**/*litellm*.y*ml", "**/config.y*ml"]).items():
            yield from from_litellm(raw, path)
