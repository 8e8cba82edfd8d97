"""An anchor in git: an annotated tag per checkpoint, signed with an SSH key, pushed to another host.

The tag's message is the checkpoint's note, which the log itself signed; the tag's signature is a second hand's. Tags
lie in the governance repository as `care-ledger/<size>-<key>`; whoever has fetched them remembers.
"""

import re
from pathlib import Path
from typing import Final

from careloop.adapters.git_signatures import run_git
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.note import note_signatures, note_text
from careloop.ports.anchor import AnchorReceipt, Continuation
from careloop.ports.ledger import Checkpoint

__all__ = ["GitTagAnchor"]

_PREFIX: Final = "care-ledger/"
_LISTED: Final = re.compile(rf"(?P<date>\d+) (?P<name>{_PREFIX}(?P<size>\d+)-[0-9a-f]{{8}})")
_TAGGER: Final = {"GIT_COMMITTER_NAME": "care ledger", "GIT_COMMITTER_EMAIL": "ledger@care.invalid"}


class GitTagAnchor:
    """An `Anchor` of signed tags: `key` is the SSH key file that signs, `remote` where tags are pushed, if anywhere."""

    def __init__(self, anchor_id: str, repository: Path, *, key: Path, remote: str | None = None) -> None:
        self._id, self._repository, self._key, self._remote = anchor_id, repository, key, remote

    @property
    def id(self) -> str:
        """How the organisation calls it."""
        return self._id

    def newest(self) -> str | None:
        """The note in the newest tag; of those of one second, in that of the longest log."""
        form = "--format=%(taggerdate:unix) %(refname:short)"
        listing = run_git(self._repository, "for-each-ref", form, f"refs/tags/{_PREFIX}*")
        found = [match for line in listing.splitlines() if (match := _LISTED.fullmatch(line))]
        if not found:
            return None
        name = max(found, key=lambda match: (int(match["date"]), int(match["size"])))["name"]
        note = run_git(self._repository, "cat-file", "tag", name).partition("\n\n")[2].partition("-----BEGIN")[0]
        try:
            note_text(note)
        except InvalidInput as error:
            raise Refused(f"the tag {name} holds no signed checkpoint") from error
        return note

    def keep(self, checkpoint: Checkpoint, continuation: Continuation) -> AnchorReceipt:
        """Make the tag and push it; the same checkpoint twice is one tag."""
        name = f"{_PREFIX}{checkpoint.size}-{note_signatures(checkpoint.note)[0][1][:4].hex()}"
        existing = run_git(self._repository, "for-each-ref", "--format=x", f"refs/tags/{name}").strip()
        if not existing:
            signing = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={self._key}")
            form = ("tag", "--sign", "--cleanup=verbatim", "--message", checkpoint.note, name)
            self._run(*signing, *form)
        elif checkpoint.note not in run_git(self._repository, "cat-file", "tag", name):
            raise Refused(f"the tag {name} holds another checkpoint of that size")
        if self._remote is not None:
            self._run("push", "--quiet", self._remote, f"refs/tags/{name}")
        content = run_git(self._repository, "cat-file", "tag", name)
        return AnchorReceipt(content=content.encode(), media="text/x-git-tag")

    def _run(self, *words: str) -> None:
        try:
            run_git(self._repository, *words, extra=_TAGGER)
        except NotFound as error:
            raise Unavailable(f"anchor {self._id}: {error.message}", hint=error.hint) from error
