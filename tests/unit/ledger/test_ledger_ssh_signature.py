"""Approvals are signed with real SSH keys, by the real `ssh-keygen`, and bound to message, purpose and key."""

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careloop.adapters.ssh_keygen import SshKeygenSigner
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused
from careloop.ledger.ssh_signature import SshKey, read_ssh_key, read_ssh_signature, verify_ssh_signature

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="needs the ssh-keygen command")
REQUEST = b"sha256:" + b"0a" * 32


def a_signer(folder: Path, *kind: str, name: str = "key") -> SshKeygenSigner:
    command = ["ssh-keygen", "-q", "-N", "", "-C", "ada@acme.example", "-f", str(folder / name), "-t", *kind]
    subprocess.run(command, check=True, capture_output=True)
    return SshKeygenSigner(folder / name)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, SshKey]:
    """One ed25519 signature over the request, and its key."""
    signer = a_signer(tmp_path_factory.mktemp("ssh"), "ed25519")
    return signer.sign(REQUEST), signer.key


@pytest.mark.parametrize(
    "kind",
    [("ed25519",), ("ecdsa", "-b", "256"), ("ecdsa", "-b", "384"), ("ecdsa", "-b", "521"), ("rsa", "-b", "2048")],
    ids="-".join,
)
def test_a_signature_by_each_common_kind_of_key_verifies(tmp_path: Path, kind: tuple[str, ...]) -> None:
    signer = a_signer(tmp_path, *kind)
    armored = signer.sign(REQUEST)
    assert verify_ssh_signature(armored, REQUEST, allowed=[signer.key]) == signer.key
    with pytest.raises(Refused):
        verify_ssh_signature(armored, REQUEST + b" ", allowed=[signer.key])


def test_what_ssh_keygen_accepts_we_accept_with_either_hash(tmp_path: Path) -> None:
    signer = a_signer(tmp_path, "ed25519")
    for name in ("sha256", "sha512"):
        command = ["ssh-keygen", "-q", "-Y", "sign", "-O", f"hashalg={name}", "-n", "care-approval", "-f"]
        done = subprocess.run([*command, str(tmp_path / "key")], input=REQUEST, capture_output=True, check=True)
        armored = done.stdout.decode()
        assert read_ssh_signature(armored).hash_name == name
        assert verify_ssh_signature(armored, REQUEST, allowed=[signer.key]) == signer.key


def test_the_fingerprint_is_the_one_ssh_keygen_prints(tmp_path: Path) -> None:
    signer = a_signer(tmp_path, "ed25519")
    done = subprocess.run(["ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")], capture_output=True, check=True)
    assert signer.key.fingerprint in done.stdout.decode()
    assert (tmp_path / "key.pub").read_text().startswith(signer.key.line)


def test_a_signature_for_another_purpose_is_refused(tmp_path: Path) -> None:
    signer = a_signer(tmp_path, "ed25519")
    armored = signer.sign(REQUEST, namespace="git")
    with pytest.raises(Refused, match="purpose 'git'"):
        verify_ssh_signature(armored, REQUEST, allowed=[signer.key])
    assert verify_ssh_signature(armored, REQUEST, allowed=[signer.key], namespace="git") == signer.key


def test_a_signature_by_a_key_that_is_not_listed_is_refused(tmp_path: Path, signed: tuple[str, SshKey]) -> None:
    other = a_signer(tmp_path, "ed25519").key
    for allowed in ([], [other]):
        with pytest.raises(Refused, match="not a key listed"):
            verify_ssh_signature(signed[0], REQUEST, allowed=allowed)
    assert verify_ssh_signature(signed[0], REQUEST, allowed=[other, signed[1]]) == signed[1]


def test_a_short_rsa_key_is_not_accepted(tmp_path: Path) -> None:
    signer = a_signer(tmp_path, "rsa", "-b", "1024")
    with pytest.raises(Refused, match="not accepted"):
        verify_ssh_signature(signer.sign(REQUEST), REQUEST, allowed=[signer.key])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_signature_with_any_byte_changed_is_refused(signed: tuple[str, SshKey], data: st.DataObject) -> None:
    armored, key = signed
    content = bytearray(base64.b64decode("".join(armored.splitlines()[1:-1])))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    changed = f"-----BEGIN SSH SIGNATURE-----\n{base64.b64encode(content).decode()}\n-----END SSH SIGNATURE-----\n"
    with pytest.raises(CareloopError):
        verify_ssh_signature(changed, REQUEST, allowed=[key])


@pytest.mark.parametrize(
    "armored",
    [
        "",
        "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAQAA\n-----END SSH SIGNATURE-----",
        "-----BEGIN PGP SIGNATURE-----\nU1NIU0lHAAAAAQ==\n-----END PGP SIGNATURE-----",
    ],
)
def test_what_is_no_signature_is_said_to_be_none(armored: str) -> None:
    with pytest.raises(InvalidInput):
        verify_ssh_signature(armored, REQUEST, allowed=[])


def test_a_public_key_that_lies_about_its_kind_is_refused(signed: tuple[str, SshKey]) -> None:
    encoded = signed[1].line.split()[1]
    assert read_ssh_key(f"{signed[1].line} any comment") == signed[1]
    for line in ("", "ssh-ed25519", f"ssh-rsa {encoded}", "ssh-ed25519 AAAA", "ssh-ed25519 !!!!"):
        with pytest.raises(InvalidInput):
            read_ssh_key(line)


def test_a_key_that_is_not_there_cannot_sign(tmp_path: Path) -> None:
    missing = SshKeygenSigner(tmp_path / "nobody")
    with pytest.raises(NotFound):
        assert missing.key
    with pytest.raises(Refused, match="did not sign"):
        missing.sign(REQUEST)
