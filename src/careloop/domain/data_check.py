"""What a check of a data set found: quality by targets, provenance by digests, preparation by criteria (R57-R59)."""

from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.dataset import Relation

__all__ = ["CheckState", "DataCheck", "DataFinding", "DataPart"]


class DataPart(StrEnum):
    """What of a data sheet a finding is about."""

    QUALITY = "quality"
    """A.7.4."""
    PROVENANCE = "provenance"
    """A.7.5."""
    PREPARATION = "preparation"
    """A.7.6."""


class CheckState(StrEnum):
    """How it came out. Only `passed` passes: what has no target or cannot be told fails."""

    PASSED = "passed"
    FAILED = "failed"
    UNSET = "unset"
    """Nobody has said what is good enough."""
    UNTOLD = "untold"
    """It could not be measured or verified; `because` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFinding:
    """One requirement of the sheet, held against the data."""

    part: DataPart
    name: str
    """The measure, the step or the method."""
    state: CheckState
    because: str
    value: float | None = None
    relation: Relation | None = None
    target: float | None = None
    n: int | None = None
    """Rows that the value rests on."""
    digest: str | None = None
    """Of the counts that the value follows from, or of the file that was verified."""
    remedy: str = ""

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return self.state is CheckState.PASSED


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCheck:
    """Everything that was checked of one data set at one instant."""

    dataset: str
    system: str
    """Folder of the system that the sheet lies in."""
    path: str
    sheet: str
    """Digest of the sheet's bytes."""
    data: tuple[tuple[str, str], ...]
    """Files that were measured, with the digest of each."""
    findings: tuple[DataFinding, ...]

    def of(self, part: DataPart) -> tuple[DataFinding, ...]:
        """The findings about one part, in the sheet's order."""
        return tuple(one for one in self.findings if one.part is part)

    def passed(self, part: DataPart | None = None) -> bool:
        """Whether all findings pass, or all about one part; nothing to find is no pass."""
        found = self.findings if part is None else self.of(part)
        return bool(found) and all(one.passed for one in found)
