"""Begin the decisions about the reference controls: all of them, none decided (R6)."""

from datetime import datetime
from zoneinfo import ZoneInfo

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.documents.controls_draft import draft_controls
from careloop.domain.standard import RequirementKind
from careloop.errors import Conflict, NotFound
from careloop.ports.document_folder import DocumentFolder
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary

__all__ = ["draft_statement"]

_PATH = "controls.yaml"


def draft_statement(
    source: RepositorySource, writer: DocumentFolder, *, standards: StandardsLibrary, now: datetime
) -> tuple[str, int]:
    """Write controls.yaml; its path and the number of controls. Raises Conflict where it is there already."""
    if writer.exists(_PATH):
        raise Conflict(f"{_PATH} is there already", hint="decide what is open in it; `care check` shows that")
    organisation = compile_tree(source.work_tree()).repository.organisation
    if organisation is None:
        raise NotFound("there is no care.yaml that can be read", hint="run `care check` first")
    requirements = Catalogue(standards.read_all()).requirements
    controls = [row for row in requirements if row.kind is RequirementKind.CONTROL]
    today = now.astimezone(ZoneInfo(organisation.time_zone)).date()
    writer.write(_PATH, draft_controls(controls, owner=organisation.owner, today=today))
    return _PATH, len(controls)
