"""The answer of `care check`: errors, findings, and what they were computed from."""

from dataclasses import dataclass

from careloop.domain.finding import Finding
from careloop.domain.link_file import GovernancePin

__all__ = ["CheckResult", "TreeCheck"]


@dataclass(frozen=True, slots=True)
class TreeCheck:
    """What is wrong with one tree; a function of the tree, the standards and, if given, a day."""

    documents: int
    """Documents that could be read."""
    errors: tuple[Finding, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """A tree's check with where it came from."""

    checked: TreeCheck
    commit: str | None
    dirty: bool | None
    standards_digest: str
    governance: GovernancePin | None = None
    """Where a code repository is checked: the governance repository's commit that the answer rests on."""

    @property
    def exit_code(self) -> int:
        """2 when something cannot be read, else 1 when a finding blocks, else 0 (CONTRACTS, Exit codes)."""
        if self.checked.errors:
            return 2
        return 1 if any(finding.blocking for finding in self.checked.findings) else 0
