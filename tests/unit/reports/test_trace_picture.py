"""R24: the picture holds every node and link once, boxes apart, and whatever a title says it stays well-formed."""

from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.chain import Chain, Link, LinkKind, Node
from careloop.reports.trace_layout import BOX_HEIGHT, BOX_WIDTH, lay_out
from careloop.reports.trace_page import trace_page
from careloop.reports.trace_picture import trace_picture
from careloop.reports.trace_report import trace_lines

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [f"n{number}" for number in range(40)]


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    names = NAMES[: draw(st.integers(0, 40))]
    nodes = {
        name: Node(id=name, kind=draw(st.sampled_from(LinkKind)), title=draw(st.text(max_size=9))) for name in names
    }
    pairs = draw(st.lists(st.tuples(st.sampled_from(names), st.sampled_from(names)), max_size=60)) if names else []
    return Chain(nodes, tuple(dict.fromkeys(Link(start, end, "to") for start, end in pairs)))


@given(chains())
def test_no_box_covers_another_and_all_lie_inside(chain: Chain) -> None:
    layout = lay_out(chain)
    for one, other in combinations(layout.spots.values(), 2):
        assert abs(one.x - other.x) >= BOX_WIDTH or abs(one.y - other.y) >= BOX_HEIGHT
    for spot in layout.spots.values():
        assert 0 <= spot.x <= layout.width - BOX_WIDTH
        assert 0 <= spot.y <= layout.height - BOX_HEIGHT


@given(chains())
def test_columns_follow_the_order_of_the_chain(chain: Chain) -> None:
    spots = lay_out(chain).spots
    for one, other in combinations(chain.nodes.values(), 2):
        if one.kind.column < other.kind.column:
            assert spots[one.id].x < spots[other.id].x


@given(chains())
def test_the_picture_is_well_formed_and_holds_everything_once(chain: Chain) -> None:
    root = ElementTree.fromstring(trace_picture(chain, (), title="<&\x00\"'>"))
    assert sorted(box.get("data-id") or "" for box in root.iter(f"{SVG}g")) == sorted(chain.nodes)
    assert len(list(root.iter(f"{SVG}path"))) == len(chain.links)


def a_chain(title: str = "A sentence", file: str | None = None) -> Chain:
    nodes = [
        Node(id="p.md#1", kind=LinkKind.STATEMENT, title=title, file=file, line=7 if file else None),
        Node(id="r", kind=LinkKind.RULE, title="A rule", state="must", good=True),
        Node(id="r:last", kind=LinkKind.RESULT, title="last", state="2 findings", good=False),
    ]
    return Chain({node.id: node for node in nodes}, (Link("p.md#1", "r", "names"), Link("r", "r:last", "gave")))


@pytest.mark.parametrize("links", ["", "https://git.example/blob/main/"])
def test_a_node_leads_to_the_line_in_which_it_is_written(links: str) -> None:
    chain = a_chain(file="policies/a b.md")
    for drawn in (
        trace_picture(chain, ("p.md#1",), title="t", links=links),
        trace_page(chain, (), title="t", links=links),
    ):
        assert f'href="{links}policies/a%20b.md#L7"' in drawn


def test_how_a_node_stands_is_said_by_a_sign_and_not_by_colour_alone() -> None:
    drawn = trace_page(a_chain(), ("p.md#1",), title="t")
    assert "✓ r<" in drawn
    assert "✗ 2 findings" in drawn
    assert "Of 3 links 1 do not stand and 0 are unknown: 1 statement, 1 rule, 1 result." in drawn


def test_what_a_title_says_is_never_taken_for_markup() -> None:
    drawn = trace_page(a_chain("<script>alert(1)</script>"), (), title="</title><b>")
    assert "<script>alert" not in drawn
    assert "</title><b>" not in drawn


def test_the_terminal_shows_both_ways_and_each_node_once() -> None:
    chain = a_chain()
    told = [line for _, line in trace_lines(("r",), chain)]
    assert told == [
        "r  A rule  [must]",
        "  leads to",
        "    gave result  last  [2 findings]",
        "  rests on",
        "    statement p.md#1  A sentence",
    ]
    twice = Chain(chain.nodes, (*chain.links, Link("p.md#1", "r:last", "also")))
    assert [line for _, line in trace_lines(("p.md#1",), twice)][-1].endswith("(above)")
