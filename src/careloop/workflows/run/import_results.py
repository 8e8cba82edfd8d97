"""`care results import`: another tool's report as a results file, bound to a release by whoever imports it (R92).

Reads the committed system document for the names that reports use; writes and records nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from careloop.documents.compile import compile_tree
from careloop.domain.release import ResultsFile
from careloop.domain.system import System
from careloop.errors import NotFound
from careloop.gates.from_report import Stated, read_any_results
from careloop.ports.repository_source import RepositorySource

__all__ = ["ImportAsk", "import_results"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAsk:
    """A report, and what its importer adds."""

    system: str
    raw: bytes
    name: str
    lock: str | None = None
    data_digest: str | None = None
    config_digest: str | None = None
    measured_at: datetime | None = None
    manifest: tuple[bytes, str] | None = None
    """dbt's, and its name."""


def import_results(ask: ImportAsk, source: RepositorySource) -> ResultsFile:
    """The report as results; raises `InvalidInput` with file, line and field, and `NotFound` for an unknown system."""
    systems = compile_tree(source.work_tree()).repository.nouns(System)
    system = next((one for one in systems if one.id == ask.system), None)
    if system is None:
        raise NotFound(f"there is no system '{ask.system}' in the inventory", hint="add systems/<id>/system.yaml")
    stated = Stated(
        lock=ask.lock,
        data_digest=ask.data_digest,
        config_digest=ask.config_digest,
        measured_at=ask.measured_at,
        manifest=ask.manifest,
    )
    return read_any_results(ask.raw, ask.name, system=system.id, expected=system.evaluation, stated=stated)
