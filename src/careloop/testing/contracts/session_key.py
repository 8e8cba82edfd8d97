"""What every key that vouches for sessions must do. Derive a test class, give it a `make_key`, and run it."""

from abc import ABC, abstractmethod

from careloop.errors import Refused
from careloop.ledger.ssh_signature import read_ssh_key, read_ssh_signature, verify_ssh_signature
from careloop.ports.session_voucher import SessionKey

__all__ = ["SessionKeyContract"]

_SAID = b"sha256:00"


class SessionKeyContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_key(self, name: str) -> SessionKey:
        """The key of a server of that name; another name has another key."""

    def test_it_shows_its_public_half_as_care_yaml_lists_it(self) -> None:
        line = self.make_key("one").line()
        assert read_ssh_key(line).line == line
        assert line.startswith("ssh-ed25519 ")
        assert self.make_key("two").line() != line

    def test_it_stays_the_same_key(self) -> None:
        assert self.make_key("one").line() == self.make_key("one").line()

    def test_a_signature_is_by_the_key_over_the_message_for_the_purpose(self) -> None:
        key = self.make_key("one")
        signature = key.sign(_SAID, namespace="care-session")
        public = read_ssh_key(key.line())
        assert read_ssh_signature(signature).namespace == "care-session"
        assert verify_ssh_signature(signature, _SAID, allowed=[public], namespace="care-session") == public

    def test_a_signature_serves_no_other_message_purpose_or_key(self) -> None:
        key, other = self.make_key("one"), read_ssh_key(self.make_key("two").line())
        signature = key.sign(_SAID, namespace="care-session")
        public = read_ssh_key(key.line())
        wrong = (
            (b"sha256:01", public, "care-session"),
            (_SAID, public, "care-approval"),
            (_SAID, other, "care-session"),
        )
        for message, allowed, namespace in wrong:
            try:
                verify_ssh_signature(signature, message, allowed=[allowed], namespace=namespace)
            except Refused:
                continue
            raise AssertionError("Refused was not raised")
