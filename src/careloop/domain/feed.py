"""Where events of a system come from, besides those that it sends: a topic of Kafka, or a query (R47, R51).

Declared in `systems/<id>/system.yaml` under `feeds`. What is secret is named, never written: the name of a variable of
the environment stands in the repository, its value nowhere in it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from careloop.domain.noun import Duration, Noun, Text

__all__ = ["EVENT_FIELDS", "EVENT_PARTS", "Feed", "KafkaFeed", "KafkaSecurity", "SqlFeed", "Variable"]

EVENT_FIELDS: Final = frozenset({
    "id", "release", "occurred_at", "kind", "drill", "synthetic", "prediction", "score", "unit", "latency_ms",
    "sample_rate", "purpose", "user_role", "inference_id", "label", "value", "matured_at", "checkpoint", "verdict",
    "rules", "added_us", "bundle", "source", "seq", "served",
})  # fmt: skip
"""Fields of an event that a column may fill."""
EVENT_PARTS: Final = ("features", "groups", "segment", "business")
"""Fields with fields of their own, written as `features.age`."""
_NEEDED: Final = ("id", "occurred_at")

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
"""Name of an environment variable."""
_Broker = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+:\d{1,5}$")]
_Topic = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
_Group = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,200}$")]


def _an_event_field(name: str) -> str:
    part, _, rest = name.partition(".")
    if name in EVENT_FIELDS or (part in EVENT_PARTS and rest):
        return name
    raise ValueError(f"'{name}' is no field of an event; fields are such as id, occurred_at, prediction, features.age")


_EventField = Annotated[str, AfterValidator(_an_event_field)]


class KafkaSecurity(StrEnum):
    """How a broker is spoken to."""

    PLAINTEXT = "plaintext"
    SSL = "ssl"
    SASL_PLAINTEXT = "sasl_plaintext"
    SASL_SSL = "sasl_ssl"


class KafkaFeed(Noun):
    """A topic whose messages are one event each, as JSON."""

    kind: Literal["kafka"]
    brokers: tuple[_Broker, ...] = Field(min_length=1)
    """`host:port` of brokers to begin with."""
    topic: _Topic
    group: _Group | None = None
    """The consumer group; `careloop-SYSTEM` when it is left out. All of a group must write to the same lake."""
    security: KafkaSecurity = KafkaSecurity.PLAINTEXT
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    user: Variable | None = None
    """Names the variable that holds the user's name."""
    secret: Variable | None = None
    """Names the variable that holds the password."""
    takeover_s: int = Field(default=45, ge=6, le=600)
    """Seconds until partitions of a consumer that died are given to another; brokers usually allow 6 or more."""
    every: Duration = "PT1M"
    """How often the worker looks for more; what is there is read to its end each time."""

    @model_validator(mode="after")
    def _signs_in_where_it_must(self) -> Self:
        if self.security.value.startswith("sasl") and not (self.user and self.secret):
            raise ValueError("security by SASL needs `user` and `secret`, the names of variables")
        return self


class SqlFeed(Noun):
    """Rows of a query, read on from where the last reading ended."""

    kind: Literal["sql"]
    database: Text | None = None
    """`sqlite:FILE` or `duckdb:FILE`, from the repository; or `postgresql://HOST/NAME` without a password."""
    secret: Variable | None = None
    """Names the variable that holds the whole address, where it has a password in it; instead of `database`."""
    query: Text
    """One SELECT. Its rows are only read, never changed."""
    watermark: Text
    """A column of the query that grows with each new row: an instant of writing, or a number."""
    overlap: Duration | None = None
    """How far before the last instant reading begins anew: longer than a transaction of the writers may last."""
    columns: dict[_EventField, Text]
    """Field of the event to the column of the query that fills it."""
    fixed: dict[_EventField, Text] = {}
    """Field of the event to the text that it always has, such as `kind: inference`."""
    every: Duration = "PT5M"
    """How often the worker reads on."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if (self.database is None) == (self.secret is None):
            raise ValueError("name either `database`, or `secret` with the variable that holds the address")
        if self.database is not None and re.search(r"://[^/@]*:[^/@]*@|password=", self.database):
            raise ValueError("`database` has a password in it: put the address in a variable and name that in `secret`")
        if not re.match(r"\s*(select|with)\b", self.query, re.IGNORECASE):
            raise ValueError("`query` must be one SELECT")
        lacking = [name for name in _NEEDED if name not in self.columns]
        if lacking:
            raise ValueError(f"`columns` must say which column fills {', '.join(lacking)}")
        if twice := sorted(self.columns.keys() & self.fixed.keys()):
            raise ValueError(f"{', '.join(twice)}: filled by a column and fixed as well")
        return self


Feed = Annotated[KafkaFeed | SqlFeed, Field(discriminator="kind")]
