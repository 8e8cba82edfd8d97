"""Copies of governance repositories in the user's cache folder, one bare git repository for each address."""

import hashlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from careloop.adapters.git_code import run_git
from careloop.domain.link_file import GovernancePin, GovernanceRef
from careloop.errors import NotFound
from careloop.ports.governance_store import Pinned
from careloop.ports.repository_source import RepositorySource

__all__ = ["GovernanceCache"]

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?\Z")


class GovernanceCache:
    """Keeps copies below `cache`; addresses that are folders are relative to `beside`, where the link lies."""

    def __init__(self, cache: Path, *, beside: Path, opened: Callable[[Path], RepositorySource]) -> None:
        self._cache = cache
        self._beside = beside
        self._opened = opened

    def pinned(self, where: GovernanceRef, *, folder: str | None, offline: bool) -> Pinned:
        """A folder beside the code as it is; else what the ref names now, or named when it was last asked."""
        if where.ref is None:
            return self._beside_the_code(where, folder)
        url = self._address(where.url)
        kept = self._cache / hashlib.sha256(url.encode()).hexdigest()[:24]
        name = f"refs/careloop/{hashlib.sha256(where.ref.encode()).hexdigest()[:24]}"
        fixed = bool(_COMMIT.match(where.ref))
        commit = self._commit(kept, where.ref if fixed else name)
        why = "it was asked for offline"
        fetched = False
        if not offline and not (fixed and commit):
            why = self._fetch(kept, url, where.ref, name)
            fetched = not why
            commit = self._commit(kept, name) or commit
        if commit is None:
            raise NotFound(
                f"the governance repository {where.url}@{where.ref} is out of reach, and no copy of it was kept: {why}",
                hint="mend `governance` in careloop.link.yaml, or run once where it can be reached",
            )
        return Pinned(
            pin=GovernancePin(where.url, where.ref, commit, fetched),
            source=self._opened(kept / folder if folder else kept),
            revision=commit,
        )

    def _beside_the_code(self, where: GovernanceRef, folder: str | None) -> Pinned:
        root = self._beside / where.url / (folder or "")
        if not (root / "care.yaml").is_file():
            raise NotFound(f"there is no governance repository at {where.url}", hint="mend careloop.link.yaml")
        source = self._opened(root)
        return Pinned(GovernancePin(where.url, None, source.head().commit, fetched=True), source, None)

    def _address(self, url: str) -> str:
        """A folder as an absolute path, so that git finds it from the cache; anything else as it is."""
        return str((self._beside / url).resolve()) if url.startswith((".", "/")) else url

    def _fetch(self, kept: Path, url: str, ref: str, name: str) -> str:
        """Ask the address for the ref; empty when it came, else why it did not."""
        if not (kept / "HEAD").is_file():
            kept.mkdir(parents=True, exist_ok=True)
            run_git("init", "--quiet", "--bare", ".", at=kept)
        try:
            done = run_git("fetch", "--quiet", "--no-tags", "--depth=1", "--", url, f"+{ref}:{name}", at=kept)
        except subprocess.TimeoutExpired:
            return "it did not answer within a minute"
        told = done.stderr.decode(errors="replace").strip().splitlines()
        return "" if done.returncode == 0 else (told[0] if told else "git fetch failed")

    def _commit(self, kept: Path, name: str) -> str | None:
        if not (kept / "HEAD").is_file():
            return None
        found = run_git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", at=kept)
        return found.stdout.decode().strip() or None
