"""`care release`: lock a release, give it standing, show who may run, take standing away."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import yaml

from careloop import __version__, wiring
from careloop.cli.gate import show_answer
from careloop.cli.release_arguments import (
    ArtifactOption,
    AsOption,
    EnvironmentOption,
    HostedOption,
    KeyOption,
    ParamOption,
    RepoOnlyOption,
    VersionOption,
    make_lock,
    read_artefacts,
    read_file,
    read_parameters,
    the_lock,
)
from careloop.cli.terminal import Format, FormatOption, a_command, day_option, print_json, repository_root, say
from careloop.domain.decision import Verdict
from careloop.domain.emergency import EmergencyKind
from careloop.errors import InvalidInput, Unavailable, UsageError
from careloop.gates.read_files import read_lock
from careloop.reports.emergency_report import emergency_json, emergency_lines
from careloop.reports.gate_report import gate_json, rollback_words, standing_json, standing_line, target_json
from careloop.wiring import post
from careloop.workflows.run.attest import summary_of
from careloop.workflows.run.draft_envelope import EnvelopeAsk, draft_envelope
from careloop.workflows.run.emergency_release import EmergencyAsk, release_in_emergency
from careloop.workflows.run.lock_release import LockAsk
from careloop.workflows.run.record_release import RecordAsk, record_release
from careloop.workflows.run.release_standing import release_standing
from careloop.workflows.run.revoke_release import RevokeAsk, revoke_release
from careloop.workflows.run.validate_release import ValidationAsk, validate_release

__all__ = [
    "app",
    "break_glass",
    "emergency",
    "envelope",
    "key",
    "lock",
    "record",
    "revoke",
    "standing",
    "summary",
    "validate",
]

app = a_command()

LockArgument = Annotated[
    str, typer.Argument(metavar="LOCK", help="Lock file, or digest of a release at the gate, or its start.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with your name.")]


@app.callback()
def _release() -> None:
    """Lock a release, give it standing, show which releases may run, and take standing away."""


@app.command()
def lock(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    artifact: ArtifactOption = None,
    hosted: HostedOption = None,
    param: ParamOption = None,
    version: VersionOption = None,
    code_commit: Annotated[
        str | None, typer.Option("--code-commit", metavar="HASH", help="Commit it was built from; else the newest.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where to write the lock.")] = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Write down, by digest, everything that decides how a release behaves; prints the lock's own digest."""
    root = repository_root(None, repo)
    named = read_artefacts(artifact, root)
    ask = LockAsk(
        system=system,
        artefacts=named.claims,
        hosted=hosted,
        parameters=read_parameters(param),
        version=version,
        code_commit=code_commit,
    )
    made = make_lock(ask, named, root)
    text = json.dumps(json.loads(made.canonical), indent=2, ensure_ascii=False) + "\n"
    if out is None:
        typer.echo(text, nl=False)
        return
    _write(out, text.encode())
    say(f"locked {system} {made.version}: {len(made.artefacts)} artefacts in {out}")
    say(made.digest)


@app.command()
def record(
    release: LockArgument,
    environment: EnvironmentOption = "production",
    request: Annotated[
        str | None, typer.Option("--request", metavar="REQUEST", help="Whose approvals to use; else the one that fits.")
    ] = None,
    summary: Annotated[
        Path | None, typer.Option("--summary", metavar="FILE", help="Write the signed verification summary here.")
    ] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Judge a release once more, use its approvals up and give it standing. Repeating it changes nothing."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        digest = the_lock(release, desk).digest
        done = record_release(RecordAsk(digest, environment, request), desk, wiring.now())
        if summary is not None and done.standing is not None:
            _write(summary, summary_of(desk.ledger, digest, environment))
    if output_format is Format.JSON:
        shown = standing_json(done.standing) if done.standing else None
        print_json(gate_json(done.answer) | {"schema": "careloop/release/v1", "recorded": done.new, "standing": shown})
    elif done.standing is not None and not done.new:
        say(f"{done.answer.system} {done.answer.version} has standing in {environment} already", "good")
    else:
        show_answer(done.answer)
    waiting = done.answer.decision.verdict is Verdict.WAIT
    raise typer.Exit(0 if done.standing is not None else 3 if waiting else 1)


@app.command()
def envelope(
    release: LockArgument,
    name: Annotated[str, typer.Option("--id", metavar="ID", help="What to call it.")],
    owner: Annotated[str, typer.Option("--owner", metavar="POST", help="Accountable post.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why people need not be asked each time.")],
    vary: Annotated[list[str], typer.Option("--vary", metavar="NAME", help="Locked artefact that may differ; repeat.")],
    bound: Annotated[list[str], typer.Option("--bound", metavar="BOUND", help="impact_ratio>=0.8; repeat.")],
    shift: Annotated[list[str], typer.Option("--shift", metavar="BOUND", help="psi<=0.1; repeat.")],
    expires: Annotated[str, typer.Option("--expires", metavar="DATE", help="Last day on which it counts.")],
    most: Annotated[int, typer.Option("--most", metavar="N", help="Releases by it, in all.")] = 30,
    vary_parameter: Annotated[
        list[str] | None, typer.Option("--vary-parameter", metavar="NAME", help="Parameter that may differ; repeat.")
    ] = None,
    environment: EnvironmentOption = "production",
    repo: RepoOnlyOption = None,
) -> None:
    """Write a change envelope around a release: print it, for systems/<id>/envelopes/<name>.yaml; grants nothing."""
    last = day_option(expires, "--expires")
    assert last is not None, "the option is required"
    ask = EnvelopeAsk(
        id=name, owner=owner, reason=reason, varies=tuple(vary), varying_parameters=tuple(vary_parameter or ()),
        bounds=tuple(bound), shift=tuple(shift), most_releases=most, expires=last, environment=environment,
    )  # fmt: skip
    if Path(release).is_file():
        made = draft_envelope(read_lock(read_file(Path(release)), release), ask)
    else:
        with wiring.release_desk(repository_root(None, repo), {}, read_only=True) as desk:
            made = draft_envelope(the_lock(release, desk), ask)
    typer.echo(yaml.safe_dump(made.model_dump(mode="json", exclude_defaults=True), sort_keys=False), nl=False)


@app.command()
def emergency(
    release: LockArgument,
    reason: ReasonOption,
    environment: EnvironmentOption = "production",
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Let a release that lacks nothing but approvals go ahead on yours, for days; others review it by a date."""
    ask = EmergencyAsk(
        kind=EmergencyKind.EMERGENCY, lock=release, environment=environment, reason=reason, person=person
    )
    _go_ahead(ask, key, repo, output_format)


@app.command(name="break-glass")
def break_glass(
    release: LockArgument,
    reason: ReasonOption,
    environment: EnvironmentOption = "production",
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Let a release go ahead against the gate's word, for days; people are paged, and others review it by a date."""
    ask = EmergencyAsk(
        kind=EmergencyKind.BREAK_GLASS, lock=release, environment=environment, reason=reason, person=person
    )
    _go_ahead(ask, key, repo, output_format)


def _go_ahead(ask: EmergencyAsk, key: Path | None, repo: Path | None, output_format: Format) -> None:
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        named = replace(ask, lock=the_lock(ask.lock, desk).digest)
        done = release_in_emergency(named, desk, wiring.approval_keys(root, key), post.pager(root), wiring.now())
    if output_format is Format.JSON:
        print_json(emergency_json(done.emergency, review=done.review, paged=done.paged))
        return
    for style, line in emergency_lines(done.emergency, review=done.review, paged=done.paged):
        say(line, style)


@app.command()
def summary(
    release: LockArgument,
    environment: EnvironmentOption = "production",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here, not to the output.")] = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Hand out the signed verification summary (SLSA VSA) of a recorded release, for `care verify-release`."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}, read_only=True) as desk:
        found = summary_of(desk.ledger, the_lock(release, desk).digest, environment)
    if out is None:
        typer.echo(found.decode())
        return
    _write(out, found)
    say(f"wrote {out}: check it with `care verify-release`")


@app.command()
def key(
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it here, not to the output.")] = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Print the public key with which this gate signs results and summaries: what `--trust` takes."""
    line = wiring.attestation_key(repository_root(None, repo))
    if out is None:
        typer.echo(line)
        return
    _write(out, f"{line}\n".encode())


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error


@app.command()
def standing(
    system: Annotated[str | None, typer.Argument(metavar="[SYSTEM]", help="Only this system.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show which releases may run where, and whether one could take over."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}, read_only=True) as desk:
        places = release_standing(desk, system, now=wiring.now())
    if output_format is Format.JSON:
        rows = [
            {
                "system": one.system,
                "environment": one.environment,
                "standings": [standing_json(each) for each in one.standings],
                "rollback_target": target_json(one.target),
            }
            for one in places
        ]
        print_json({"schema": "careloop/standing/v1", "careloop_version": __version__, "systems": rows})
        return
    if not places:
        say(f"no release{f' of {system}' if system else ''} has ever had standing", "warn")
    for one in places:
        say(f"{one.system} in {one.environment}", "heading")
        for each in one.standings:
            style, line = standing_line(each, newest=each is one.newest)
            say(line, style)
        say(f"  {rollback_words(one.target)}", "good" if one.target.lock else "warn")


@app.command()
def revoke(
    release: LockArgument,
    reason: ReasonOption,
    environment: EnvironmentOption = "production",
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Take a release's standing away, at once and with your signature."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        digest = the_lock(release, desk).digest
        ask = RevokeAsk(digest, environment, reason, person)
        gone = revoke_release(ask, desk, wiring.approval_keys(root, key), wiring.now())
    say(f"{gone.system} {gone.version} has no standing in {environment} any more: {gone.revoked_because}", "warn")


@app.command()
def validate(
    release: LockArgument,
    report: Annotated[Path, typer.Option("--report", metavar="FILE", help="The validation report.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Last day on which it counts.")],
    condition: Annotated[
        list[str] | None,
        typer.Option("--condition", metavar="TEXT", help="Must be met first: keeps the gate closed; repeat."),
    ] = None,
    finding: Annotated[
        list[str] | None, typer.Option("--finding", metavar="TEXT", help="What you found; repeat.")
    ] = None,
    limit: Annotated[
        list[str] | None, typer.Option("--limit", metavar="TEXT", help="Condition of use, as long as it runs; repeat.")
    ] = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Sign, as an independent validator, your report on a release."""
    root = repository_root(None, repo)
    try:
        last = date.fromisoformat(until)
    except ValueError as error:
        raise UsageError(f"--until {until} is no day", hint="write it like 2026-03-31") from error
    if not report.is_file():
        raise InvalidInput(f"there is no report at {report}")
    with wiring.release_desk(root, {}) as desk:
        ask = ValidationAsk(
            lock=the_lock(release, desk),
            report=read_file(report),
            until=last,
            conditions=tuple(condition or ()),
            findings=tuple(finding or ()),
            limits=tuple(limit or ()),
            person=person,
        )
        made = validate_release(ask, desk, wiring.approval_keys(root, key), wiring.now())
    open_ = f", with {len(made.conditions)} open conditions" if made.conditions else ""
    say(f"validated by {made.person} until {made.until}{open_}: {made.report}", "warn" if open_ else "good")
