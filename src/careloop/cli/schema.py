"""`care schema`: JSON Schemas of the documents, for editors."""

import json
from pathlib import Path
from typing import Annotated

import typer

from careloop.cli.terminal import a_command, print_json, say
from careloop.errors import UsageError
from careloop.reports.schema_report import document_schema, schema_kinds

__all__ = ["app", "schema"]

app = a_command()

_EPILOG = """
Examples:  care schema  ·  care schema system  ·  care schema --out .schemas
"""


@app.command(epilog=_EPILOG)
def schema(
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help="Print the schema of this kind.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Write all schemas into a folder.")] = None,
) -> None:
    """Print or write the JSON Schemas of the documents; without arguments, list the kinds."""
    kinds = schema_kinds()
    if kind is not None and kind not in kinds:
        raise UsageError(f"there is no kind '{kind}'", hint=f"one of {', '.join(kinds)}")
    if kind is not None:
        print_json(document_schema(kind))
    elif out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name in kinds:
            text = json.dumps(document_schema(name), indent=2, ensure_ascii=False) + "\n"
            (out / f"{name}.schema.json").write_text(text, encoding="utf-8")
        say(f"wrote {len(kinds)} schemas to {out}")
    else:
        for name, pattern in kinds.items():
            say(f"{name:<14} {pattern}")
