"""R24: the chain can be walked both ways; whoever goes forward and back again comes past where they began."""

from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.chain import Chain, Link, LinkKind, Node

NAMES = [f"n{number}" for number in range(9)]
LINKS = st.lists(st.builds(Link, st.sampled_from(NAMES), st.sampled_from(NAMES), st.just("to")), max_size=24)


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    nodes = {name: Node(id=name, kind=draw(st.sampled_from(LinkKind)), title=name) for name in NAMES}
    return Chain(nodes, tuple(dict.fromkeys(draw(LINKS))))


@given(chains(), st.sampled_from(NAMES))
def test_forward_and_back_contains_the_start(chain: Chain, start: str) -> None:
    for reached in chain.forward([start]):
        assert start in chain.backward([reached])
    for reached in chain.backward([start]):
        assert start in chain.forward([reached])


@given(chains(), st.sampled_from(NAMES))
def test_the_part_around_a_node_has_both_ends_of_each_link_and_walks_the_same_ways(chain: Chain, start: str) -> None:
    part = chain.around([start])
    assert start in part.nodes
    assert all({link.start, link.end} <= part.nodes.keys() for link in part.links)
    assert part.forward([start]) == chain.forward([start])
    assert part.backward([start]) == chain.backward([start])
    assert set(part.links) <= set(chain.links)


@given(chains(), st.sampled_from(NAMES))
def test_walking_twice_reaches_nothing_more(chain: Chain, start: str) -> None:
    once = chain.forward([start])
    assert chain.forward(once) == once
