"""Events may name the releases that the ledger knows, and no others."""

from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Record
from careloop.testing.event_builders import NOON
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.run.known_releases import RecordedReleases

CI = Actor(iss="acme", sub="ci", kind=ActorKind.SERVICE)


def record(ledger: LedgerFake, number: int, lock: str, **more: str) -> None:
    data = {"system": "credit", "lock": lock, "environment": "live", **more}
    made = Record(id=uuid7(number, bytes(10)), type="release.recorded", actor=CI, occurred_at=NOON, data=data)
    ledger.append([made], recorded_at=NOON)


def test_a_release_is_known_by_digest_and_by_what_it_was_called_last() -> None:
    ledger = LedgerFake()
    releases = RecordedReleases(ledger)
    assert releases.resolve("credit", "sha256:1") is None
    record(ledger, 1, "sha256:1", version="3.1.0", alias="champion")
    assert releases.resolve("credit", "sha256:1") == "sha256:1"
    assert releases.resolve("credit", "champion") == "sha256:1"
    record(ledger, 2, "sha256:2", version="3.2.0", alias="champion")
    assert releases.resolve("credit", "champion") == "sha256:2"
    assert releases.resolve("credit", "3.1.0") == "sha256:1"


def test_a_release_of_one_system_is_not_known_for_another() -> None:
    ledger = LedgerFake()
    record(ledger, 1, "sha256:1")
    assert RecordedReleases(ledger).resolve("shop", "sha256:1") is None


def test_without_a_ledger_no_release_is_known() -> None:
    assert RecordedReleases(None).resolve("credit", "sha256:1") is None
