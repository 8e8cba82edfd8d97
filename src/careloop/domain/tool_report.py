"""A report of another tool, as far as it says something: what it leaves unsaid is null, never guessed (R92)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

__all__ = ["Figure", "Share", "Tool", "ToolReport"]


class Tool(StrEnum):
    """Tools whose reports are read."""

    DBT = "dbt"
    EVIDENTLY = "evidently"
    FAIRLEARN = "fairlearn"
    GARAK = "garak"
    GREAT_EXPECTATIONS = "great_expectations"
    JUNIT = "junit"
    """Whatever writes JUnit XML: pytest, Gradle, Jest, …"""
    MLFLOW = "mlflow"
    OPENLINEAGE = "openlineage"
    """Whatever writes run events of OpenLineage: dbt, Spark, Airflow, …"""
    PANDERA = "pandera"
    PROMPTFOO = "promptfoo"
    SCIKIT_LEARN = "scikit-learn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One group's part in a figure."""

    value: float | None
    n: int | None = None
    hits: int | None = None
    """Rows that the figure counts, where its value and n leave no doubt about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number of a report, under the tool's own name for it."""

    name: str
    value: float | None
    """Null for what the tool could not compute, such as NaN."""
    n: int | None = None
    """Rows, or tests that came to a result; null when the report does not say."""
    hits: int | None = None
    """Rows or tests that the figure counts, where it is a share of n."""
    groups: Mapping[str, Share] = field(default_factory=dict)
    errored: int = 0
    """Tests that ended in an error: neither a pass nor a failure."""
    skipped: int = 0
    passed: bool | None = None
    """Of a single test that came to a result."""
    alias: str | None = None
    """A second name that says more, and by which it may be called as well."""
    about: str | None = None
    """What it is of, in words."""

    def is_called(self, name: str) -> bool:
        """Whether it goes by this name."""
        return name in (self.name, self.alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReport:
    """What a report says; everything but its tool and its figures may be left unsaid."""

    tool: Tool
    version: str | None
    """Version of the tool or of its report format, as the report says it."""
    figures: tuple[Figure, ...]
    system: str | None = None
    lock: str | None = None
    """Digest of the release lock that was measured."""
    data_digest: str | None = None
    config_digest: str | None = None
    measured_at: datetime | None = None
