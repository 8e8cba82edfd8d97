"""What the pages are served with: the stores kept open, where the server lies, and whose directory signs people in."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.errors import UsageError
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.wiring import (
    artefacts,
    commit_history,
    file_registry,
    lake,
    open_ledger,
    organisation_of,
    repository_source,
    standards_library,
)

if TYPE_CHECKING:
    from careloop.adapters.parquet_lake import ParquetLake
    from careloop.domain.release_lock import Presence
    from careloop.workflows.run.release_desk import ReleaseDesk

__all__ = ["BoardStores", "OidcClient", "WebPlace", "board_stores", "web_place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardStores:
    """The three stores of a repository as a server keeps them open; threads may share them."""

    source: RepositorySource
    standards: StandardsLibrary
    ledger: Ledger
    lake: ParquetLake
    desk: ReleaseDesk
    presence: Callable[[str], Presence]
    """Whether a release's artefacts are where the deployer finds them."""


def board_stores(root: Path) -> BoardStores:
    """Open the stores to read, for as long as a server runs. Raises `NotFound` while there is no ledger."""
    from careloop.adapters.remembered_ledger import RememberedLedger
    from careloop.workflows.run.release_desk import ReleaseDesk

    source, standards, ledger = repository_source(root), standards_library(), RememberedLedger(open_ledger(root))
    desk = ReleaseDesk(
        source=source,
        history=commit_history(root),
        ledger=ledger,
        standards=standards,
        artefacts=artefacts(root, {}),
    )
    return BoardStores(
        source=source,
        standards=standards,
        ledger=ledger,
        lake=lake(root),
        desk=desk,
        presence=file_registry(root).artefacts.presence,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """How this server is known to the organisation's directory (OpenID Connect)."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPlace:
    """One served repository: where it lies, how it is reached, who may sign in."""

    root: Path
    title: str
    """Name of the organisation."""
    state: Path
    """SQLite file of accounts, sessions and tokens: operational state, nothing that is evidence."""
    secret: str = field(repr=False)
    """Signs cookies and links; 50 characters, made on first use."""
    hosts: tuple[str, ...]
    """Names that a request may ask for."""
    origins: tuple[str, ...]
    """Where forms may come from beside the hosts themselves, such as `https://care.example.org` behind a proxy."""
    https: bool
    """Whether people reach it by https; cookies are then sent by nothing else."""
    oidc: OidcClient | None


def web_place(root: Path) -> WebPlace:
    """The served repository with its operational state in `.care/`; `CARELOOP_HOSTS` and `CARELOOP_ORIGINS` name what
    it is reached by (words divided by commas), `CARELOOP_OIDC_ISSUER`, `_CLIENT_ID`, `_CLIENT_SECRET`, `_NAME` a
    directory to sign in by. Raises `UsageError` for a directory that is half described."""
    organisation = organisation_of(root)
    origins = _words("CARELOOP_ORIGINS")
    return WebPlace(
        root=root,
        title=organisation.organisation.name if organisation else root.name,
        state=root / ".care" / "state.sqlite",
        secret=_kept_secret(root / ".care" / "keys" / "web"),
        hosts=_words("CARELOOP_HOSTS") or ("127.0.0.1", "localhost", "[::1]"),
        origins=origins,
        https=any(origin.startswith("https://") for origin in origins),
        oidc=_oidc_client(),
    )


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in os.environ.get(name, "").split(",") if word.strip())


def _oidc_client() -> OidcClient | None:
    given = {name: os.environ.get(f"CARELOOP_OIDC_{name}", "") for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET")}
    if not any(given.values()):
        return None
    if missing := [f"CARELOOP_OIDC_{name}" for name, value in given.items() if not value]:
        raise UsageError(f"the directory is half described: {', '.join(missing)} is not set")
    name = os.environ.get("CARELOOP_OIDC_NAME") or "your directory"
    return OidcClient(issuer=given["ISSUER"], client_id=given["CLIENT_ID"], secret=given["CLIENT_SECRET"], name=name)


def _kept_secret(path: Path) -> str:
    """A secret that is made once and readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        made = secrets.token_urlsafe(50)
        file.write(made)
    return made
