"""`care hook`: git itself refuses what lacks an approval. A hook is one line; the decision is in the command."""

import shlex
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, say
from careloop.errors import UsageError
from careloop.ports.standards_library import standards_digest
from careloop.reports.hook_report import hook_json, hook_lines
from careloop.wiring.changes import git_hooks, hook_desk
from careloop.workflows.create.guard_branch import Guarded, judge_push, judge_staged, read_updates

__all__ = ["app", "install", "run"]

app = a_command()

_OURS = "care hook run"
_EPILOG = """
Examples:  care hook install /srv/git/governance.git  ·  care hook install --pre-commit  ·
care hook install /srv/git/governance.git --branch main --branch release

Exit codes of run:  0 accepted  ·  1 refused  ·  2 something cannot be read
"""


class _HookKind(StrEnum):
    """The hooks there are."""

    PRE_RECEIVE = "pre-receive"
    PRE_COMMIT = "pre-commit"


BranchOption = Annotated[
    list[str] | None,
    typer.Option("--branch", metavar="NAME", help="Branch in force, repeatable; else the one HEAD points to."),
]


@app.callback(epilog=_EPILOG)
def _hook() -> None:
    """Refuse pushes to the branch in force that its owners did not approve, and commits that break a rule."""


@app.command(epilog=_EPILOG)
def install(
    folder: Annotated[Path | None, typer.Argument(metavar="[REPO]", help="Bare repository; else this folder.")] = None,
    pre_commit: Annotated[bool, typer.Option("--pre-commit", help="The hook of a clone, before each commit.")] = False,
    branch: BranchOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a hook of somebody else's.")] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write the hook: pre-receive into the repository that people push to, or pre-commit into a clone."""
    root = folder or Path.cwd()
    if not root.is_dir():
        raise UsageError(f"{root} is not a folder", hint="name the repository that people push to")
    kind = _HookKind.PRE_COMMIT if pre_commit else _HookKind.PRE_RECEIVE
    hooks = git_hooks(root)
    branches = [] if pre_commit else branch or [name for name in (hooks.branch_in_force(),) if name]
    path = hooks.install(kind.value, _script(kind, branches), ours=_OURS, replace=force)
    if output_format is Format.JSON:
        told = {"schema": "careloop/hook-install/v1", **_header(root), "hook": kind.value, "path": path}
        print_json({**told, "branches": branches})
        return
    say(f"wrote {path}")
    if branches:
        say(f"it guards {', '.join(name.removeprefix('refs/heads/') for name in branches)}")


def _script(kind: _HookKind, branches: list[str]) -> str:
    words = [_command(), "hook", "run", kind.value]
    words += [word for name in branches for word in ("--branch", name)]
    return (
        "#!/bin/sh\n"
        f"# Written by `care hook install` for `{_OURS}`. All that it decides is in the command.\n"
        f"exec {shlex.join(words)}\n"
    )


def _command() -> str:
    """The full path of this very command: a hook has no say in where git looks for programs."""
    beside = Path(sys.executable).parent / "care"
    found = str(beside) if beside.is_file() else shutil.which("care")
    if found is None:
        raise UsageError("there is no `care` command beside this Python", hint="install careloop, then try again")
    return found


@app.command(epilog=_EPILOG)
def run(
    kind: Annotated[_HookKind, typer.Argument(metavar="KIND", help="pre-receive or pre-commit.")],
    branch: BranchOption = None,
    repo: Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Repository; else this folder.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Decide as the hook does: pre-receive reads `OLD NEW REF` lines, as git gives them, from standard input."""
    root = repo or Path.cwd()
    desk = hook_desk(root)
    if kind is _HookKind.PRE_COMMIT:
        answers: tuple[Guarded, ...] = (judge_staged(desk),)
    else:
        answers = judge_push(read_updates(sys.stdin.read().splitlines()), branch or [], desk)
    told = [(answer.ref, answer.refused, answer.check) for answer in answers if answer.guarded]
    if output_format is Format.JSON:
        digest = standards_digest(desk.standards.read_all())
        print_json(hook_json(told, standards_digest=digest, commit=desk.hooks.tip("HEAD")))
    else:
        for style, line in hook_lines(told):
            say(line, style)
    codes = [answer.check.exit_code if answer.check else 1 for answer in answers if answer.refused]
    raise typer.Exit(max(codes, default=0))


def _header(root: Path) -> dict[str, str | None]:
    digest = standards_digest(wiring.standards_library().read_all())
    head = git_hooks(root).tip("HEAD")
    return {"careloop_version": __version__, "standards_digest": digest, "commit": head}
