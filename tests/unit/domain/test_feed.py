"""A feed is declared without a secret, and every misspelt field of an event is refused (R47)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from careloop.domain.event import EventKind
from careloop.domain.event_contract import readers_of
from careloop.domain.feed import EVENT_FIELDS, Feed, KafkaFeed, SqlFeed

FEED: TypeAdapter[KafkaFeed | SqlFeed] = TypeAdapter(Feed)
SQL: dict[str, Any] = {
    "kind": "sql",
    "database": "sqlite:orders.sqlite",
    "query": "SELECT * FROM orders",
    "watermark": "written",
    "columns": {"id": "id", "occurred_at": "at"},
}
KAFKA: dict[str, Any] = {"kind": "kafka", "brokers": ["kafka.example:9092"], "topic": "decisions"}


def test_fields_that_a_column_may_fill_are_those_of_events() -> None:
    assert set().union(*(readers_of(kind)[0] for kind in EventKind)) | {"kind"} == EVENT_FIELDS


@pytest.mark.parametrize(
    ("declared", "changed", "told"),
    [
        (SQL, {"columns": {"id": "id"}}, "occurred_at"),
        (SQL, {"columns": {**SQL["columns"], "feature.age": "age"}}, "'feature.age' is no field"),
        (SQL, {"columns": {**SQL["columns"], "features.": "age"}}, "'features.' is no field"),
        (SQL, {"fixed": {"id": "7"}}, "filled by a column and fixed"),
        (SQL, {"query": "DELETE FROM orders"}, "one SELECT"),
        (SQL, {"database": "postgresql://care:hidden@db/shop"}, "password"),
        (SQL, {"database": "postgresql://db/shop?password=hidden"}, "password"),
        (SQL, {"secret": "SHOP_DB"}, "either"),
        (SQL, {"database": None}, "either"),
        (SQL, {"database": None, "secret": "postgresql://care:hidden@db/shop"}, "secret"),
        (KAFKA, {"security": "sasl_ssl"}, "names of variables"),
        (KAFKA, {"brokers": ["kafka.example"]}, "brokers"),
        (KAFKA, {"topic": "a/b"}, "topic"),
        (KAFKA, {"password": "hidden"}, "password"),
        (KAFKA, {"takeover_s": 0}, "takeover_s"),
    ],
)
def test_what_is_wrong_with_a_feed_is_told(declared: dict[str, Any], changed: dict[str, Any], told: str) -> None:
    assert FEED.validate_python(declared)
    with pytest.raises(ValidationError, match=told):
        FEED.validate_python({**declared, **changed})
