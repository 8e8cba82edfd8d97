"""`care gate`: may this release go into this environment?"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import (
    ArtifactOption,
    EnvironmentOption,
    HostedOption,
    ParamOption,
    RepoOnlyOption,
    VersionOption,
    make_lock,
    read_artefacts,
    read_file,
    read_parameters,
    the_lock,
)
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.domain.decision import GateAnswer, Verdict
from careloop.errors import Unavailable, UsageError
from careloop.reports.gate_report import closed_gate_json, gate_json, gate_lines
from careloop.workflows.run.decide_release import GateQuestion, decide_release
from careloop.workflows.run.lock_release import LockAsk

__all__ = ["app", "gate", "show_answer"]

app = a_command()

_EPILOG = """
Examples:  care gate credit-decision --release lock.json --results results.json  ·
care gate credit-decision --artifact models/credit --results fair.json --results speed.json --format json

Exit codes:  0 allow  ·  1 block  ·  2 something cannot be read  ·  3 wait (for approvals, or for more evidence)

Asking again changes nothing: `care release record` is what uses approvals up.
"""
_EXIT = {Verdict.ALLOW: 0, Verdict.BLOCK: 1, Verdict.WAIT: 3}


_ReleaseOption = Annotated[
    str | None, typer.Option("--release", metavar="LOCK", help="Lock file, or digest of a release at the gate.")
]
_ResultsOption = Annotated[
    list[Path] | None,
    typer.Option("--results", metavar="FILE", help="Results, or a report of a known tool; repeat."),
]
_RequesterOption = Annotated[
    str | None, typer.Option("--requester", metavar="PERSON", help="Who asks; else as git says.")
]


@app.command(epilog=_EPILOG)
def gate(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    release: _ReleaseOption = None,
    artifact: ArtifactOption = None,
    results: _ResultsOption = None,
    environment: EnvironmentOption = "production",
    requester: _RequesterOption = None,
    hosted: HostedOption = None,
    param: ParamOption = None,
    version: VersionOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Decide about a release by the committed rules: allow, block, or wait for people; every reason is said."""
    root = repository_root(None, repo)
    made_here = LockAsk(system=system, hosted=hosted, parameters=read_parameters(param), version=version)
    _refuse_wrong_usage(release, made_here, artifact)
    raw = tuple(read_file(path) for path in results or ())
    named = read_artefacts(artifact, root)
    try:
        with wiring.release_desk(root, named.places) as desk:
            made = None if release else make_lock(replace(made_here, artefacts=named.claims), named, root)
            lock = made or the_lock(release or "", desk)
            asks = requester or _here(root)
            question = GateQuestion(
                system=system,
                lock=lock,
                results=raw,
                environment=environment,
                requester=asks,
                names=tuple(map(str, results or ())),
            )
            answer = decide_release(question, desk, wiring.now())
    except Unavailable as error:
        if output_format is Format.JSON:
            print_json(closed_gate_json(error, system=system, environment=environment))
            raise typer.Exit(error.exit_code) from error
        raise
    show_answer(answer, output_format)
    raise typer.Exit(_EXIT[answer.decision.verdict])


def _refuse_wrong_usage(release: str | None, made_here: LockAsk, artifact: list[str] | None) -> None:
    if release is not None and (made_here.hosted or made_here.parameters or made_here.version):
        raise UsageError("the lock already says --hosted, --param and --version", hint="give either, not both")
    if release is None and not artifact and made_here.hosted is None:
        raise UsageError("nothing is named to be released", hint="give --release LOCK, or --artifact PATH")


def _here(root: Path) -> str | None:
    """Who git says is working here."""
    who = wiring.workspace(root).author()
    return who.mail if who else None


def show_answer(answer: GateAnswer, output_format: Format) -> None:
    """Print a decision."""
    if output_format is Format.JSON:
        print_json(gate_json(answer))
        return
    for style, line in gate_lines(answer):
        say(line, style)
