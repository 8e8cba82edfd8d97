"""The ledger of one repository: where it lies, what it is called, and its first start.

`care.yaml: stores: {ledger: URL}` or `CARELOOP_LEDGER` choose: a SQLite file (`sqlite:.care/ledger.sqlite`, also
without any of them), a PostgreSQL database (`postgresql://…`), or the server of the organisation (`https://…`). A
ledger in a local `.care/` is a development ledger, and its origin says so: `acme-retail-group-se/care/dev`.
Source: LEDGER 4.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from careloop.adapters.care_folder import keep_out_of_git
from careloop.adapters.ledger_files import files_of
from careloop.adapters.signing_keys import load_verifier
from careloop.errors import NotFound, Refused, Unavailable
from careloop.ledger.note import Verifier, read_verifier
from careloop.ledger.verify import Verification
from careloop.ports.ledger import Checkpoint, Ledger, Receipt, Record

if TYPE_CHECKING:
    from careloop.adapters.stored_ledger import StoredLedger

__all__ = [
    "RemoteAccess",
    "fork_local_ledger",
    "holds_ledger",
    "ledger_home",
    "ledger_path",
    "local_origin",
    "open_local_ledger",
    "verify_local_ledger",
    "where_ledger_is",
]

_DEFAULT: Final = "sqlite:.care/ledger.sqlite"
_POSTGRES: Final = ("postgresql:", "postgres:")
_REMOTE: Final = ("https:", "http:")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteAccess:
    """How one gets into a ledger on a server, and by which key one knows it."""

    token: str = field(default="", repr=False)
    key: str = ""
    """The log's public key, name+hash+base64, as its owner told it."""


def ledger_path(root: Path, url: str | None) -> Path:
    """The database file that `care.yaml: stores: {ledger: URL}` means; raises `Unavailable` when it is no file."""
    scheme, colon, rest = (url or _DEFAULT).partition(":")
    if scheme != "sqlite" or not colon or not rest:
        raise Unavailable(
            f"the ledger {where_ledger_is(url)} is no file of ours", hint="write `ledger: sqlite:.care/ledger.sqlite`"
        )
    return root / rest.removeprefix("//")


def ledger_home(root: Path, url: str | None) -> Path:
    """The path beside which keys, checkpoint and anchor of a ledger lie; raises `Unavailable` for another host's."""
    return root / ".care" / "ledger.postgresql" if (url or "").startswith(_POSTGRES) else ledger_path(root, url)


def where_ledger_is(url: str | None) -> str:
    """The address of a ledger without whatever is secret in it."""
    return re.sub(r"//[^/@]*@", "//", (url or _DEFAULT).partition("?")[0])


def local_origin(organisation: str, *, environment: str = "dev") -> str:
    """What a ledger is called, before anybody gives it a better name; one in production has no environment.

    >>> local_origin("Müller & Töchter AG")
    'muller-tochter-ag/care/dev'
    """
    plain = unicodedata.normalize("NFKD", organisation).encode("ascii", "ignore").decode().lower()
    name = f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-') or 'unnamed'}/care"
    return f"{name}/{environment}" if environment else name


def holds_ledger(root: Path, url: str | None) -> bool:
    """Whether there may be a ledger: a file that is there, or a store elsewhere, which only asking can tell."""
    return (url or "").startswith((*_POSTGRES, *_REMOTE)) or ledger_path(root, url).exists()


def open_local_ledger(  # noqa: PLR0913  # each says one thing about the ledger that is wanted
    root: Path,
    *,
    url: str | None = None,
    organisation: str = "",
    create: bool = False,
    read_only: bool = False,
    remote: RemoteAccess | None = None,
) -> Ledger:
    """Open the repository's ledger; with `create`, start it when there is none.

    An existing ledger keeps the name it was made with. Raises `NotFound` when there is none, `Unavailable` and
    `Refused` as the stores do. `remote` is for one on a server.
    """
    if (url or "").startswith(_REMOTE):
        return _from_afar(root, url or "", remote or RemoteAccess())
    if (url or "").startswith(_POSTGRES):
        return _in_postgres(root, url or "", organisation, create=create, read_only=read_only)
    path = ledger_path(root, url)
    public = files_of(path).public_key
    origin = load_verifier(public).name if public.is_file() else local_origin(organisation)
    if not create and not path.is_file() and not public.is_file():
        raise NotFound(f"there is no ledger at {path} yet", hint="`care gate` starts one with its first decision")
    if create and not read_only:
        keep_out_of_git(path.parent)
    from careloop.adapters.sqlite_ledger import open_ledger

    return open_ledger(path, origin=origin, create=create, read_only=read_only)


def verify_local_ledger(root: Path, url: str | None, *, trust: Verifier | None = None) -> Verification:
    """Everything that is wrong with the repository's ledger. Raises `Unavailable` for one that another host owns."""
    if (url or "").startswith(_REMOTE):
        raise Unavailable(
            f"the ledger {where_ledger_is(url)} is verified where it lies", hint="Run `care ledger verify` there."
        )
    if (url or "").startswith(_POSTGRES):
        from careloop.adapters.postgres_ledger import verify_postgres_ledger

        return verify_postgres_ledger(url or "", root / ".care", trust=trust)
    from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger

    return verify_sqlite_ledger(ledger_path(root, url), trust=trust)


def fork_local_ledger(  # noqa: PLR0913  # each says one thing about what was lost
    root: Path,
    url: str | None,
    *,
    origin: str,
    record: Record,
    recorded_at: datetime,
    known: Checkpoint | None = None,
) -> Receipt:
    """Go on with the repository's ledger after a loss, openly; see `ledger_fork`."""
    from careloop.adapters.ledger_fork import fork_ledger, fork_postgres_ledger

    if (url or "").startswith(_POSTGRES):
        folder = root / ".care"
        return fork_postgres_ledger(
            url or "", folder, origin=origin, record=record, recorded_at=recorded_at, known=known
        )
    return fork_ledger(ledger_path(root, url), origin=origin, record=record, recorded_at=recorded_at, known=known)


def _in_postgres(root: Path, url: str, organisation: str, *, create: bool, read_only: bool) -> "StoredLedger":
    try:
        from careloop.adapters.postgres_ledger import open_postgres_ledger, postgres_files
    except ImportError as error:
        raise Unavailable(
            "a ledger in PostgreSQL needs the extra `postgres`", hint="pip install 'careloop[postgres]'"
        ) from error
    folder = root / ".care"
    public = postgres_files(folder).public_key
    origin = load_verifier(public).name if public.is_file() else local_origin(organisation, environment="")
    if create and not read_only:
        keep_out_of_git(folder)
    elif not public.is_file():
        raise NotFound(
            f"the public key of the ledger {where_ledger_is(url)} is not at {public}",
            hint="`care gate` starts a ledger; of one that is there, copy the key from its owner.",
        )
    return open_postgres_ledger(url, folder, origin=origin, create=create, read_only=read_only)


def _from_afar(root: Path, url: str, remote: RemoteAccess) -> Ledger:
    from careloop.adapters.http_ledger import HttpLedger
    from careloop.adapters.http_line import HttpLine

    if not remote.key:
        raise Refused(
            f"the ledger {where_ledger_is(url)} cannot be known again without its public key",
            hint="Write it into care.yaml, `stores: {ledger-key: NAME+HASH+KEY}`, or into CARELOOP_LEDGER_KEY.",
        )
    line, key = HttpLine(url, token=remote.token), read_verifier(remote.key)
    keep_out_of_git(root / ".care")
    return HttpLedger(line, key, seen=root / ".care" / "ledger-seen")
