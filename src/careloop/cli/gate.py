"""`care gate`: may this release go into this environment?"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.patience import EveryOption, Patience, TimeoutOption, WaitOption, read_patience, settled
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
from careloop.cli.report_formats import (
    ReportFormat,
    ReportFormatOption,
    ReportOption,
    Wanted,
    Writers,
    read_wanted,
    write_reports,
)
from careloop.cli.terminal import a_command, repository_root, say
from careloop.domain.decision import GateAnswer, Verdict
from careloop.errors import CareloopError, Refused, Unavailable, UsageError
from careloop.reports.gate_markdown import closed_gate_markdown, gate_markdown
from careloop.reports.gate_remarks import closed_gate_remarks, gate_remarks
from careloop.reports.gate_report import closed_gate_json, gate_json, gate_lines
from careloop.wiring.changes import folder_in_git
from careloop.workflows.run.answer_request import answer_request
from careloop.workflows.run.decide_release import GateQuestion, decide_release
from careloop.workflows.run.lock_release import LockAsk

__all__ = ["app", "gate", "show_answer"]

app = a_command()

_EPILOG = """
Examples:  care gate credit-decision --release lock.json --results results.json  ·
care gate credit-decision --artifact models/credit --results fair.json --results speed.json --format json  ·
care gate credit-decision --release lock.json --results results.json --wait --timeout PT2H  ·
care gate --request sha256:1f… --wait --format github --report junit=gate.xml

Exit codes:  0 allow  ·  1 block  ·  2 something cannot be read  ·  3 wait (for approvals, or for more evidence)

Asking again changes nothing: `care release record` is what uses approvals up. A wait can be taken up anywhere by
--request.
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
    system: Annotated[str | None, typer.Argument(metavar="[SYSTEM]", help="Id of the system.")] = None,
    release: _ReleaseOption = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="REQUEST", help="Take up a wait: what is the answer now?")
    ] = None,
    artifact: ArtifactOption = None,
    results: _ResultsOption = None,
    environment: EnvironmentOption = "production",
    requester: _RequesterOption = None,
    hosted: HostedOption = None,
    param: ParamOption = None,
    version: VersionOption = None,
    wait: WaitOption = False,
    timeout: TimeoutOption = "PT30M",
    every: EveryOption = "PT20S",
    repo: RepoOnlyOption = None,
    output_format: ReportFormatOption = ReportFormat.TEXT,
    report: ReportOption = None,
) -> None:
    """Decide about a release by the committed rules: allow, block, or wait for people; every reason is said."""
    wanted, patience = read_wanted(output_format, report), read_patience(wait, timeout, every)
    root = repository_root(None, repo)
    made_here = LockAsk(system=system or "", hosted=hosted, parameters=read_parameters(param), version=version)
    asking = _Asking(root, made_here, release, artifact, tuple(results or ()), environment, requester)
    asking.refuse_wrong_usage(request)
    ask = asking.answer if request is None else _about_request(request, root)
    raise typer.Exit(_answered(ask, patience, wanted, about=asking.about(request)))


def _answered(ask: Callable[[], GateAnswer], patience: Patience | None, wanted: Wanted, *, about: "_About") -> int:
    """Ask, wait, print and write; the exit code. A ledger that cannot be asked is a block that every format says."""
    try:
        answer = settled(ask, patience)
    except (Refused, Unavailable) as error:
        if wanted.printed is ReportFormat.TEXT and not wanted.files:
            raise
        write_reports(_closed(error, about), wanted)
        return error.exit_code
    write_reports(_writers(answer, about.folder), wanted)
    return _EXIT[answer.decision.verdict]


@dataclass(frozen=True, slots=True)
class _About:
    """What a gate that cannot answer is said to be about."""

    system: str
    environment: str
    folder: str


@dataclass(frozen=True, slots=True)
class _Asking:
    """A question to the gate as it was typed; the stores are opened anew each time it is asked."""

    root: Path
    made_here: LockAsk
    release: str | None
    artifact: list[str] | None
    results: tuple[Path, ...]
    environment: str
    requester: str | None

    def refuse_wrong_usage(self, request: str | None) -> None:
        """Raise UsageError for options that do not go together."""
        lock, release, artifact = self.made_here, self.release, self.artifact
        of_a_lock = bool(lock.hosted or lock.parameters or lock.version)
        if request is not None:
            if lock.system or release or artifact or self.results or of_a_lock:
                raise UsageError("--request says all that is asked", hint="leave SYSTEM, --release and the rest out")
            return
        if not lock.system:
            raise UsageError("no system is named", hint="give SYSTEM, or --request REQUEST to take up a wait")
        if release is not None and of_a_lock:
            raise UsageError("the lock already says --hosted, --param and --version", hint="give either, not both")
        if release is None and not artifact and lock.hosted is None:
            raise UsageError("nothing is named to be released", hint="give --release LOCK, or --artifact PATH")

    def about(self, request: str | None) -> _About:
        """What is asked about, in words."""
        return _About(self.made_here.system or (request or "")[:19], self.environment, folder_in_git(self.root))

    def answer(self) -> GateAnswer:
        """Ask once."""
        raw = tuple(read_file(path) for path in self.results)
        named = read_artefacts(self.artifact, self.root)
        with wiring.release_desk(self.root, named.places) as desk:
            if self.release is None:
                lock = make_lock(replace(self.made_here, artefacts=named.claims), named, self.root)
            else:
                lock = the_lock(self.release, desk)
            question = GateQuestion(
                system=self.made_here.system,
                lock=lock,
                results=raw,
                environment=self.environment,
                requester=self.requester or _here(self.root),
                names=tuple(map(str, self.results)),
            )
            return decide_release(question, desk, wiring.now())


def _about_request(request: str, root: Path) -> Callable[[], GateAnswer]:
    def answer() -> GateAnswer:
        with wiring.release_desk(root, {}, read_only=True) as desk:
            return answer_request(request, desk, wiring.now())

    return answer


def _here(root: Path) -> str | None:
    """Who git says is working here."""
    who = wiring.workspace(root).author()
    return who.mail if who else None


def _writers(answer: GateAnswer, folder: str) -> Writers:
    return Writers(
        remarks=lambda: gate_remarks(answer),
        text=lambda: gate_lines(answer),
        json=lambda: json.dumps(gate_json(answer), indent=2, ensure_ascii=False),
        markdown=lambda mark: gate_markdown(answer, mark=mark),
        folder=folder,
    )


def _closed(error: CareloopError, about: _About) -> Writers:
    """What a gate says that could not ask its ledger."""
    system, environment = about.system, about.environment
    closed = closed_gate_json(error, system=system, environment=environment)
    return Writers(
        remarks=lambda: closed_gate_remarks(error, system=system, environment=environment),
        text=lambda: [("bad", f"block  {system} may not go into {environment}"), ("detail", f"  {error.message}")],
        json=lambda: json.dumps(closed, indent=2, ensure_ascii=False),
        markdown=lambda mark: closed_gate_markdown(error, system=system, environment=environment, mark=mark),
        folder=about.folder,
    )


def show_answer(answer: GateAnswer) -> None:
    """Print a decision for people."""
    for style, line in gate_lines(answer):
        say(line, style)
