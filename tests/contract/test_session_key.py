"""The server's key in a file and the one in memory keep the port's promises; stock OpenSSH accepts what they sign."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from careloop import wiring
from careloop.adapters.session_key import load_or_make_session_key, load_session_key
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ports.session_voucher import SessionKey
from careloop.testing.contracts.session_key import SessionKeyContract
from careloop.testing.session_voucher_fake import SessionKeyFake


class TestFake(SessionKeyContract):
    def make_key(self, name: str) -> SessionKey:
        return SessionKeyFake(name)


class TestFileSessionKey(SessionKeyContract):
    def setup_method(self) -> None:
        self.folder = Path(tempfile.mkdtemp())

    def make_key(self, name: str) -> SessionKey:
        return load_or_make_session_key(self.folder / "keys" / name)


def ssh_keygen(*words: str, message: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ssh-keygen", "-Y", *words], input=message, capture_output=True, check=False)


def test_stock_openssh_verifies_the_signature_and_reads_the_private_key(tmp_path: Path) -> None:
    key = load_or_make_session_key(tmp_path / "session")
    signature, signers = tmp_path / "said.sig", tmp_path / "allowed"
    signature.write_text(key.sign(b"said", namespace="care-session"))
    signers.write_text(f"server {key.line()}\n")
    checked = ("-n", "care-session", "-s", str(signature))
    verify = ("verify", "-f", str(signers), "-I", "server", *checked)
    assert ssh_keygen("check-novalidate", *checked, message=b"said").returncode == 0
    assert ssh_keygen(*verify, message=b"said").returncode == 0
    assert ssh_keygen(*verify, message=b"other").returncode != 0
    public = ["ssh-keygen", "-y", "-f", str(tmp_path / "session")]
    shown = subprocess.run(public, capture_output=True, check=True, text=True).stdout
    assert shown.split()[:2] == key.line().split()


def test_the_signature_is_the_one_that_openssh_makes_with_the_same_key(tmp_path: Path) -> None:
    key = load_or_make_session_key(tmp_path / "session")
    made = ssh_keygen("sign", "-q", "-n", "care-session", "-f", str(tmp_path / "session"), message=b"said")
    assert made.stdout.decode() == key.sign(b"said", namespace="care-session")


def test_the_file_is_for_its_owner_alone_and_stays_out_of_git(tmp_path: Path) -> None:
    line = wiring.session_key(tmp_path).line()
    file = tmp_path / ".care" / "keys" / "session"
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (tmp_path / ".care" / ".gitignore").read_text() == "*\n"
    assert [one.name for one in file.parent.iterdir()] == ["session"]
    assert wiring.session_key(tmp_path).line() == line


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    load_or_make_session_key(tmp_path / "session")
    (tmp_path / "session").chmod(0o640)
    with pytest.raises(Refused, match="can be read by others"):
        load_or_make_session_key(tmp_path / "session")


def test_what_is_no_such_key_is_said_and_never_written_over(tmp_path: Path) -> None:
    file = tmp_path / "session"
    with pytest.raises(NotFound):
        load_session_key(file)
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    for content in (b"not a key\n", other):
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(InvalidInput):
            load_or_make_session_key(file)
        assert file.read_bytes() == content


def test_a_place_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the folder belongs")
    with pytest.raises(Unavailable):
        load_or_make_session_key(tmp_path / "keys" / "session")
