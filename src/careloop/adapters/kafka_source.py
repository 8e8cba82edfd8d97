"""A topic of Kafka as a source of events: one message is one event as JSON, read in a consumer group.

Offsets are committed only for batches that were called durable, and synchronously; a consumer that dies before loses
nothing, and what comes again is known to the lake by its id. When a group is shared out anew while a batch is under
way, its offsets are not committed and whoever holds the partitions reads them again. Source: Kafka's protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from time import monotonic
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from careloop.errors import InvalidInput, Unavailable
from careloop.ports.event_source import SourceBatch

__all__ = ["KafkaSource"]

_MOST: Final = 2_000
"""Messages made durable together."""
_WAIT_S: Final = 0.5
_ASSIGNED_WITHIN_S: Final = 30.0
_QUIET_S: Final = 5
"""Seconds without a message after which there is none, whatever the broker counts: control records are no messages."""
_TAKEN_AWAY: Final = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError._ASSIGNMENT_LOST,
        KafkaError._NO_OFFSET,
    }
)
_PASSING: Final = frozenset({KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE})
_HOPELESS: Final = frozenset(
    {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}
)


class KafkaSource:
    """An `EventSource` over one topic. `settings` are librdkafka's: brokers, group, and how to sign in."""

    def __init__(self, topic: str, settings: Mapping[str, str], *, name: str, most: int = _MOST) -> None:
        self.name, self._topic, self._most = name, topic, most
        fixed: dict[str, str | int | float | bool] = {
            **settings,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "client.id": "careloop",
            "log_level": 2,
        }
        try:
            self._consumer = Consumer(fixed)
            self._consumer.subscribe([topic], on_assign=self._given, on_revoke=self._taken, on_lost=self._taken)
        except KafkaException as error:
            raise InvalidInput(f"{name}: {error.args[0].str()}") from error
        self._held: set[int] | None = None
        self._ended: set[int] = set()
        self._heard = monotonic()
        self._under_way: tuple[SourceBatch, dict[int, int]] | None = None

    def batches(self) -> Iterator[SourceBatch]:
        """Until the end of every partition that this consumer was given is reached."""
        if self._under_way is not None:
            yield self._under_way[0]
        self._look_for_more()
        started = self._heard = monotonic()
        while True:
            messages = self._fetch()
            if messages:
                batch = self._batch(messages)
                yield batch
                self._heard = monotonic()
            elif self._held is not None and (self._held <= self._ended or monotonic() - self._heard > _QUIET_S):
                return
            elif self._held is None and monotonic() - started > _ASSIGNED_WITHIN_S:
                raise Unavailable(f"{self.name}: no broker answers", hint="Look at `brokers`, and whether they run.")

    def durable(self, batch: SourceBatch) -> None:
        """Commit its offsets, of the partitions that this consumer still holds."""
        assert self._under_way is not None, "no batch is under way"
        assert self._under_way[0] is batch, "the last batch is called durable"
        nexts, held = self._under_way[1], self._held or set()
        offsets = [TopicPartition(self._topic, part, at) for part, at in nexts.items() if part in held]
        try:
            if offsets:
                self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            if error.args[0].code() not in _TAKEN_AWAY:
                raise Unavailable(f"{self.name}: offsets were not committed: {error.args[0].str()}") from error
        self._under_way = None

    def close(self) -> None:
        """Leave the group, so that its other members take over at once."""
        self._consumer.close()

    def _look_for_more(self) -> None:
        """Forget that a partition was at its end when the broker holds more of it by now; its end is told but once."""
        for part in list(self._ended):
            place = TopicPartition(self._topic, part)
            try:
                _, high = self._consumer.get_watermark_offsets(place, timeout=_ASSIGNED_WITHIN_S)
                at = self._consumer.position([place])[0].offset
            except KafkaException as error:
                raise Unavailable(f"{self.name}: {error.args[0].str()}") from error
            if high > at:
                self._ended.discard(part)

    def _fetch(self) -> list[Message]:
        try:
            found = self._consumer.consume(self._most, timeout=_WAIT_S)
        except KafkaException as error:
            raise Unavailable(f"{self.name}: {error.args[0].str()}") from error
        return [one for one in found if self._is_event(one)]

    def _is_event(self, message: Message) -> bool:
        error, part = message.error(), message.partition()
        if error is None:
            self._ended.discard(part if part is not None else -1)
            return True
        if error.code() == KafkaError._PARTITION_EOF and part is not None:
            self._ended.add(part)
        elif error.code() in _HOPELESS:
            raise InvalidInput(f"{self.name}: {error.str()}", hint="Look at `topic`, and what its user may read.")
        elif error.code() not in _PASSING and not error.retriable():
            raise Unavailable(f"{self.name}: {error.str()}")
        return False

    def _batch(self, messages: list[Message]) -> SourceBatch:
        rows: list[bytes] = []
        places: list[str] = []
        nexts: dict[int, int] = {}
        for one in messages:
            part, offset, value = one.partition(), one.offset(), one.value()
            if part is None or offset is None:
                continue
            nexts[part] = offset + 1
            if value is not None:  # a tombstone says nothing
                rows.append(value if isinstance(value, bytes) else value.encode())
                places.append(f"{self._topic}[{part}]@{offset}")
        batch = SourceBatch(rows=tuple(rows), places=tuple(places))
        self._under_way = batch, nexts
        return batch

    def _given(self, _: Consumer, parts: list[TopicPartition]) -> None:
        self._held = {one.partition for one in parts}
        self._ended = set()
        self._heard = monotonic()

    def _taken(self, _: Consumer, parts: list[TopicPartition]) -> None:
        self._held = (self._held or set()) - {one.partition for one in parts}
