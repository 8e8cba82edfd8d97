"""A crosswalk: where two frameworks speak about the same thing, as pairs of ids (C4; every id carries an edition)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import Field

from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.organisation import FrameworkId

__all__ = ["Crosswalk", "Pair"]


class Crosswalk(Noun):
    """`standards/crosswalks/*.yaml`."""

    id: Slug
    from_: FrameworkId = Field(alias="from")
    to: FrameworkId
    nature: Literal["interpretive", "official"]
    """Whether whoever wrote one of the two texts also wrote the pairs."""
    source: Text
    verified: bool
    """Whether somebody has compared the pairs with both texts as they are in force."""
    verified_on: date
    note: Text
    pairs: dict[str, tuple[str, ...]] = Field(min_length=1)
    """Item of the first framework to items of the second; an empty list says that there is none."""

    def of(self, framework: str, item: str | None) -> "Iterator[Pair]":
        """Pairs seen from one of the two frameworks, all or those of one item; none for another framework.

        An item with parts below it stands for them: `GOVERN` for `GOVERN 1.1`, `A.6.2` for `A.6.2.4`.
        """
        if framework == self.from_:
            yield from (Pair(one, others) for one, others in self.pairs.items() if _is_in(one, item))
        elif framework == self.to:
            turned: dict[str, list[str]] = {}
            for one, others in self.pairs.items():
                for other in others:
                    turned.setdefault(other, []).append(one)
            for name in sorted(turned, key=_in_order):
                if _is_in(name, item):
                    yield Pair(name, tuple(turned[name]))


@dataclass(frozen=True, slots=True)
class Pair:
    """An item and what the other framework has on it."""

    item: str
    others: tuple[str, ...]


def _is_in(item: str, wanted: str | None) -> bool:
    if wanted is None:
        return True
    one, two = item.casefold(), " ".join(wanted.split()).casefold()
    return one == two or (one.startswith(two) and one[len(two)] in ". ")


def _in_order(item: str) -> tuple[object, ...]:
    """Clauses before controls, and 10 after 9."""
    return (item[:1].isalpha(), *(int(part) if part.isdigit() else -1 for part in re.split(r"[. ]", item)))
