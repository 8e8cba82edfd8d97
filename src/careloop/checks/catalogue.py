"""The standards library as nouns: requirements, claims and rule packs."""

from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar

from pydantic import TypeAdapter

from careloop.checks.questionnaire_shelf import QuestionnaireShelf
from careloop.documents.validation import validate
from careloop.documents.yaml_text import decode, read_shipped_yaml
from careloop.domain.ai_signs import AiSigns
from careloop.domain.crosswalk import Crosswalk
from careloop.domain.gap_work import GapWork
from careloop.domain.profile import ProfileFile
from careloop.domain.rule import RuleFile
from careloop.domain.standard import CareCatalogue, Claim, ClaimFile, Outline, Requirement, RequirementKind
from careloop.errors import InvalidInput

__all__ = ["Catalogue"]

T = TypeVar("T", Outline, CareCatalogue, ClaimFile, RuleFile, GapWork, AiSigns, Crosswalk, ProfileFile)


class Catalogue:
    """What ships as data; each part is read when it is first asked for."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Clauses, controls and CARE practices, in the order of the status."""
        outlines = [self._read(path, Outline) for path in sorted(self._files) if path.startswith("iso")]
        care = self._read("care.yaml", CareCatalogue)
        return tuple(row for outline in outlines for row in outline.requirements) + care.practices

    @cached_property
    def controls(self) -> tuple[str, ...]:
        """Ids of the reference controls."""
        return tuple(row.id for row in self.requirements if row.kind is RequirementKind.CONTROL)

    @cached_property
    def claims(self) -> Mapping[str, tuple[Claim, ...]]:
        """Claims by requirement id."""
        found: dict[str, tuple[Claim, ...]] = {}
        for path in sorted(self._files):
            if path.startswith("claims/"):
                for group in self._read(path, ClaimFile).claims_of:
                    found[group.requirement] = (*found.get(group.requirement, ()), *group.claims)
        return found

    @cached_property
    def packs(self) -> Mapping[str, RuleFile]:
        """Rule packs by name and edition."""
        files = [self._read(path, RuleFile) for path in sorted(self._files) if path.startswith("packs/")]
        return {str(pack.pack): pack for pack in files}

    @cached_property
    def gap_work(self) -> GapWork:
        """What a gap assessment knows of work: areas, order, days, milestones."""
        return self._read("gap.yaml", GapWork)

    @cached_property
    def ai_signs(self) -> AiSigns:
        """What gives an AI system away in code and configuration."""
        return self._read("ai-signs.yaml", AiSigns)

    @cached_property
    def crosswalks(self) -> tuple[Crosswalk, ...]:
        """Crosswalks between frameworks."""
        return tuple(self._read(path, Crosswalk) for path in sorted(self._files) if path.startswith("crosswalks/"))

    @cached_property
    def shelf(self) -> QuestionnaireShelf:
        """Questionnaires that ship."""
        return QuestionnaireShelf(self._files)

    @cached_property
    def profiles(self) -> ProfileFile:
        """Profiles to start from, and the modules that can be off."""
        return self._read("profiles.yaml", ProfileFile)

    def _read(self, path: str, noun: type[T]) -> T:
        text = decode(self._files[path])
        if not isinstance(text, str):
            raise InvalidInput(f"standards/{path}: {text.message}")
        reading = read_shipped_yaml(text)
        found = reading.problems or validate(TypeAdapter(noun), noun, reading.value)
        if isinstance(found, tuple):
            where = "/".join(str(part) for part in found[0].pointer) or f"line {found[0].line}"
            raise InvalidInput(f"standards/{path}: {found[0].message} ({where})")
        assert isinstance(found, noun)
        return found
