"""`care witness`: answer a log that asks for a cosignature, and remember it before the answer goes out."""

from collections.abc import Mapping, Sequence

from careloop.errors import CareloopError, InvalidInput, Refused
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.cosignature import Cosigner
from careloop.ledger.note import Verifier
from careloop.ledger.witness import AddCheckpoint, Decision, judge, read_add_checkpoint
from careloop.ports.ledger import Checkpoint
from careloop.ports.witness_memory import WitnessMemory

__all__ = ["answer_log"]


def answer_log(
    body: bytes, *, memory: WitnessMemory, logs: Mapping[str, Sequence[Verifier]], key: Cosigner, time: int
) -> Decision:
    """The answer to an add-checkpoint request; `time` is seconds since 1970.

    A log that is not served leaves no trace. A memory that cannot be read, or no longer fits the log's keys, raises:
    then nothing is cosigned.
    """
    try:
        asked = read_add_checkpoint(body)
    except InvalidInput as error:
        return Decision(status=400, body=f"{error.message}\n")
    if asked.origin not in logs:
        return judge(asked, logs={}, latest=None)

    def decide(newest: str | None) -> tuple[str | None, Decision]:
        return _decide(asked, newest, logs=logs, key=key, time=time)

    return memory.update(asked.origin, decide)


def _decide(
    asked: AddCheckpoint, newest: str | None, *, logs: Mapping[str, Sequence[Verifier]], key: Cosigner, time: int
) -> tuple[str | None, Decision]:
    latest = None if newest is None else _remembered(newest, logs[asked.origin])
    decision = judge(asked, logs=logs, latest=latest)
    if decision.checkpoint is None:
        return None, decision
    return asked.note, Decision(status=200, body=key.cosign(asked.note, time=time), checkpoint=decision.checkpoint)


def _remembered(note: str, keys: Sequence[Verifier]) -> Checkpoint:
    for key in keys:
        try:
            return read_checkpoint(note, key)
        except CareloopError:
            continue
    raise Refused("what the witness remembers of this log is not signed by a key that it knows")
