"""Composition for feeds: a declared one, or an address of Kafka, becomes a source of events; secrets come from here."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from pydantic import ValidationError

from careloop.domain.feed import Feed, KafkaFeed, SqlFeed
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.wiring.variables import told_by_environment

if TYPE_CHECKING:
    from careloop.ports.event_source import EventSource

__all__ = ["declared_feeds", "event_source", "feed_named"]

_STATE: Final = ".care/state.sqlite"
_FILES: Final = ("sqlite", "duckdb")
_FORM: Final = "Write kafka://HOST:PORT/TOPIC, and ?group=NAME where it is not careloop-SYSTEM."


def declared_feeds(root: Path) -> Mapping[str, Mapping[str, Feed]]:
    """System to its feeds by name, as the repository declares them. Raises `InvalidInput` for what cannot be read."""
    from careloop import wiring
    from careloop.workflows.run.ingest_events import declared_systems

    return {system.id: system.feeds for system in declared_systems(wiring.repository_source(root)) if system.feeds}


def feed_named(root: Path, system: str, named: str) -> Feed:
    """The feed of a system with this name, or one of Kafka by its address. Raises `NotFound`, `InvalidInput`."""
    if "://" in named:
        return _by_address(named)
    feeds = declared_feeds(root).get(system, {})
    if named not in feeds:
        known = ", ".join(sorted(feeds)) or "none"
        raise NotFound(f"systems/{system}/system.yaml: feeds: there is no '{named}'", hint=f"declared are {known}")
    return feeds[named]


def event_source(root: Path, system: str, name: str, feed: Feed) -> "EventSource":
    """The source that a feed declares. Raises `UsageError` where what it needs is not installed or not set."""
    told = name if "://" in name else f"systems/{system}/system.yaml: feeds.{name}"
    if isinstance(feed, KafkaFeed):
        try:
            from careloop.adapters.kafka_source import KafkaSource
        except ModuleNotFoundError as error:
            raise UsageError("Kafka is not installed", hint="pip install 'careloop[kafka]'") from error
        return KafkaSource(feed.topic, _settings(feed, system, told), name=told)
    from careloop.adapters.sql_source import SqlSource
    from careloop.adapters.sqlite_positions import SqlitePositions

    kind, colon, rest = (feed.database or _secret(feed, told)).partition(":")
    address = f"{kind}:{root / rest}" if kind in _FILES else f"{kind}{colon}{rest}"
    return SqlSource(feed, address, name=told, positions=SqlitePositions(root / _STATE))


def _settings(feed: KafkaFeed, system: str, told: str) -> dict[str, str]:
    settings = {
        "bootstrap.servers": ",".join(feed.brokers),
        "group.id": feed.group or f"careloop-{system}",
        "security.protocol": feed.security.value,
        "session.timeout.ms": str(feed.takeover_s * 1000),
        "heartbeat.interval.ms": str(min(3000, feed.takeover_s * 200)),
    }
    if feed.user and feed.secret:
        settings["sasl.mechanism"] = feed.mechanism
        settings["sasl.username"] = told_by_environment(feed.user, f"{told}.user")
        settings["sasl.password"] = told_by_environment(feed.secret, f"{told}.secret")
    return settings


def _secret(feed: SqlFeed, told: str) -> str:
    assert feed.secret is not None
    return told_by_environment(feed.secret, f"{told}.secret")


def _by_address(named: str) -> KafkaFeed:
    if not named.startswith("kafka://"):
        raise UsageError(f"'{named.partition('://')[0]}://' is no source that has an address", hint=_FORM)
    parts = urlsplit(named)
    if "@" in parts.netloc:
        raise UsageError(
            "an address with a password in it would be seen by everybody on this machine",
            hint="Declare the feed in systems/SYSTEM/system.yaml; its `user` and `secret` name variables.",
        )
    asked = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(asked.keys() - {"group"}):
        raise UsageError(f"{named}: '{unknown[0]}' is not known", hint=_FORM)
    try:
        return KafkaFeed(
            kind="kafka",
            brokers=tuple(parts.netloc.split(",")),
            topic=parts.path.strip("/"),
            group=asked.get("group"),
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        raise InvalidInput(f"{named}: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}", hint=_FORM) from error
