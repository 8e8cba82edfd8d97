"""`care crosswalk`: where two frameworks speak about the same thing."""

from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, say
from careloop.reports.crosswalk_report import crosswalk_json, crosswalk_lines
from careloop.workflows.create.look_up_crosswalk import look_up_crosswalk

__all__ = ["app", "crosswalk"]

app = a_command()

_EPILOG = """
Examples:  care crosswalk nist-ai-rmf:1.0 "GOVERN 1.1"  ·  care crosswalk iso42001:2023 A.6.2.4  ·
care crosswalk eu-ai-act:2024-1689 "Art. 14"  ·  care crosswalk nist-ai-rmf:1.0 --format json

A framework is named with its edition. A crosswalk is somebody's reading; each says whose.
"""


@app.command(epilog=_EPILOG)
def crosswalk(
    framework: Annotated[str, typer.Argument(metavar="FRAMEWORK:EDITION", help="Either side of a crosswalk.")],
    item: Annotated[str | None, typer.Argument(metavar="[ID]", help="One item, or a group of them.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show what another framework has on the same thing, both ways."""
    found = look_up_crosswalk(framework, item, standards=wiring.standards_library())
    if output_format is Format.JSON:
        print_json(crosswalk_json(found.crosswalks, framework, item, standards_digest=found.standards_digest))
        return
    for style, line in crosswalk_lines(found.crosswalks, framework, item, found.titles):
        say(line, style)
