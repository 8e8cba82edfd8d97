"""The chain from a sentence of policy to evidence and clause, as a graph that can be walked both ways (R24)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

__all__ = ["Chain", "Link", "LinkKind", "Node", "Orphan"]


class LinkKind(StrEnum):
    """What a node is, in the order in which the chain runs."""

    STATEMENT = "statement"
    RULE = "rule"
    CHECK = "check"
    """What decides: an expression, one of careloop's own checks, or a person."""
    POINT = "point"
    """Where it is decided: each change, the gate, the guard, a monitor, the status of the programme."""
    RESULT = "result"
    """What came out last."""
    EVIDENCE = "evidence"
    CLAIM = "claim"
    REQUIREMENT = "requirement"

    @property
    def column(self) -> int:
        """Place in the chain, from 0."""
        return list(LinkKind).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One link of the chain."""

    id: str
    kind: LinkKind
    title: str
    state: str | None = None
    """How it stands now, where it can stand one way or another."""
    good: bool | None = None
    """Whether that is well; null when nothing can be said, which is never a pass."""
    file: str | None = None
    """Document in which it is written, below the repository's root."""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One node leads to another."""

    start: str
    end: str
    word: str
    """How: `names`, `is decided by`, `at`, `gave`, `rests on`, `shows`, `counts for`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """Something that the chain does not reach."""

    kind: str
    """`rule`, `statement`, `check`, `monitor` or `claim`."""
    id: str
    why: str
    finding: bool = False
    """Whether `care check` makes it a finding."""


@dataclass(frozen=True)
class Chain:
    """Nodes by id, links between them, and what hangs nowhere."""

    nodes: Mapping[str, Node]
    links: tuple[Link, ...]
    orphans: tuple[Orphan, ...] = ()

    @cached_property
    def after(self) -> Mapping[str, tuple[Link, ...]]:
        """Links that leave each node, in order."""
        return _grouped((link.start, link) for link in self.links)

    @cached_property
    def before(self) -> Mapping[str, tuple[Link, ...]]:
        """Links that arrive at each node, in order."""
        return _grouped((link.end, link) for link in self.links)

    def forward(self, starts: Iterable[str]) -> frozenset[str]:
        """The nodes and all that they lead to."""
        return _reached(starts, {name: [link.end for link in links] for name, links in self.after.items()})

    def backward(self, starts: Iterable[str]) -> frozenset[str]:
        """The nodes and all that leads to them."""
        return _reached(starts, {name: [link.start for link in links] for name, links in self.before.items()})

    def around(self, starts: Iterable[str]) -> "Chain":
        """The part that leads to or from some nodes."""
        names = tuple(starts)
        ahead, behind = self.forward(names), self.backward(names)
        nodes = {name: node for name, node in self.nodes.items() if name in ahead | behind}
        links = tuple(
            link
            for link in self.links
            if (link.start in ahead and link.end in ahead) or (link.start in behind and link.end in behind)
        )
        return Chain(nodes, links)


def _grouped(pairs: Iterable[tuple[str, Link]]) -> Mapping[str, tuple[Link, ...]]:
    groups: dict[str, list[Link]] = {}
    for name, link in pairs:
        groups.setdefault(name, []).append(link)
    return {name: tuple(links) for name, links in groups.items()}


def _reached(starts: Iterable[str], steps: Mapping[str, list[str]]) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(steps.get(name, ()))
    return frozenset(found)
