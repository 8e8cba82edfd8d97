"""`care verify-release`: may exactly this run here? For a deploy step or an admission controller; offline."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import EnvironmentOption, read_file
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, say
from careloop.domain.noun import days_in
from careloop.domain.release_lock import LOCK_SCHEMA
from careloop.errors import NotFound, UsageError
from careloop.gates.read_files import read_lock
from careloop.gates.verify_summary import CheckedSummary, SummaryTerms, check_summary, read_trusted_key

__all__ = ["app", "verify_release"]

app = a_command()

_EPILOG = """
Examples:  care verify-release models/credit --summary summary.json --trust gate.pub --environment production
·  care verify-release lock.json --summary summary.json --trust gate.pub --system credit-decision --max-age P30D

Exit codes:  0 it may run  ·  1 refused, every reason is said  ·  2 something cannot be read

Needs neither repository nor ledger nor network: the artefact, the summary, and the gate's public key.
"""


@app.command(epilog=_EPILOG)
def verify_release(
    artefacts: Annotated[
        list[Path], typer.Argument(metavar="ARTEFACT|LOCK...", help="What is to run: files, folders, or a lock file.")
    ],
    summary: Annotated[Path, typer.Option("--summary", metavar="FILE", help="The verification summary.")],
    trust: Annotated[
        str, typer.Option("--trust", metavar="KEY", help="The gate's public key, or a file that holds it.")
    ],
    environment: EnvironmentOption = "production",
    system: Annotated[str | None, typer.Option("--system", metavar="SYSTEM", help="Only a release of this.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", metavar="URI", help="Only for this resource.")] = None,
    verifier: Annotated[
        str | None, typer.Option("--verifier", metavar="ID", help="The gate's id; else by its key's name.")
    ] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="DIGEST", help="Only by this policy slice.")] = None,
    max_age: Annotated[str | None, typer.Option("--max-age", metavar="P30D", help="Not verified longer ago.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check a verification summary: who signed it, what it is about, where that may run, by which policy, how old."""
    key = read_trusted_key(read_file(Path(trust)) if Path(trust).is_file() else trust.encode())
    terms = SummaryTerms(
        key=key,
        now=wiring.now(),
        environment=environment,
        digests={str(path): _digest(path) for path in artefacts},
        verifier=verifier,
        system=system,
        resource=resource,
        policy=policy,
        max_age=_age(max_age),
    )
    found = check_summary(read_file(summary), terms)
    if output_format is Format.JSON:
        print_json(_json(found, terms))
    else:
        _say(found)
    raise typer.Exit(0 if found.holds else 1)


def _digest(path: Path) -> str:
    """Of the lock in a file, by its canonical form; of anything else, as `care release lock` measures it."""
    if not path.exists():
        raise NotFound(f"there is nothing at {path}")
    if path.is_file() and path.stat().st_size < 1 << 20 and LOCK_SCHEMA.encode() in path.read_bytes():
        return read_lock(read_file(path), str(path)).digest
    return f"sha256:{wiring.artefacts(path.parent, {str(path): path}).measure(str(path)).sha256}"


def _age(text: str | None) -> timedelta | None:
    if text is None:
        return None
    try:
        return timedelta(days=days_in(text))
    except (ValueError, KeyError, IndexError) as error:
        raise UsageError(f"--max-age {text} is no duration", hint="write it like P30D or P2W") from error


def _json(found: CheckedSummary, terms: SummaryTerms) -> dict[str, object]:
    return {
        "schema": "careloop/verify-release/v1",
        "careloop_version": __version__,
        "holds": found.holds,
        "system": found.system,
        "environment": found.environment,
        "time_verified": found.time_verified.isoformat() if found.time_verified else None,
        "policy": found.policy,
        "subjects": dict(terms.digests),
        "refusals": list(found.refusals),
    }


def _say(found: CheckedSummary) -> None:
    if found.holds:
        at = found.time_verified.isoformat() if found.time_verified else ""
        say(f"verified  {found.system} may run in {found.environment}: the gate let it pass at {at}", "good")
        return
    say("refused", "must")
    for refusal in found.refusals:
        say(f"  {refusal}")
