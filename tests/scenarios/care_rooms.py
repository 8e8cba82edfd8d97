"""The command `care` as a process of its own, in an environment that knows nothing of whoever runs the tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from careloop.testing.git_folder import GitFolder
from careloop.testing.source_tree_builder import Files, small_repository, write_files

CARE = Path(sys.executable).parent / "care"
FIRST_DAY = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Said(NamedTuple):
    """How a run of `care` ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> dict[str, Any]:
        """What it said, as JSON."""
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told


def care(*arguments: object, at: Path, **environment: str) -> Said:
    """Run `care` in a folder, with nobody to answer; a traceback fails the test, whatever it was about."""
    home = at / ".home"
    home.mkdir(exist_ok=True)
    own = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "LC_ALL": "C.UTF-8",
    }
    run = subprocess.run(
        [str(CARE), *(str(one) for one in arguments)],
        cwd=at,
        env={**own, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    said = Said(run.returncode, run.stdout.decode(), run.stderr.decode())
    assert "Traceback" not in said.out + said.err, said.err
    return said


def a_folder(root: Path, files: Files | None = None) -> Path:
    """A governance repository that git knows nothing of."""
    return write_files(root, small_repository() if files is None else files)


def a_repository(root: Path, files: Files | None = None, *, at: datetime = FIRST_DAY) -> GitFolder:
    """A governance repository in git, with one commit."""
    return GitFolder.holding(root, small_repository() if files is None else files, at=at)
