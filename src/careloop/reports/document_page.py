"""A governed document for people without git: as a page of its own, or as plain Markdown. Nothing in it is run."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from careloop.documents.markdown_text import split_front_matter
from careloop.documents.problem import Problem
from careloop.documents.yaml_text import read_yaml
from careloop.reports.page_frame import page

__all__ = ["DocumentSource", "document_html", "document_markdown"]

_RULES = re.compile(r"\{\s*rules\s*:\s*\[([^\]]*)\]\s*\}")
_MANUAL = re.compile(r"\{\s*manual\s*:\s*\{\s*owner\s*:\s*([^,{}]+),\s*interval\s*:\s*([^,{}]+)\}\s*\}")
_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t]*#*$", re.MULTILINE)
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")
_DEEPEST = 6
_ABOUT = "About this document"


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSource:
    """A document as it stands, and where it comes from."""

    path: str
    kind: str
    text: str
    organisation: str
    commit: str | None
    dirty: bool | None


def document_html(source: DocumentSource) -> str:
    """The document as a page that stands alone, without scripts; HTML inside it is shown, not obeyed."""
    front, body = _parts(source)
    title = _title(source, front, body)
    lines = [] if body is not None and _HEADING.search(body) else [f"<h1>{escape(title)}</h1>"]
    if body is None:
        lines += [_html_mapping(front)]
    else:
        lines += [_html_body(_for_people(body))]
        lines += [f"<h2>{_ABOUT}</h2>", _html_mapping(front)] if front else []
    lines.append(f'<p class="soft">{escape(_provenance(source))}</p>')
    return page(title, "\n".join(lines), text=True)


def document_markdown(source: DocumentSource) -> str:
    """The document as Markdown that any wiki takes, with its front matter as a list at the end."""
    front, body = _parts(source)
    title = _title(source, front, body)
    lines = [] if body is not None and _HEADING.search(body) else [f"# {_plain(title)}", ""]
    if body is not None:
        lines += [_for_people(body).strip(), ""]
        lines += [f"## {_ABOUT}", ""] if front else []
    lines += [*_markdown_mapping(front, 0), "", f"_{_plain(_provenance(source))}_"]
    return "\n".join(lines).rstrip() + "\n"


def _parts(source: DocumentSource) -> tuple[Mapping[str, object], str | None]:
    """Values and Markdown body; the body is null for YAML."""
    if not source.path.endswith(".md"):
        values = read_yaml(source.text).value
        return (values if isinstance(values, Mapping) else {}), None
    cut = split_front_matter(source.text)
    if isinstance(cut, Problem):
        return {}, source.text
    values = read_yaml(cut.front).value
    return (values if isinstance(values, Mapping) else {}), cut.body


def _title(source: DocumentSource, front: Mapping[str, object], body: str | None) -> str:
    found = _HEADING.search(body) if body else None
    named = front.get("title") or front.get("name") or (found.group(1) if found else None)
    return str(named) if isinstance(named, str) else source.path


def _provenance(source: DocumentSource) -> str:
    commit = f"commit {source.commit[:12]}" if source.commit else "no commit"
    dirty = ", with uncommitted changes" if source.dirty else ""
    whose = f"{source.organisation}: " if source.organisation else ""
    return f"{whose}{source.path} at {commit}{dirty}. A copy; the document in force stands in the repository."


def _for_people(body: str) -> str:
    """What stands in braces behind a statement, in words."""
    said = _RULES.sub(lambda found: f"_Kept by {_listed(found.group(1))}._", body)
    return _MANUAL.sub(lambda found: f"_Attested by {found.group(1).strip()}, every {found.group(2).strip()}._", said)


def _listed(names: str) -> str:
    ids = [name.strip() for name in names.split(",") if name.strip()]
    return f"the rule {ids[0]}" if len(ids) == 1 else f"the rules {', '.join(ids)}"


# --- HTML -------------------------------------------------------------------------------------------------------------


def _html_body(body: str) -> str:
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    return str(reader.render(body))


def _html_mapping(values: Mapping[str, object]) -> str:
    if not values:
        return ""
    return (
        f"<dl>{''.join(f'<dt>{escape(_label(key))}</dt><dd>{_html(value)}</dd>' for key, value in values.items())}</dl>"
    )


def _html(value: object) -> str:
    if isinstance(value, Mapping):
        return _html_mapping(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"<ul>{''.join(f'<li>{_html(item)}</li>' for item in value)}</ul>" if value else "none"
    return escape(_scalar(value))


# --- Markdown ---------------------------------------------------------------------------------------------------------


def _markdown_mapping(values: Mapping[str, object], depth: int) -> Iterator[str]:
    for key, value in values.items():
        yield from _markdown_item(f"**{_plain(_label(key))}:**", value, depth)


def _markdown_item(head: str, value: object, depth: int) -> Iterator[str]:
    indent = "  " * min(depth, _DEEPEST)
    if isinstance(value, Mapping):
        yield f"{indent}- {head}".rstrip()
        yield from _markdown_mapping(value, depth + 1)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield f"{indent}- {head}".rstrip() + ("" if value else " none")
        for number, item in enumerate(value, start=1):
            plain = not isinstance(item, Mapping | list | tuple)
            yield from _markdown_item("" if plain else f"{number}:", item, depth + 1)
    else:
        yield f"{indent}- {head} {_plain(_scalar(value))}".replace("-  ", "- ")


def _label(key: object) -> str:
    return str(key).replace("_", " ")


def _scalar(value: object) -> str:
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _plain(text: str) -> str:
    """Text that no Markdown reader takes for a mark, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
