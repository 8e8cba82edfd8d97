"""Go on with a ledger that lost entries, openly: the old anchor stays as evidence, the key changes, a record says so.

Only for when no backup holds what the anchor proves. The old key signs nothing more, so that it never vouches for two
histories; whoever trusts the old key notices, and asks. Source: LEDGER 6.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from careloop.adapters.durable_file import sync_folder
from careloop.adapters.ledger_files import LedgerFiles, files_of, read_kept
from careloop.adapters.log_tables import LogTables
from careloop.adapters.signing_keys import load_or_make_signer, load_verifier, save_verifier
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_tables import SqliteTables
from careloop.adapters.stored_ledger import StoredLedger
from careloop.errors import InvalidInput, Refused
from careloop.ledger.merkle import tree_root
from careloop.ledger.note import Verifier
from careloop.ports.ledger import Checkpoint, Receipt, Record

__all__ = ["fork_ledger", "fork_postgres_ledger"]


def fork_ledger(  # noqa: PLR0913  # each says one thing about what was lost
    path: Path | str,
    *,
    origin: str,
    record: Record,
    recorded_at: datetime,
    anchor: Path | None = None,
    known: Checkpoint | None = None,
) -> Receipt:
    """Accept the loss in a SQLite ledger and record it in `record`; to its data the lost anchor's size and root come.

    `known` is a checkpoint of the longer or other log that somebody else remembers, where the files here do not tell.
    Raises `InvalidInput` when the ledger opens as it is, and `Refused` when it is another log or its tree is damaged.
    Old key, anchor and checkpoint stay beside the new ones, their names ending in `.until-SIZE`.
    """
    files = files_of(Path(path), anchor)
    return _fork(
        files,
        lambda: SqliteTables(files.database, read_only=False),
        lambda read_only: open_ledger(path, origin=origin, read_only=read_only, anchor=anchor),
        said=(origin, record, recorded_at),
        known=known,
    )


def fork_postgres_ledger(  # noqa: PLR0913  # each says one thing about what was lost
    url: str,
    folder: Path,
    *,
    origin: str,
    record: Record,
    recorded_at: datetime,
    known: Checkpoint | None = None,
) -> Receipt:
    """The same for a ledger in PostgreSQL, whose files are in `folder`."""
    from careloop.adapters.postgres_ledger import open_postgres_ledger, postgres_files
    from careloop.adapters.postgres_tables import PostgresTables

    return _fork(
        postgres_files(folder),
        lambda: PostgresTables(url, read_only=False),
        lambda read_only: open_postgres_ledger(url, folder, origin=origin, read_only=read_only),
        said=(origin, record, recorded_at),
        known=known,
    )


def _fork(
    files: LedgerFiles,
    tables_of: Callable[[], LogTables],
    open_it: Callable[[bool], StoredLedger],
    *,
    said: tuple[str, Record, datetime],
    known: Checkpoint | None,
) -> Receipt:
    origin, record, recorded_at = said
    old_key = load_verifier(files.public_key)
    if record.type != "ledger.forked":
        raise InvalidInput(f"type: a loss is recorded as ledger.forked, not as {record.type}")
    if old_key.name != origin:
        raise Refused(f"the ledger {files.database} is {old_key.name}, not {origin}")
    lost = known
    if lost is None:
        _check_there_is_a_loss(open_it)
        lost = _furthest(files, old_key)
    with closing(tables_of()) as tables, tables.answering():
        _start_anew(tables, files, lost, origin)
    size, root = (lost.size, lost.root.hex()) if lost else (0, "")
    with open_it(False) as ledger:
        keys = {"from": old_key.text, "to": ledger.key}
        told = replace(record, data={**record.data, "anchor_size": size, "anchor_root": root, **keys})
        return ledger.append([told], recorded_at=recorded_at)[0]


def _check_there_is_a_loss(open_it: Callable[[bool], StoredLedger]) -> None:
    try:
        open_it(True).close()
    except Refused:
        return
    raise InvalidInput("the ledger opens as it is: there is no loss to accept")


def _furthest(files: LedgerFiles, key: Verifier) -> Checkpoint | None:
    """The longest log that was ever signed for, as far as the files can tell."""
    found: list[Checkpoint] = []
    for path in (files.checkpoint, files.anchor):
        try:
            kept = read_kept(path, key)
        except Refused:
            kept = None
        found += [kept] if kept else []
    return max(found, key=lambda checkpoint: checkpoint.size, default=None)


def _start_anew(tables: LogTables, files: LedgerFiles, lost: Checkpoint | None, origin: str) -> None:
    with tables.writing():
        size, root = tables.newest_head()
        if tree_root(size, tables.node) != root:
            raise Refused("what is left of the ledger is damaged as well", hint="Run `care ledger verify`.")
        for path in (files.checkpoint, files.anchor, files.key, files.public_key):
            if path.exists():
                path.rename(path.with_name(f"{path.name}.until-{lost.size if lost else 0}"))
                sync_folder(path.parent)
        signer = load_or_make_signer(files.key, name=origin)
        save_verifier(files.public_key, signer.verifier)
        files.publish((size, root), (signer.verifier, signer))
