"""`care lake`: what lies in the lake, made fast to count, and taken away when its time or a person asks for it."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.documents.compile import compile_tree
from careloop.domain.schema_drift import drifts_of
from careloop.domain.system import System
from careloop.errors import InvalidInput, NotFound
from careloop.ports.lake import KeptLake
from careloop.reports.lake_report import erasure_lines, erasures_json, stats_json, stats_lines
from careloop.wiring import lakes, trust
from careloop.workflows.evolve.erase_rows import PersonAsk, RowsErased, erase_person, not_recomputable, retain_rows
from careloop.workflows.run.compact_lake import compact_lake
from careloop.workflows.run.signed_order import OrderAsk, sign_order

__all__ = ["app", "compact", "erase", "retain", "stats"]

app = a_command()

_EPILOG = """
Examples:  care lake stats  ·  care lake compact  ·  care lake retain --dry-run  ·
care lake erase --unit 4711 --reason "Request 12/26 under GDPR Art. 17"

Exit codes:  0 done  ·  1 refused, such as under a legal hold  ·  2 something cannot be read
"""
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")]


@app.callback(epilog=_EPILOG)
def _lake() -> None:
    """Look after the events that were taken in: size, compaction, retention, and the erasure of a person's rows."""


@app.command()
def stats(repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Show how many rows of which system lie in how many files, how many were erased, and what came otherwise than
    declared."""
    root = repository_root(None, repo)
    with _opened(root) as lake:
        found = lake.stats()
    tallies = lakes.schema_notes(root, wiring.declared_lake(root)).tallies()
    drifts = drifts_of(tallies, now=wiring.now())
    ledger = wiring.ledger_to_read(root)
    gone: dict[str, int] = {}
    if ledger is not None:
        with closing(ledger):
            gone = {one.system: not_recomputable(ledger, one.system) for one in found.systems}
    if output_format is Format.JSON:
        print_json(stats_json(found, gone, drifts))
        return
    for style, line in stats_lines(found, gone, drifts):
        say(line, style)


@app.command()
def compact(
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Write to an object store whose machine is gone for good.")
    ] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Turn what came in since the last time into Parquet; the digest of each piece goes into the ledger first."""
    root = repository_root(None, repo)
    with _opened(root) as lake, trust.clerk_for(root, create=True) as clerk:
        if take_over:
            lake.take_over()
        done = compact_lake(lake, ledger=clerk.ledger, actor=clerk.actor, now=clerk.now)
    if output_format is Format.JSON:
        told = {"segments": done.segments, "rows": done.rows, "files": done.files, "upto": done.upto}
        print_json({"schema": "careloop/lake-compact/v1", "careloop_version": __version__, **told})
        return
    say(f"{done.rows:,} rows of {done.segments:,} segments are now in {done.files:,} Parquet files", "summary")


@app.command()
def erase(
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help="Whose rows, as events name them.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded. Do not name the person.")],
    system: Annotated[
        list[str] | None, typer.Option("--system", metavar="SYSTEM", help="Only of this one; repeat.")
    ] = None,
    rehearse: DryRun = False,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Erase a person's rows, with labels and verdicts about answers to them (authority: erase)."""
    root = repository_root(None, repo)
    systems = _systems(root)
    chosen = system or sorted(systems)
    if unknown := sorted(set(chosen) - systems.keys()):
        raise NotFound(f"there is no system '{unknown[0]}' in {root}", hint=f"known are {', '.join(sorted(systems))}")
    ask = OrderAsk(action="erase_rows", reason=reason, system=None, about={"systems": ",".join(chosen)}, person=person)
    order = None
    if not rehearse:
        with wiring.release_desk(root, {}) as desk:
            order = sign_order(ask, desk, wiring.approval_keys(root, key), wiring.now())
    actor, proof = (order.actor, order.proof) if order else (trust.KEEPER, None)
    with _opened(root) as lake, trust.clerk_for(root, actor=actor, proof=proof, create=True) as clerk:
        compact_lake(lake, ledger=clerk.ledger, actor=trust.KEEPER, now=clerk.now)
        done = erase_person(clerk, lake, PersonAsk(unit=unit, reason=reason, systems=tuple(chosen)), rehearse=rehearse)
    _show(done, rehearse, output_format)


@app.command()
def retain(rehearse: DryRun = False, repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Erase rows that are past the time their system declares (`logs:`), by purpose and law; what is held stays."""
    root = repository_root(None, repo)
    systems = _systems(root)
    with _opened(root) as lake, trust.clerk_for(root, create=True) as clerk:
        compact_lake(lake, ledger=clerk.ledger, actor=clerk.actor, now=clerk.now)
        done = retain_rows(clerk, lake, systems.values(), rehearse=rehearse)
    _show(done, rehearse, output_format)


@contextmanager
def _opened(root: Path) -> Iterator[KeptLake]:
    if not wiring.lake_exists(root):
        raise NotFound("no event was ever taken in", hint="`care ingest` takes them from files.")
    with closing(wiring.lake(root)) as lake:
        yield lake


def _systems(root: Path) -> dict[str, System]:
    """What the repository declares; raises `InvalidInput` rather than forget a retention that cannot be read."""
    compiled = compile_tree(wiring.repository_source(root).work_tree())
    if broken := [error for error in compiled.errors if error.place.file.startswith("systems/")]:
        raise InvalidInput(f"{broken[0].place}: {broken[0].message}", hint="`care check` shows all that is wrong")
    return {system.id: system for system in compiled.repository.nouns(System)}


def _show(done: Sequence[RowsErased], rehearse: bool, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json(erasures_json(done, rehearsed=rehearse))
        return
    for style, line in erasure_lines(done):
        say(line, style)
