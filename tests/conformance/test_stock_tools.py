"""An auditor checks an export with stock tools: sha256sum, openssl, Go's x/mod/sumdb, npm's @sigstore/verify (R10).

The commands are those of the auditor's walk-through and of the letter inside each export, as they stand there.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "unit" / "care_verify"))
from export_rooms import NAME, Edit, a_rich_ledger, changed, exported  # noqa: E402

WALK = (ROOT / "docs" / "how-to" / "check-evidence.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(sh|go|js)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GO_PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")
NODE_MODULES = ROOT / ".cache" / "npm" / "node_modules"
KEY = a_rich_ledger().key


def blocks(kind: str) -> list[str]:
    """The blocks of one language, in order."""
    return [str(body) for found, body in BLOCK.findall(WALK) if found == kind]


def steps() -> list[str]:
    """The shell blocks of the walk-through, in order."""
    return blocks("sh")


def needs(name: str) -> str:
    """The one shell block that says it needs something."""
    return next(body for body in steps() if body.startswith(f"# needs: {name}\n"))


def program(kind: str) -> str:
    return blocks(kind)[0]


def run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run in bash, where a command that fails ends it; pipes fail with any of their parts."""
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "FILE": str(folder / "evidence.zip"),
            "KEY": KEY,
            "GOCACHE": str(ROOT / ".cache" / "go"),
            "NODE_MODULES": str(NODE_MODULES),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def a_room(folder: Path, edit: Edit | None = None) -> Path:
    """A folder with an export of eight records, or a spoilt one whose list of digests was made to fit."""
    archive = exported(a_rich_ledger(), NAME)
    (folder / "evidence.zip").write_bytes(archive if edit is None else changed(archive, edit))
    (folder / "check.go").write_text(program("go"))
    (folder / "check.mjs").write_text(program("js"))
    return folder


def without_tools() -> str:
    """The walk-through as far as coreutils and openssl go."""
    return "\n".join(step for step in steps() if not step.startswith("# needs: "))


ALTERED: Edit = {"entries/000000000000.jsonl": lambda content: content.replace(b'"number":0', b'"number":9')}


def test_coreutils_and_openssl_find_an_honest_export_sound(tmp_path: Path) -> None:
    done = run(without_tools(), a_room(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert "8\n" in done.stdout


@pytest.mark.parametrize(
    "edit",
    [
        ALTERED,
        {"checkpoint": lambda note: note.replace(b"\n8\n", b"\n9\n")},
        {"disclosures.jsonl": lambda lines: lines.replace(b"Jane", b"Anne")},
        {"ledger.pub": b"acme.example/care+00000000+AQ==\n"},
    ],
)
def test_coreutils_and_openssl_find_what_was_altered(tmp_path: Path, edit: Edit) -> None:
    assert run(without_tools(), a_room(tmp_path, edit)).returncode != 0


def test_a_bad_digest_is_found_at_once(tmp_path: Path) -> None:
    folder = a_room(tmp_path)
    archive = (folder / "evidence.zip").read_bytes()
    (folder / "evidence.zip").write_bytes(changed(archive, {"README.txt": b"trust me"}, sums=False))
    done = run(without_tools(), folder)
    assert "README.txt: FAILED" in done.stdout
    assert done.returncode == 1


def with_go(folder: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("go") is None or not GO_PACKAGES.is_dir():
        pytest.skip("Go and its package x/mod/sumdb are not installed")
    return run(f"{steps()[0]}\n{needs('go')}", folder)


def test_the_packages_of_gos_checksum_database_prove_every_record(tmp_path: Path) -> None:
    done = with_go(a_room(tmp_path))
    assert (done.returncode, done.stdout) == (0, "all 8 records of acme.example/care are proven\n"), done.stderr


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (ALTERED, "record 0 was altered"),
        ({"checkpoint": lambda note: note.replace(b"\n8\n", b"\n7\n")}, "invalid signature"),
        ({"tile/0/000.p/8": lambda tile: tile[::-1]}, "downloaded inconsistent tile"),
        ({"entries/000000000000.jsonl": lambda lines: lines[: lines.rindex(b"\n{")]}, "7 records of 8"),
    ],
)
def test_the_packages_of_gos_checksum_database_find_what_was_altered(tmp_path: Path, edit: Edit, why: str) -> None:
    done = with_go(a_room(tmp_path, edit))
    assert done.returncode == 1
    assert why in done.stderr


def with_sigstore(folder: Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("node") is None or not (NODE_MODULES / "@sigstore" / "verify").is_dir():
        pytest.skip("npm's @sigstore/verify is not installed")
    return run(f"{steps()[0]}\n{needs('node_modules')}", folder)


def test_sigstore_verifies_the_attestations(tmp_path: Path) -> None:
    done = with_sigstore(a_room(tmp_path))
    assert (done.returncode, done.stdout) == (0, "1 bundles verified\n"), done.stderr


def test_sigstore_refuses_an_attestation_that_was_altered(tmp_path: Path) -> None:
    def edit(name: str) -> Callable[[bytes], bytes]:
        return lambda content: content.replace(b'"payload":"eyJf', b'"payload":"eyJg')

    names = [path for path in _names() if path.endswith(".sigstore.json")]
    done = with_sigstore(a_room(tmp_path, {name: edit(name) for name in names}))
    assert done.returncode == 1
    assert "signature" in done.stderr


def test_the_letter_in_the_export_says_commands_that_work(tmp_path: Path) -> None:
    folder = a_room(tmp_path)
    assert run(steps()[0], folder).returncode == 0
    letter = (folder / "export" / "README.txt").read_text()
    commands = re.findall(r"^    \$ (.*?[^\\])$", letter, re.MULTILINE | re.DOTALL)
    script = "\n".join(re.sub(r" \\\n +", " ", command) for command in commands)
    done = run(script, folder / "export")
    assert (done.returncode, len(commands)) == (0, 10), done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 2


def _names() -> list[str]:
    from care_verify.container import open_container

    return list(open_container(exported(a_rich_ledger(), NAME)))
