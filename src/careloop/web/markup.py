"""Markdown of documents as HTML that holds nothing active: no tag of the author's own, no script, no foreign picture.

The body of a policy or card is somebody's text. HTML in it is shown as text; links lead to the web, to mail or to
anchors, pictures are shown as links, and nothing else comes out than the elements that Markdown knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from django.utils.html import escape
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token

__all__ = ["safe_html"]

_SCHEMES: Final = frozenset({"https", "http", "mailto", ""})


def safe_html(text: str) -> SafeString:
    """The text rendered.

    >>> safe_html("<script>alert(1)</script>")
    '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\\n'
    >>> safe_html("[x](javascript:alert(1))")
    '<p>[x](javascript:alert(1))</p>\\n'
    """
    return SafeString(_reader().render(text))  # every tag in it was made by the renderer below


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    reader.validateLink = _harmless  # type: ignore[assignment, method-assign]
    reader.add_render_rule("image", _picture_as_link)
    reader.add_render_rule("link_open", _link)
    reader.add_render_rule("heading_open", _heading)
    reader.add_render_rule("heading_close", _heading)
    return reader


def _harmless(address: str) -> bool:
    try:
        return urlsplit(address.strip()).scheme.casefold() in _SCHEMES
    except ValueError:
        return False


def _picture_as_link(renderer: RendererProtocol, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    address, label = str(token.attrGet("src") or ""), token.content or "picture"
    return f'<a rel="noopener noreferrer" href="{escape(address)}">{escape(label)}</a>'


def _link(renderer: RendererProtocol, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    address = str(tokens[at].attrGet("href") or "")
    return f'<a rel="noopener noreferrer" href="{escape(address)}">'


def _heading(renderer: RendererProtocol, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    level = min(6, int(token.tag[1]) + 2)  # a document's own title stands below the page's
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"
