"""Hold a change against the rules of its base: owners, loosening, record; with the signatures that git verifies."""

from datetime import date

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.finding import Finding
from careloop.gates.change_control import ChangeControl
from careloop.ports.change_history import ChangeHistory
from careloop.ports.repository_source import RepositorySource

__all__ = ["change_findings"]


def change_findings(
    source: RepositorySource, history: ChangeHistory, span: tuple[str, str], *, catalogue: Catalogue, on: date | None
) -> tuple[Finding, ...]:
    """What the end of a span lacks before it may be merged into its start; nothing while no owners are named there."""
    change = history.change(*span)
    if not change.after:
        return ()
    control = ChangeControl(compile_tree(source.at(change.base)), history.owners_file(change.base), on)
    signatures = history.signatures([commit.id for commit in change.commits], control.signers)
    return control.findings(change, compile_tree(source.at(change.head)), signatures, catalogue)
