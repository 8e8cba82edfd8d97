"""What every holder of a person's keys must do. Derive a test class, give it a `make_keys`, and run it."""

from abc import ABC, abstractmethod

from careloop.errors import NotFound, Refused
from careloop.ledger.ssh_signature import read_ssh_key, verify_ssh_signature
from careloop.ports.approval_keys import ApprovalKeys

__all__ = ["ApprovalKeysContract"]

_UNKNOWN = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHN3nZZt6v+VeWH78O6TWxs1TL3hgLH8E/Q1BLjbTgvw"


class ApprovalKeysContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_keys(self, count: int) -> ApprovalKeys:
        """A holder of so many different keys."""

    def test_each_key_shows_its_public_half_once(self) -> None:
        lines = self.make_keys(2).lines()
        assert len(set(lines)) == 2
        assert [read_ssh_key(line).line for line in lines] == list(lines)

    def test_without_a_key_nothing_is_shown(self) -> None:
        assert self.make_keys(0).lines() == ()

    def test_a_signature_is_by_the_key_over_the_message_for_the_purpose(self) -> None:
        keys = self.make_keys(2)
        for line in keys.lines():
            signature = keys.sign(line, b"sha256:00", namespace="care-approval")
            assert verify_ssh_signature(signature, b"sha256:00", allowed=[read_ssh_key(line)]).line == line

    def test_a_signature_for_one_purpose_does_not_serve_another(self) -> None:
        keys = self.make_keys(1)
        line = keys.lines()[0]
        signature = keys.sign(line, b"sha256:00", namespace="care-revocation")
        try:
            verify_ssh_signature(signature, b"sha256:00", allowed=[read_ssh_key(line)])
        except Refused:
            return
        raise AssertionError("Refused was not raised")

    def test_a_key_of_somebody_else_cannot_sign(self) -> None:
        try:
            self.make_keys(1).sign(_UNKNOWN, b"sha256:00", namespace="care-approval")
        except NotFound:
            return
        raise AssertionError("NotFound was not raised")
