"""The part of an assessment for one reader, as a document in Markdown and as JSON (R18)."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.assessments.extract import Extract

__all__ = ["extract_json", "extract_lines"]


def extract_json(found: Extract, *, standards_digest: str, commit: str | None) -> dict[str, Any]:
    """The extract with what it was made from."""
    return {
        "schema": "careloop/assess-share/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        "commit": commit,
        "questionnaire": found.questionnaire,
        "subject": found.subject,
        "profile": found.profile.id,
        "title": found.profile.title,
        "source": found.profile.source,
        "complete": found.complete,
        "parts": [
            {
                "id": part.id,
                "title": part.title,
                "statements": [
                    {"question": one.question, "text": one.text, "answer": one.answer} for one in part.statements
                ],
                "open": list(part.open),
            }
            for part in found.parts
        ],
    }


def extract_lines(found: Extract) -> Iterator[tuple[str, str]]:
    """The extract as Markdown; what is open is said, never silently left out."""
    about = f": {found.subject}" if found.subject else ""
    yield "heading", f"# {found.profile.title}{about}"
    yield "", ""
    yield "detail", f"{found.profile.source}. Taken from {found.questionnaire}."
    for part in found.parts:
        yield "", ""
        yield "heading", f"## {part.id}  {part.title}"
        for statement in part.statements:
            yield "", ""
            yield "", f"**{statement.text}**"
            yield "", statement.answer
        if part.open:
            yield "", ""
            yield "warn", f"Open: {', '.join(part.open)}"
