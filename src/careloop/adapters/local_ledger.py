"""The ledger of one repository on one machine: where it lies, what it is called, and its first start.

A ledger in a local `.care/` is a development ledger, and its origin says so: `acme-retail-group-se/care/dev`.
Source: LEDGER 4.
"""

import re
import unicodedata
from pathlib import Path

from careloop.adapters.care_folder import keep_out_of_git
from careloop.adapters.ledger_files import files_of
from careloop.adapters.signing_keys import load_verifier
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.stored_ledger import StoredLedger
from careloop.errors import NotFound, Unavailable

__all__ = ["ledger_path", "local_origin", "open_local_ledger"]

_DEFAULT = "sqlite:.care/ledger.sqlite"


def ledger_path(root: Path, url: str | None) -> Path:
    """The database that `care.yaml: stores: {ledger: URL}` means; raises `Unavailable` for a store out of reach."""
    scheme, colon, rest = (url or _DEFAULT).partition(":")
    if scheme != "sqlite" or not colon or not rest:
        raise Unavailable(
            f"the ledger {url} cannot be reached by this version", hint="write `ledger: sqlite:.care/ledger.sqlite`"
        )
    return root / rest.removeprefix("//")


def local_origin(organisation: str) -> str:
    """What a local ledger is called, before anybody gives it a better name.

    >>> local_origin("Müller & Töchter AG")
    'muller-tochter-ag/care/dev'
    """
    plain = unicodedata.normalize("NFKD", organisation).encode("ascii", "ignore").decode().lower()
    return f"{re.sub(r'[^a-z0-9]+', '-', plain).strip('-') or 'unnamed'}/care/dev"


def open_local_ledger(
    root: Path, *, url: str | None = None, organisation: str = "", create: bool = False, read_only: bool = False
) -> StoredLedger:
    """Open the repository's ledger; with `create`, start it when there is none.

    An existing ledger keeps the name it was made with. Raises `NotFound` when there is none, `Unavailable` and
    `Refused` as `open_ledger` does.
    """
    path = ledger_path(root, url)
    public = files_of(path).public_key
    origin = load_verifier(public).name if public.is_file() else local_origin(organisation)
    if not create and not path.is_file() and not public.is_file():
        raise NotFound(f"there is no ledger at {path} yet", hint="`care gate` starts one with its first decision")
    if create and not read_only:
        keep_out_of_git(path.parent)
    return open_ledger(path, origin=origin, create=create, read_only=read_only)
