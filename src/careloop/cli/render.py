"""`care render`: one document as HTML or Markdown, for people without git."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import a_command, repository_root
from careloop.cli.written_answer import print_or_write
from careloop.errors import NotFound
from careloop.reports.document_page import document_html, document_markdown
from careloop.workflows.create.read_document import read_document

__all__ = ["RenderFormat", "app", "render"]

app = a_command()

_EPILOG = """
Examples:  care render policies/ai-policy.md --out policy.html  ·  care render care.yaml --format markdown  ·
care render examples/acme/policies/charter.md  ·  care render policies/ai-policy.md --at v1.2
"""


class RenderFormat(StrEnum):
    """How the document is written."""

    HTML = "html"
    MARKDOWN = "markdown"


@app.command(epilog=_EPILOG)
def render(
    document: Annotated[Path, typer.Argument(metavar="DOC", help="Path of the document, from here or from the root.")],
    repo: Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository.")] = None,
    output_format: Annotated[
        RenderFormat, typer.Option("--format", help="A page of its own, or Markdown.")
    ] = RenderFormat.HTML,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it to a file.")] = None,
    at: Annotated[str | None, typer.Option(metavar="COMMIT", help="The document as it stood at a commit.")] = None,
) -> None:
    """Show a document as a page without scripts, or as Markdown; what is not readable is refused."""
    root, path = _placed(document, repo)
    source = read_document(wiring.repository_source(root), path, at=at)
    text = document_html(source) if output_format is RenderFormat.HTML else document_markdown(source)
    print_or_write(text, out)


def _placed(document: Path, repo: Path | None) -> tuple[Path, str]:
    """The repository, and the document's path in it. Raises NotFound for a path outside."""
    from_here = document.resolve()
    around = next((folder for folder in from_here.parents if (folder / "care.yaml").is_file()), None)
    root = (repository_root(repo, None) if repo or around is None else around).resolve()
    inside = from_here if from_here.is_relative_to(root) and (from_here.exists() or not repo) else root / document
    if not inside.resolve().is_relative_to(root):
        raise NotFound(f"{document} is not in {root}", hint="name the repository with --repo")
    return root, inside.resolve().relative_to(root).as_posix()
