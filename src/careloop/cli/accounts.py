"""`care accounts`: who may sign in to the pages, from the machine that holds `.care/state.sqlite`."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from careloop import __version__
from careloop.cli.serve import prepared
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from careloop.web.accounts.models import Account

__all__ = ["app", "close", "list_all", "make", "reset"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Accounts of the pages: make, reset and close them, from the machine that holds them.",
)

RepoOption = Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository.")]
MailArgument = Annotated[str, typer.Argument(metavar="MAIL", help="Mail address; roles.yaml says who has it.")]
StdinOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input; else one is made and shown.")
]
_EPILOG = """
Examples:  care accounts make marta.kowalska@acme.example  ·  care accounts reset ada@example.org

An account only says who signs in; what they may do is read from roles.yaml. Whoever can read .care/ can do this.
"""


@app.command("list", epilog=_EPILOG)
def list_all(repo: RepoOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Show all accounts."""
    _ready(repo)
    from careloop.web.accounts.models import Account

    rows = [(one.email, one.name, one.is_active, one.is_administrator) for one in Account.objects.all()]
    if output_format is Format.JSON:
        names = ("mail", "name", "open", "administrator")
        shown = [dict(zip(names, row, strict=True)) for row in rows]
        print_json({"schema": "careloop/accounts/v1", "careloop_version": __version__, "accounts": shown})
        return
    for mail, name, is_open, administrator in rows:
        marks = [word for word, holds in (("administrator", administrator), ("closed", not is_open)) if holds]
        say(f"{mail:<40} {name:<28} {', '.join(marks)}".rstrip())


@app.command(epilog=_EPILOG)
def make(
    mail: MailArgument,
    name: Annotated[str, typer.Option(help="Name to show, if roles.yaml does not know one.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="May make accounts, too.")] = False,
    password_stdin: StdinOption = False,
    repo: RepoOption = None,
) -> None:
    """Make an account."""
    _ready(repo)
    from careloop.web.accounts.first_run import make_account
    from careloop.web.accounts.models import Account

    if "@" not in mail:
        raise InvalidInput(f"'{mail}' is no mail address")
    if Account.objects.filter(email=mail.strip().casefold()).exists():
        raise Conflict(f"{mail} has an account already", hint=f"care accounts reset {mail}")
    password, shown = _password(password_stdin)
    made = make_account(mail, name=name, password=password, administrator=admin)
    say(f"{made.email} may sign in{shown}")


@app.command(epilog=_EPILOG)
def reset(mail: MailArgument, password_stdin: StdinOption = False, repo: RepoOption = None) -> None:
    """Give an account a new password and open it again; its sessions end."""
    account = _account(mail, repo)
    password, shown = _password(password_stdin)
    account.set_password(password)
    account.is_active = True
    account.save()
    _end_sessions(account)
    say(f"{account.email} may sign in{shown}")


@app.command(epilog=_EPILOG)
def close(mail: MailArgument, repo: RepoOption = None) -> None:
    """Close an account: its sessions and tokens open nothing any more."""
    account = _account(mail, repo)
    account.is_active = False
    account.save()
    _end_sessions(account)
    say(f"{account.email} is closed")


def _ready(repo: Path | None) -> None:
    prepared(repository_root(None, repo).resolve(), None, first=False)


def _account(mail: str, repo: Path | None) -> Account:
    _ready(repo)
    from careloop.web.accounts.models import Account

    found = Account.objects.filter(email=mail.strip().casefold()).first()
    if found is None:
        raise NotFound(f"{mail} has no account", hint=f"care accounts make {mail}")
    return found


def _password(from_stdin: bool) -> tuple[str, str]:
    """The password, and the words that show it where nobody else knows it."""
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    if not from_stdin:
        made = secrets.token_urlsafe(12)
        return made, f" with the password {made}, shown only now"
    given = sys.stdin.readline().rstrip("\n")
    try:
        validate_password(given)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    return given, ""


def _end_sessions(account: Account) -> None:
    from careloop.web.accounts.sessions import end_sessions

    end_sessions(account)
