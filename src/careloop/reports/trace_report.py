"""A part of the chain as JSON, and as trees for a terminal: what it leads to, and what leads to it (R24)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from careloop import __version__
from careloop.domain.chain import Chain, Link, LinkKind, Node

__all__ = ["orphan_lines", "trace_json", "trace_lines"]

_WIDTH = 110
_NAMED = (LinkKind.STATEMENT, LinkKind.RULE, LinkKind.CLAIM, LinkKind.REQUIREMENT)
"""Kinds whose names say something to people."""


def trace_json(ref: str | None, starts: Sequence[str], chain: Chain, *, source: Mapping[str, Any]) -> dict[str, Any]:
    """Nodes in the order of the chain, edges between them, orphans; `source` holds commit, dirty, standards_digest."""
    return {
        "schema": "careloop/trace/v1",
        "careloop_version": __version__,
        **source,
        "ref": ref,
        "starts": list(starts),
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind.value,
                "title": node.title,
                "state": node.state,
                "good": node.good,
                "file": node.file,
                "line": node.line,
            }
            for node in sorted(chain.nodes.values(), key=lambda node: node.kind.column)
        ],
        "edges": [{"from": link.start, "to": link.end, "word": link.word} for link in chain.links],
        "orphans": [{"kind": one.kind, "id": one.id, "why": one.why, "finding": one.finding} for one in chain.orphans],
    }


def trace_lines(starts: Sequence[str], chain: Chain) -> Iterator[tuple[str, str]]:
    """For each start, a tree of what it leads to and one of what leads to it; lines with their style."""
    for start in starts:
        node = chain.nodes[start]
        yield "heading", _clipped(f"{node.id}  {node.title}{_state(node)}")
        for word, steps, forward in (("leads to", chain.after, True), ("rests on", chain.before, False)):
            lines = list(_tree(chain, start, steps, forward=forward))
            if lines:
                yield "detail", f"  {word}"
                yield from lines


def _tree(
    chain: Chain, start: str, steps: Mapping[str, tuple[Link, ...]], *, forward: bool
) -> Iterator[tuple[str, str]]:
    """Depth first; what was shown before is named again and not walked again."""
    shown = {start}
    waiting = [(link, 2) for link in reversed(steps.get(start, ()))]
    while waiting:
        link, depth = waiting.pop()
        node = chain.nodes[link.end if forward else link.start]
        again = node.id in shown
        shown.add(node.id)
        name = f" {node.id}" if node.kind in _NAMED else ""
        text = f"{'  ' * depth}{link.word if forward else ''}{' ' if forward else ''}{node.kind.value}{name}"
        title = "" if node.title == node.id else f"  {node.title}"
        yield _style(node), _clipped(f"{text}{title}{_state(node)}{'  (above)' if again else ''}")
        if not again:
            waiting.extend((one, depth + 1) for one in reversed(steps.get(node.id, ())))


def orphan_lines(chain: Chain, *, most: int) -> Iterator[tuple[str, str]]:
    """Counts of nodes, and what hangs nowhere: findings first, then the rest, a few of each kind."""
    counted = Counter(node.kind for node in chain.nodes.values())
    yield "heading", " · ".join(f"{counted[kind]} {kind.value}s" for kind in LinkKind if counted[kind])
    for kind in dict.fromkeys(one.kind for one in chain.orphans):
        found = sorted((one for one in chain.orphans if one.kind == kind), key=lambda one: not one.finding)
        yield "", ""
        yield "heading", f"{len(found)} {kind}{'' if len(found) == 1 else 's'} that the chain does not reach"
        for one in found[:most]:
            yield ("bad" if one.finding else "grey"), f"  {one.id}  {one.why}{'  [finding]' if one.finding else ''}"
        if len(found) > most:
            yield "grey", f"  and {len(found) - most} more: --format json lists them"


def _state(node: Node) -> str:
    return f"  [{node.state}]" if node.state else ""


def _style(node: Node) -> str:
    return {True: "good", False: "bad", None: "grey"}[node.good] if node.state else ""


def _clipped(text: str) -> str:
    """One line, its end kept: the state stands there."""
    if len(text) <= _WIDTH + 30:
        return text
    return f"{text[:_WIDTH]} … {text[-28:]}"
