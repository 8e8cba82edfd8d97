"""`care init`: start a governance repository."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import a_command, say
from careloop.domain.profile import Profile, least_people
from careloop.wiring import way_in
from careloop.workflows.create.init_repository import UNASSIGNED, chosen_start, init_repository, parse_owner
from careloop.workflows.create.profile_documents import SCHEMA_FOLDER
from careloop.workflows.create.write_schemas import write_schemas

__all__ = ["app", "init"]

app = a_command()

_EPILOG = """
Examples:  care init my-aims  ·  care init my-aims --profile startup  ·
care init my-aims --name "Acme Bank" --owner 'Ada Byron <ada@acme.example>'
"""


@app.command(epilog=_EPILOG)
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the new governance repository.")],
    name: Annotated[str | None, typer.Option(help="Name of the organisation; else the folder's.")] = None,
    profile: Annotated[
        str | None, typer.Option(help="regulated, startup, multinational or midmarket: other modules and thresholds.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(metavar="'NAME <MAIL>'", help="Who holds all posts for now; else as git says.")
    ] = None,
) -> None:
    """Start a governance repository that passes its own check, as a git repository with a first commit."""
    workspace = wiring.workspace(folder)
    who = parse_owner(owner) if owner else workspace.author()
    if who is None and sys.stdin.isatty() and sys.stdout.isatty():
        answer = typer.prompt("Who holds all posts for now? NAME <MAIL>, or empty", default="", show_default=False)
        who = parse_owner(answer) if answer.strip() else None
    start = chosen_start(profile, wiring.standards_library())
    title = (name or "").strip() or folder.resolve().name
    made = init_repository(workspace, name=title, owner=who, now=wiring.now(), start=start)
    write_schemas(way_in.schema_folder(folder))
    for path in made.repository.written:
        say(f"wrote {folder / path}")
    for path in made.repository.kept:
        say(f"kept  {folder / path} (was there before)", "grey")
    say(f"schemas for editors are in {folder / SCHEMA_FOLDER}", "grey")
    if made.repository.commit:
        say(f"committed as {made.repository.commit[:12]}")
    else:
        say("inside a git repository that was there before: look at the files, then commit them yourself", "warn")
    if made.owner == UNASSIGNED:
        say("all posts are held by 'unassigned': put names into roles.yaml", "warn")
    else:
        say(f"{made.owner.name} holds all posts until roles.yaml names others")
    if start.profile is not None:
        _say_people(start.profile)
    say()
    say("Next", "heading")
    say(f"  care check {folder}     finds nothing to mend")
    say(f"  care status {folder}    shows what is still missing, and what closes most risk first")
    say(f"  add your first AI system as {folder}/systems/<id>/system.yaml (`care schema system` shows its fields)")


def _say_people(profile: Profile) -> None:
    """How few people can hold the posts of a profile (SEMANTICS 28)."""
    own, guests = least_people(profile)
    beside = f" and {guests} from outside as a guest" if guests else ""
    say(f"profile {profile.id} needs at least {own} people{beside}: these posts are not held by the same person:")
    for one, two in profile.apart:
        say(f"  {one} and {two}", "detail")
