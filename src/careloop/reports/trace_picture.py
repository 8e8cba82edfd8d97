"""The chain as a picture: SVG in columns from left to right, with links to the documents, light and dark (R24).

How a node stands is said by a sign as well as by a colour; the words are in the picture, so that it can be searched.
"""

from collections.abc import Collection, Iterator
from html import escape

from careloop.domain.chain import Chain, Link, LinkKind, Node
from careloop.reports.trace_layout import BOX_HEIGHT, BOX_WIDTH, Layout, Spot, lay_out

__all__ = ["PICTURE_STYLE", "source_link", "trace_picture", "trace_svg", "written"]

_FIRST, _SECOND = 33, 37
"""Letters of 12 and of 11 px that fit into a box."""

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
"""What may stand in the path of an address as it is (RFC 3986, unreserved)."""

PICTURE_STYLE = """
svg.chain{--ink:#1d2733;--paper:#fff;--box:#f4f6f8;--line:#9aa7b4;--dim:#56636f;
  --good:#1a7f4b;--bad:#b3261e;--none:#6b7682;--start:#1f5fbf;
  font:12px/1.3 system-ui,-apple-system,"Segoe UI",sans-serif;background:var(--paper)}
@media (prefers-color-scheme:dark){
  svg.chain{--ink:#e6ebf0;--paper:#14191f;--box:#1f2730;--line:#566472;--dim:#a7b3bf;
    --good:#5fd39b;--bad:#ff8a80;--none:#95a1ad;--start:#7fb1ff}}
svg.chain rect{fill:var(--box);stroke:var(--none)}
svg.chain .good rect{stroke:var(--good)}
svg.chain .bad rect{stroke:var(--bad);stroke-width:2}
svg.chain .start rect,svg.chain a:focus rect,svg.chain a:hover rect{stroke:var(--start);stroke-width:3}
svg.chain text{fill:var(--ink)}
svg.chain .what{fill:var(--dim);font-size:11px}
svg.chain .head{font-weight:600}
svg.chain path{fill:none;stroke:var(--line)}
svg.chain.some g.node,svg.chain.some path{opacity:.15}
svg.chain.some .on{opacity:1!important}
svg.chain.some path.on{stroke:var(--start)}
""".strip()
"""Colours by variables; `some` and `on` are set by the page that shows one node's part."""


def trace_picture(chain: Chain, starts: Collection[str], *, title: str, links: str = "") -> str:
    """A picture that stands alone. `links` goes before a document's path to make its address."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{trace_svg(chain, starts, title=title, links=links, style=True)}\n'


def trace_svg(chain: Chain, starts: Collection[str], *, title: str, links: str, style: bool) -> str:
    """The `svg` element, with its style inside or without."""
    layout = lay_out(chain)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chain" role="group" aria-label="{written(title)}" '
        f'width="{layout.width}" height="{layout.height}" viewBox="0 0 {layout.width} {layout.height}">',
        f"<style>{PICTURE_STYLE}</style>" if style else "",
        f"<title>{written(title)}</title>",
        *(f'<text class="head" x="{x:g}" y="34">{kind.value}</text>' for kind, x in layout.heads),
        *(_path(link, layout) for link in chain.links),
        *(_box(node, layout.spots[node.id], node.id in starts, links) for node in chain.nodes.values()),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def _path(link: Link, layout: Layout) -> str:
    start, end = layout.spots[link.start], layout.spots[link.end]
    x1, y1, y2 = start.x + BOX_WIDTH, start.y + BOX_HEIGHT / 2, end.y + BOX_HEIGHT / 2
    x2 = end.x if end.x > start.x else end.x + BOX_WIDTH
    bend = (x2 - x1) / 2 if end.x > start.x else 60
    curve = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend if end.x > start.x else x2 + bend:g} {y2:g} {x2:g} {y2:g}"
    return (
        f'<path d="{curve}" data-from="{written(link.start)}" data-to="{written(link.end)}">'
        f"<title>{written(f'{link.start} {link.word} {link.end}')}</title></path>"
    )


def _box(node: Node, spot: Spot, start: bool, links: str) -> str:
    standing = {True: "good", False: "bad", None: "none"}[node.good]
    sign = {True: "✓ ", False: "✗ ", None: "? " if node.state else ""}[node.good]
    first, second = _label(node)
    told = "\n".join(part for part in (node.id, node.title, node.state) if part)
    inner = "".join(
        (
            f'<rect x="{spot.x:g}" y="{spot.y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5"/>',
            f'<text x="{spot.x + 8:g}" y="{spot.y + 16:g}">{written(_fitted(sign + first, _FIRST))}</text>',
            f'<text class="what" x="{spot.x + 8:g}" y="{spot.y + 32:g}">{written(_fitted(second, _SECOND))}</text>',
        )
    )
    address = source_link(node, links)
    inner = f'<a href="{written(address)}">{inner}</a>' if address else inner
    classes = f"node {standing}{' start' if start else ''}"
    return f'<g class="{classes}" data-id="{written(node.id)}"><title>{written(told)}</title>{inner}</g>'


def source_link(node: Node, links: str) -> str | None:
    """Address of the document in which a node is written; null for what stands in none."""
    if node.file is None:
        return None
    path = "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in node.file.encode(errors="replace"))
    return f"{links}{path}{f'#L{node.line}' if node.line else ''}"


def written(text: str) -> str:
    """The text as it may stand in SVG and HTML: marks escaped, characters that neither may hold replaced."""
    return escape("".join(_allowed(text)), quote=True)


def _allowed(text: str) -> Iterator[str]:
    for letter in text:
        code = ord(letter)
        forbidden = (code < 32 and letter not in "\t\n\r") or 0xD800 <= code <= 0xDFFF or code in (0xFFFE, 0xFFFF)
        yield "\N{REPLACEMENT CHARACTER}" if forbidden else letter


def _label(node: Node) -> tuple[str, str]:
    """What a box says: for people first, then what helps to find it."""
    if node.kind is LinkKind.EVIDENCE:
        return node.title, f"for {node.id.partition('<-')[0]}"
    if node.kind is LinkKind.RESULT:
        return node.state or "", node.title
    if node.kind in (LinkKind.CHECK, LinkKind.POINT):
        return node.title, node.id.removesuffix(":expression")
    return node.id.removeprefix("policies/").removeprefix("iso42001:2023/"), node.title


def _fitted(text: str, letters: int) -> str:
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
