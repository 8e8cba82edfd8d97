"""A release as the gate sees it: what was locked, what its tests showed, who said yes (R40-R42; SEMANTICS 11-16)."""

from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, StringConstraints, field_validator, model_validator

from careloop.domain.measured import Outcome
from careloop.domain.noun import Noun, Slug
from careloop.domain.tool_report import Tool

__all__ = ["GroupCount", "MeasuredResult", "Outcome", "Release", "ReportSource", "Result", "ResultsFile"]

_Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]


class Result(Noun):
    """One measure over the evaluation set of the release, with its interval."""

    measure: Slug
    outcome: Outcome
    value: float | None = None
    """In the measure's own unit; left out when it could not be computed."""
    n: int = Field(ge=0)
    """Rows the value rests on; 0 when that is not known."""
    upper: float | None = None
    """Upper end of the interval, in the measure's unit."""
    lower: float | None = None
    """Lower end of the interval, in the measure's unit."""
    because: str | None = None
    """What its outcome rests on."""


class Release(Noun):
    """A locked version of a system on its way into an environment."""

    id: Slug
    system: Slug
    environment: Slug
    lock: str = Field(min_length=1)
    """Digest of the release lock: everything that decides behaviour (SEMANTICS 11)."""
    results: tuple[Result, ...] = ()
    card_digest_matches: bool
    """Whether the card describes exactly what is locked."""
    results_match_lock: bool
    """Whether every result was measured on exactly what is locked."""
    approvals: int = Field(ge=0)
    """Distinct people whose approval of this lock is valid; the gate counts them, nobody types it."""
    independent_validation: bool
    """Whether somebody other than the developers validated it and no condition is open (SEMANTICS 15)."""
    rollback_target_ready: bool
    """Whether an earlier release with standing can take over."""


class GroupCount(Noun):
    """One group's part in a result."""

    n: int | None = Field(default=None, ge=0)
    hits: int | None = Field(default=None, ge=0)
    """Rows of the group that the measure counts: approved, wrong, …"""
    value: float | None = None
    used: bool = True
    """False for a group that is named and not compared, for having too few rows."""
    reason: str | None = None


class MeasuredResult(Noun):
    """One line of a results file, as its evaluation wrote it; not yet believed."""

    measure: Slug
    of: str | None = Field(default=None, min_length=1)
    """What it was taken of, where a file gives a measure more than once: the attributes of its groups, or a column."""
    value: float | None = None
    interval: tuple[float | None, float | None] | None = None
    n: int | None = Field(default=None, ge=0)
    """Rows or tests; only another tool's report may leave it unsaid."""
    hits: int | None = Field(default=None, ge=0)
    """Rows or tests that the measure counts, where its value is a share of n."""
    groups: dict[str, GroupCount] = {}
    outcome: Outcome | None = None
    limit: float | None = None
    """The worst value that the test accepts; with counts by group, the gate makes the test again."""
    level: float | None = None
    """Confidence of the test's one-sided bound."""
    min_n: int | None = Field(default=None, ge=1)
    """Least rows of a group that is compared."""
    unit: str | None = None
    reason: str | None = None
    """Why there is no value."""
    because: str | None = None
    reported_as: str | None = None
    """The other tool's own name for it."""
    errored: int = Field(default=0, ge=0)
    """Tests that ended in an error: neither a pass nor a failure."""
    skipped: int = Field(default=0, ge=0)

    @field_validator("groups", mode="before")
    @classmethod
    def _by_name(cls, groups: Any) -> Any:
        """Groups by name, written as a mapping or as a list whose items say `group`; none may be null."""
        if groups is None:
            return {}
        if isinstance(groups, list):
            named = [(str(item.get("group")), item) for item in groups if isinstance(item, dict) and "group" in item]
            if len(named) != len(groups) or len(dict(named)) != len(named):
                raise ValueError("each group of a list says its own name as `group`")
            return {name: {key: value for key, value in item.items() if key != "group"} for name, item in named}
        return groups


class ReportSource(Noun):
    """The other tool's report that results were taken from."""

    tool: Tool
    version: str | None = None
    """Of the tool or of its format, as the report says it."""
    report: _Digest
    """Digest of the report's own bytes."""
    stated_at_import: tuple[str, ...] = ()
    """Fields that the report does not say and that whoever imported it vouches for."""
    unmapped: tuple[str, ...] = ()
    """Figures of the report that stand for no measure here."""


class ResultsFile(Noun):
    """What an evaluation says about one locked release (CONTRACTS, JSON)."""

    schema_: str | None = Field(default=None, alias="schema")
    system: Slug
    lock: str | None = Field(default=None, min_length=1)
    """Null only when another tool's report does not say it."""
    data_digest: str | None = None
    """Digest of the evaluation data."""
    config_digest: str | None = None
    """Digest of how it was evaluated."""
    measured_at: AwareDatetime | None = None
    """Null only when another tool's report does not say it."""
    results: tuple[MeasuredResult, ...]
    source: ReportSource | None = None

    @model_validator(mode="after")
    def _own_files_say_it(self) -> Self:
        if self.source is None:
            unsaid = [name for name in ("lock", "measured_at") if getattr(self, name) is None]
            unsaid += [f"results/{place}/n" for place, one in enumerate(self.results) if one.n is None]
            if unsaid:
                raise ValueError(f"{', '.join(unsaid)}: required, unless another tool's report is named as `source`")
        return self
