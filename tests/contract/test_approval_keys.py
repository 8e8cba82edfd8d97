"""Keys in files, made and used by the real `ssh-keygen`, and keys in memory keep the port's promises."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from careloop.adapters.personal_keys import PersonalKeys, usual_key_files
from careloop.errors import NotFound
from careloop.ports.approval_keys import ApprovalKeys
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.testing.contracts.approval_keys import ApprovalKeysContract


def a_key(path: Path, kind: str = "ed25519") -> Path:
    """A key pair without a passphrase, made by ssh-keygen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "someone", "-f", str(path)], check=True, capture_output=True
    )
    return path


class TestFake(ApprovalKeysContract):
    def make_keys(self, count: int) -> ApprovalKeys:
        return ApprovalKeysFake(*(f"person-{number}" for number in range(count)))


class TestPersonalKeys(ApprovalKeysContract):
    def make_keys(self, count: int) -> ApprovalKeys:
        folder = Path(tempfile.mkdtemp())
        return PersonalKeys([a_key(folder / f"key-{number}") for number in range(count)])


def test_a_key_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        PersonalKeys([tmp_path / "nothing"], named=True)


def test_the_usual_files_are_looked_for_and_what_is_no_key_is_passed_over(tmp_path: Path) -> None:
    made = a_key(tmp_path / ".ssh" / "id_ed25519")
    (tmp_path / ".ssh" / "id_rsa").write_text("not a key")
    found = usual_key_files(tmp_path, tmp_path)
    assert found == (made, tmp_path / ".ssh" / "id_rsa")
    assert len(PersonalKeys(found).lines()) == 1


def test_the_key_that_git_signs_with_comes_first(tmp_path: Path) -> None:
    a_key(tmp_path / ".ssh" / "id_ed25519")
    work = a_key(tmp_path / ".ssh" / "work")
    subprocess.run(["git", "init", "-q", str(tmp_path / "repo")], check=True)
    for name, value in (("gpg.format", "ssh"), ("user.signingkey", "~/.ssh/work")):
        subprocess.run(["git", "-C", str(tmp_path / "repo"), "config", name, value], check=True)
    assert usual_key_files(tmp_path, tmp_path / "repo")[0] == work
