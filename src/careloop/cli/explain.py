"""`care explain REF`: the chain from a sentence of policy to evidence and back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.terminal import Format, FormatOption, a_command, paint, print_json, repository_root, say
from careloop.workflows.evolve.explain_reference import explain_reference

__all__ = ["app", "explain"]

app = a_command()

_STYLES = {"held": "good", "complete": "good", "not_held": "bad", "missing": "bad", "violated": "bad", "must": "bad"}
_EPILOG = """
Examples:  care explain 6.1.3  ·  care explain card-complete  ·  care explain policies/ai-policy.md#1.1  ·
care explain care/C3  ·  care explain credit-drift  ·  care explain 3f2a9c0d11e4b7a6 (a finding's id from --format json)
"""


@app.command(epilog=_EPILOG)
def explain(
    ref: Annotated[
        str, typer.Argument(metavar="REF", help="A requirement, rule, policy statement, claim, risk, finding or alarm.")
    ],
    repo: Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Explain what REF is, how it stands and why, and what it is linked to in both directions."""
    root = repository_root(None, repo)
    found = explain_reference(
        wiring.repository_source(root),
        ref,
        standards=wiring.standards_library(),
        ledger=wiring.ledger_to_read(root),
        now=wiring.now(),
    )
    if output_format is Format.JSON:
        print_json({"schema": "careloop/explain/v1", "careloop_version": __version__, **asdict(found)})
        return
    state = f"   {paint(found.state, _STYLES.get(found.state.split(' ')[0], 'warn'))}" if found.state else ""
    say(f"{paint(found.ref, 'heading')}  {found.title}{state}")
    for section in found.sections:
        say()
        say(section.heading, "heading")
        for line in section.lines:
            mark = f"{paint(line.state, _STYLES.get(line.state, 'warn'))}  " if line.state else ""
            ref_shown = paint(f"   [{line.ref}]", "grey") if line.ref else ""
            say(f"  {mark}{line.text}{ref_shown}")
