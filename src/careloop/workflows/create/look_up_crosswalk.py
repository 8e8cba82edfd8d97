"""Find the crosswalks of a framework, seen from either of their sides."""

from dataclasses import dataclass

from careloop.checks.catalogue import Catalogue
from careloop.domain.crosswalk import Crosswalk
from careloop.errors import NotFound, UsageError
from careloop.ports.standards_library import StandardsLibrary, standards_digest

__all__ = ["FoundCrosswalks", "look_up_crosswalk"]


@dataclass(frozen=True, slots=True)
class FoundCrosswalks:
    """Crosswalks that lead somewhere from the framework, and the titles of requirements that we know."""

    crosswalks: tuple[Crosswalk, ...]
    titles: dict[str, str]
    standards_digest: str


def look_up_crosswalk(framework: str, item: str | None, *, standards: StandardsLibrary) -> FoundCrosswalks:
    """Raises UsageError for an id without an edition, and NotFound for a framework or item that no crosswalk knows."""
    files = standards.read_all()
    catalogue = Catalogue(files)
    known = sorted({side for one in catalogue.crosswalks for side in (one.from_, one.to)})
    if ":" not in framework:
        close = next((name for name in known if name.startswith(f"{framework}:")), f"{framework}:EDITION")
        raise UsageError(f"the framework id '{framework}' has no edition", hint=f"write it like {close}")
    if framework not in known:
        raise NotFound(f"there is no crosswalk of '{framework}'", hint=f"one of {', '.join(known)}")
    found = tuple(one for one in catalogue.crosswalks if any(True for _ in one.of(framework, item)))
    if not found:
        raise NotFound(
            f"no crosswalk of {framework} speaks about '{item}'", hint=f"`care crosswalk {framework}` lists them"
        )
    titles = {row.id: row.title for row in catalogue.requirements}
    return FoundCrosswalks(found, titles, standards_digest(files))
