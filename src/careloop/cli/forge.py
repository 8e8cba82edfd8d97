"""`care forge`: tell the forge what a check or a gate said. The same words for GitHub, GitLab and Gitea."""

import json
import re
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from careloop import wiring
from careloop.cli.patience import read_patience
from careloop.cli.terminal import RepoOption, repository_root, say
from careloop.domain.decision import Verdict
from careloop.errors import InvalidInput, UsageError
from careloop.reports.commit_status import commit_status, missing_owners
from careloop.reports.gate_report import gate_json
from careloop.wiring import forges
from careloop.workflows.create.ask_reviewers import Wanted, ask_reviewers
from careloop.workflows.run.answer_deployments import AnsweredDeployment, answer_deployments
from careloop.workflows.run.answer_request import answer_request

__all__ = ["app", "comment", "follow", "reviews", "status"]

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)

_EPILOG = """
Examples:  care forge comment 12 --file comment.md  ·  care forge status 0a1b… --file care.json  ·
care forge status 0a1b… --request sha256:1f…  ·  care forge reviews 12 --file care.json  ·
care forge follow --once

In a job of GitHub Actions, GitLab CI or Gitea Actions the forge and the repository are known; elsewhere set
CARELOOP_FORGE, CARELOOP_FORGE_URL and CARELOOP_FORGE_REPOSITORY. The token is read from CARELOOP_FORGE_TOKEN, or from
the file that CARELOOP_FORGE_TOKEN_FILE names, and is shown nowhere.

Exit codes:  0 said  ·  1 refused, or no answer  ·  2 something cannot be read, or is not there
"""
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_MOST_BYTES = 16 * 2**20

ChangeArgument = Annotated[int, typer.Argument(metavar="CHANGE", min=1, help="Number of the pull or merge request.")]


@app.callback(epilog=_EPILOG)
def _forge() -> None:
    """Tell the forge what a check or a gate said: a status at the commit, one comment, who is to review."""


@app.command(epilog=_EPILOG)
def comment(
    change: ChangeArgument,
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="What `--format markdown` wrote.")],
) -> None:
    """Write the comment, or write our earlier one of the same kind anew."""
    text = _read(file).decode("utf-8", errors="replace")
    written = forges.forge().put_comment(change, text)
    say(f"{'wrote' if written else 'left as it is:'} the comment at {change}")


@app.command(epilog=_EPILOG)
def status(
    commit: Annotated[str, typer.Argument(metavar="COMMIT", help="Full hash.")],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="What `--format json` of check or gate wrote.")
    ] = None,
    request: Annotated[
        str | None, typer.Option("--request", metavar="REQUEST", help="Ask the gate now about this request.")
    ] = None,
    url: Annotated[str | None, typer.Option("--url", metavar="URL", help="Where people read more.")] = None,
    repo: RepoOption = None,
) -> None:
    """Set the commit's status: success, pending while people are waited for, failure, or error."""
    if not _COMMIT.fullmatch(commit):
        raise UsageError(f"{commit} is no full hash of a commit")
    if (file is None) == (request is None):
        raise UsageError("give either --file or --request")
    answer = _about_request(request, repo) if request is not None else _answer(file)
    found = commit_status(answer, commit, url=url)
    forges.forge().set_status(found)
    say(f"{found.state.value}  {found.context}: {found.description}")


@app.command(epilog=_EPILOG)
def reviews(
    change: ChangeArgument,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="What `care check --format json` wrote.")
    ] = None,
    person: Annotated[
        list[str] | None, typer.Option("--person", metavar="ID", help="Ask this person of roles.yaml; repeat.")
    ] = None,
    repo: RepoOption = None,
) -> None:
    """Ask the owners whose approval the check found missing for a review, by the accounts in roles.yaml."""
    if file is None and not person:
        raise UsageError("give --file or --person")
    posts = missing_owners(_answer(file)) if file is not None else ()
    done = ask_reviewers(
        change,
        Wanted(posts, person or ()),
        source=wiring.repository_source(repository_root(None, repo)),
        to=(forges.forge(), forges.forge_kind()),
        on=wiring.now().date(),
    )
    say(f"asked {', '.join(done.asked)}" if done.asked else "nobody is left to be asked")
    for name in done.without_account:
        say(f"  {name} has no account here: write `accounts: {{{forges.forge_kind()}: …}}` in roles.yaml", "warn")


@app.command(epilog=_EPILOG)
def follow(
    once: Annotated[bool, typer.Option("--once", help="Look once and stop.")] = False,
    every: Annotated[str, typer.Option("--every", metavar="DURATION", help="How often to look.")] = "PT20S",
    repo: RepoOption = None,
) -> None:
    """Answer deployments that GitHub holds back, as soon as the gate allows or blocks their release."""
    patience = read_patience(True, every, every)
    assert patience is not None
    root, gate = repository_root(None, repo), forges.github_forge()
    said: set[str] = set()
    while True:
        with wiring.release_desk(root, {}) as desk:
            lines = [_deployment_line(one) for one in answer_deployments(desk, gate, wiring.now())]
        for line in lines:
            if line not in said:
                say(line)
        said = set(lines)
        if once:
            return
        time.sleep(patience.every_s)


def _deployment_line(one: AnsweredDeployment) -> str:
    word = {Verdict.ALLOW: "approved", Verdict.BLOCK: "rejected", Verdict.WAIT: "held"}[one.verdict]
    return f"{word if one.told or one.verdict is Verdict.WAIT else 'not told yet'}  {one.commit[:12]}  {one.because}"


def _about_request(request: str, repo: Path | None) -> dict[str, Any]:
    with wiring.release_desk(repository_root(None, repo), {}, read_only=True) as desk:
        return gate_json(answer_request(request, desk, wiring.now()))


def _answer(file: Path | None) -> dict[str, Any]:
    assert file is not None
    try:
        found = json.loads(_read(file))
    except ValueError as error:
        raise InvalidInput(f"{file} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file} holds no answer of check or gate")
    return found


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            raw = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from error
    if len(raw) > _MOST_BYTES:
        raise InvalidInput(f"{file} has more than {_MOST_BYTES:,} bytes")
    return raw
