"""The command `care`: parses, calls one workflow, prints, and ends with the exit codes of CONTRACTS.md."""

import gc
import importlib
import io
import os
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from careloop import __version__
from careloop.errors import CareloopError

__all__ = ["COMMANDS", "SECTIONS", "app", "run"]

SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "init": "Start a governance repository that passes its own check.",
        "demo": "Play the loop on an example organisation.",
        "create": "Follow the thirty days in which Create ships.",
        "schema": "Print the JSON Schemas of the documents, for editors.",
    },
    "Create, and write it down": {
        "check": "Find what is wrong: each finding with a place and a way out.",
        "adopt": "Draft systems from a registry, CI workflows, dbt or a LiteLLM gateway.",
        "inventory": "List the systems that are known, and find those that are not.",
        "card": "Draft a model card from what is known; show the checks behind its fields.",
        "data": "Hold a data sheet against the data: quality, provenance, preparation.",
        "dataset": "Draft the sheet of a data set from its description in Croissant.",
        "assess": "Fill in and score questionnaires: impact, suppliers, legal class.",
        "baseline": "Take existing findings in as known debt with an owner and an end.",
        "roles": "Show who answers for what, and whom an escalation would reach.",
        "readability": "Report how hard the documents are to read.",
        "render": "Show a document as HTML or Markdown for people without git.",
    },
    "Adapt under control": {
        "change": "Hold a branch's rules against the last releases, before it is merged.",
        "hook": "Have git refuse pushes that the owners did not approve.",
        "enact": "Record which commit is in force, with who approved what it brings.",
        "history": "Show what was in force on a day: version, approval, review, commit.",
        "crosswalk": "Show where another framework speaks about the same thing.",
    },
    "Run, before a release": {
        "evaluate": "Measure a model on labelled predictions, for the gate and for reviewers.",
        "results": "Turn reports of other tools into results that the gate reads.",
        "gate": "Decide whether a release may go ahead: allow, block or wait.",
        "approve": "Approve a release or another request, with an SSH signature.",
        "request": "Ask people for a waiver, an envelope, a restore or a review.",
        "oncall": "Take the authority of a post for some hours, and see who has it.",
        "release": "Lock a release, record it, show and revoke its standing.",
        "verify-release": "Check offline that a release was let through, before it runs.",
        "forge": "Tell GitHub, GitLab or Gitea: a status, one comment, who is to review.",
    },
    "Run, in operation": {
        "ingest": "Take events of a system into the lake.",
        "lake": "Show what lies in the lake; compact it, retain it, erase a person's rows.",
        "measure": "Take measures on rows in files: fairness, drift, performance, quality, latency.",
        "monitor": "Watch a system's monitors, live or on its history.",
        "why": "Explain an alarm: what moved, which plan followed, how far it came.",
        "affected": "List the decisions that a bad release made, for review and notice.",
        "rollback": "Bring an earlier release back, or undo that.",
        "outbox": "Show messages on their way; send again what nobody took; tell other tools.",
        "automation": "Pause or resume what careloop does by itself.",
        "serve": "Serve the pages, the API and the ingest of events, and watch the systems.",
        "worker": "Watch all systems and answer alarms, without the pages.",
        "accounts": "Make, reset and close accounts of the pages.",
    },
    "Evolve by what is evidenced": {
        "status": "Show how far every requirement is evidenced, and why.",
        "gap": "Assess the gaps against ISO 42001 and CARE, and date the road to a certificate.",
        "soa": "Show the Statement of Applicability, computed from evidence.",
        "risk": "Show each risk: inherent, left now, accepted or not.",
        "coverage": "Show each area of Annex A: controls, age of the evidence, what is open.",
        "schedule": "Show which planned processes ran, late or never; record that one ran.",
        "explain": "Explain a requirement, rule, statement, claim or finding.",
        "trace": "Walk the chain from a policy statement to evidence and clause, both ways.",
        "scorecard": "Show the quarter's figures with n, target, trend, colour and reason.",
    },
    "Evidence": {
        "ledger": "Show, verify, prove, export and keep the evidence ledger.",
        "audit-pack": "Write the evidence of any day as one file, for auditors or customers.",
        "witness": "Watch over other ledgers: cosign what continues, refuse what does not.",
    },
}
"""Commands by phase of the loop, in the order of use; each lives in the module of its name (`_` for `-`), and is loaded
only when called."""
COMMANDS: dict[str, str] = {name: told for section in SECTIONS.values() for name, told in section.items()}
"""All of them."""


_QUICK = frozenset(
    {"check", "status", "gap", "create", "readability", "render", "explain", "schema", "soa", "risk", "gate"}
)
"""Commands that end within seconds and hold little: collecting garbage would only cost them a tenth of their time."""


class _LazyGroup(TyperGroup):
    """Lists commands from the table above, so that `care --help` need not load what the commands need."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, from its module."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in _QUICK:
            gc.disable()
        module = importlib.import_module(f"careloop.cli.{cmd_name.replace('-', '_')}")
        command = get_command(module.app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands in the help, by phase."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))


app = typer.Typer(
    name="care",
    cls=_LazyGroup,
    epilog="Start with `care init my-aims`, then `care check my-aims` and `care status my-aims`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"care {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """An ISO/IEC 42001 AI management system that lives in git, is enforced, and proves itself."""


def run() -> None:
    """Entry point: errors are told in plain words, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name may hold bytes that are no text
    try:
        app(prog_name="care")
    except CareloopError as error:
        sys.stderr.write(f"error: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  next: {error.hint}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except Exception as error:
        if os.environ.get("CARELOOP_DEBUG"):
            raise
        sys.stderr.write(f"careloop crashed: {type(error).__name__}: {error}\n")
        sys.stderr.write("  next: run again with CARELOOP_DEBUG=1 and report what it prints; this counts as closed\n")
        sys.exit(70)
