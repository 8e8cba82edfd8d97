"""What a change is, as real git tells it: below a folder, in a shallow copy, with signatures tampered with."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.adapters.git_changes import GitChanges
from careloop.adapters.git_hooks import FolderHooks
from careloop.adapters.git_signatures import allowed_signers
from careloop.domain.change import Signature, SignatureState, Signer
from careloop.errors import Conflict, NotFound, Unavailable


class Clone:
    """A repository in which two people sign with real keys."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "clone"
        self.keys = {name: folder / name for name in ("ada", "bob")}
        for path in self.keys.values():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
        subprocess.run(["git", "init", "-q", "-b", "main", str(self.root)], check=True)

    def git(self, *words: str, given: str | None = None) -> str:
        who = ("-c", "user.name=Ada", "-c", "user.email=Ada@acme.example", "-c", "gpg.format=ssh")
        command = ["git", "-C", str(self.root), *who, *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, input=given).stdout.strip()

    def commit(self, path: str, text: str, *, key: str | None = None) -> str:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        self.git("add", "-A")
        sign = ("-c", f"user.signingkey={self.keys[key]}") if key else ()
        self.git(*sign, "commit", "-q", *(("-S",) if key else ()), "-m", "A change")
        return self.git("rev-parse", "HEAD")

    def signer(self, name: str) -> Signer:
        return Signer(name, " ".join(self.keys[name].with_suffix(".pub").read_text().split()[:2]))


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_paths_are_meant_below_the_folder_and_owners_may_stand_above_it(clone: Clone) -> None:
    base = clone.commit("CODEOWNERS", "* ada@acme.example\n")
    clone.commit("governance/care.yaml", "schema: 1\n")
    head = clone.commit("code/model.py", "pass\n")
    history = GitChanges(clone.root / "governance")
    change = history.change(base, head)
    assert list(change.after) == ["care.yaml"]
    assert [list(one.touched) for one in change.commits] == [[], ["care.yaml"]]
    owners = history.owners_file(head)
    assert owners is not None
    assert (owners.path, owners.prefix) == ("CODEOWNERS", "governance/")
    clone.commit("governance/docs/CODEOWNERS", "* bob@acme.example\n")
    nearer = history.owners_file("HEAD")
    assert nearer is not None
    assert (nearer.path, nearer.prefix) == ("docs/CODEOWNERS", "")


def test_a_signature_is_good_only_for_a_listed_key_and_the_very_commit(clone: Clone) -> None:
    ada, bob, none = (clone.commit("a", str(key), key=key) for key in ("ada", "bob", None))
    raw = clone.git("cat-file", "commit", ada)
    altered = clone.git("hash-object", "-t", "commit", "-w", "--stdin", given=raw.replace("A change", "Another") + "\n")
    found = GitChanges(clone.root).signatures([ada, bob, none, altered], [clone.signer("ada")])
    assert found == {
        ada: Signature(SignatureState.GOOD, "ada"),
        bob: Signature(SignatureState.UNKNOWN),
        none: Signature(SignatureState.NONE),
        altered: Signature(SignatureState.BAD),
    }
    assert GitChanges(clone.root).signatures([ada], []) == {ada: Signature(SignatureState.UNKNOWN)}


def test_an_openpgp_signature_never_counts_whatever_program_is_configured(clone: Clone) -> None:
    made = clone.commit("a", "1")
    says_yes = clone.root.parent / "gpg"
    says_yes.write_text("#!/bin/sh\necho '[GNUPG:] GOODSIG 0 ada' >&1\necho '[GNUPG:] TRUST_ULTIMATE' >&1\n")
    says_yes.chmod(0o755)
    clone.git("config", "gpg.program", str(says_yes))
    head, _, message = clone.git("cat-file", "commit", made).partition("\n\n")
    pgp = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n AAAA\n -----END PGP SIGNATURE-----"
    forged = clone.git("hash-object", "-t", "commit", "-w", "--stdin", given=f"{head}\n{pgp}\n\n{message}\n")
    assert clone.git("log", "-1", "--format=%G?", forged) in ("G", "U")
    found = GitChanges(clone.root).signatures([forged], [clone.signer("ada")])
    assert found[forged].state is not SignatureState.GOOD


def test_a_history_that_is_cut_off_is_not_judged(clone: Clone) -> None:
    for number in range(3):
        clone.commit("a", str(number))
    shallow = clone.root.parent / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth", "2", f"file://{clone.root}", str(shallow)], check=True)
    with pytest.raises(Unavailable, match="cut off") as told:
        GitChanges(shallow).change("HEAD~1", "HEAD")
    assert "unshallow" in (told.value.hint or "")


def test_the_newest_commit_of_each_file_is_found_in_one_walk(clone: Clone) -> None:
    commits = [clone.commit(path, str(number)) for number, path in enumerate(("a", "b/c", "a", "d"))]
    history = GitChanges(clone.root)
    newest = history.last_altered("HEAD", ["a", "b/c", "missing"])
    assert {path: made.id for path, made in newest.items()} == {"a": commits[2], "b/c": commits[1]}
    for path, made in newest.items():
        assert history.line_of("HEAD", path)[0].id == made.id
    assert [one.id for one in history.line_of("HEAD", "a")] == [commits[2], commits[0]]
    assert history.contains("HEAD", commits[0])
    assert not history.contains(commits[0], "HEAD")
    with pytest.raises(NotFound):
        history.change("HEAD", "nowhere")


def test_what_is_staged_becomes_a_commit_on_no_branch(clone: Clone) -> None:
    hooks = FolderHooks(clone.root)
    assert (hooks.tip("HEAD"), hooks.branch_in_force()) == (None, "refs/heads/main")
    first = clone.commit("a", "1")
    (clone.root / "a").write_text("2")
    clone.git("add", "a")
    (clone.root / "a").write_text("3")
    staged = hooks.staged()
    assert clone.git("show", f"{staged}:a") == "2"
    assert (hooks.tip("HEAD"), clone.git("rev-parse", f"{staged}^")) == (first, first)


def test_a_hook_is_written_once_and_over_its_own_only(clone: Clone) -> None:
    hooks = FolderHooks(clone.root)
    path = Path(hooks.install("pre-receive", "#!/bin/sh\nours 1\n", ours="ours", replace=False))
    hooks.install("pre-receive", "#!/bin/sh\nours 2\n", ours="ours", replace=False)
    assert (path.read_text(), path.stat().st_mode & 0o111) == ("#!/bin/sh\nours 2\n", 0o111)
    path.write_text("#!/bin/sh\ntheirs\n")
    with pytest.raises(Conflict):
        hooks.install("pre-receive", "#!/bin/sh\nours 3\n", ours="ours", replace=False)
    with pytest.raises(NotFound):
        FolderHooks(clone.root.parent).install("pre-receive", "", ours="ours", replace=True)


@given(st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,9}", fullmatch=True), max_size=4))
def test_a_list_of_signers_has_a_line_for_each_key_and_for_what_git_signs_only(names: list[str]) -> None:
    lines = allowed_signers([Signer(name, "ssh-ed25519 AAAA") for name in names]).splitlines()
    assert lines == [f'{name} namespaces="git" ssh-ed25519 AAAA' for name in names]
