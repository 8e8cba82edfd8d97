"""What every deployer must do. Derive a test class, give it the four abstract methods, and run it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import UTC, datetime

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, SwitchOrder
from careloop.domain.system import SafeStateKind
from careloop.errors import CareloopError, Conflict, NotFound, Refused
from careloop.ledger.record import uuid7
from careloop.ports.deployer import Deployer

__all__ = ["NOON", "DeployerContract", "an_order"]

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
HUMAN = ServeSafeState(SafeStateKind.HUMAN)


def an_order(
    number: int, to: Served, *over: Served, system: str = "credit", environment: str = "production"
) -> SwitchOrder:
    """An order; the number makes its id."""
    return SwitchOrder(
        id=uuid7(1_774_958_400_000 + number, number.to_bytes(10)),
        system=system,
        environment=environment,
        to=to,
        over=over,
        ordered_at=NOON,
        because="a test asked for it",
    )


class DeployerContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_deployer(self) -> Deployer:
        """A deployer under which nothing answers yet."""

    @abstractmethod
    def a_release(self, number: int, *, system: str = "credit") -> ServeRelease:
        """A release whose artefacts are where the deployer finds them; another one for each number."""

    @abstractmethod
    def alter(self, release: ServeRelease) -> None:
        """Change a byte of the release's artefacts."""

    @abstractmethod
    def answers(self, deployer: Deployer, *, system: str = "credit", environment: str = "production") -> Served | None:
        """What really answers now."""

    def test_the_first_release_answers_once_it_is_deployed(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        assert self.answers(deployer) is None
        switched = deployer.switch(an_order(1, one))
        assert (switched.to, self.answers(deployer)) == (one, one)

    def test_one_release_takes_over_from_another_and_gives_back(self) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        deployer.switch(an_order(1, one))
        deployer.switch(an_order(2, two, one))
        assert self.answers(deployer) == two
        deployer.switch(an_order(3, one, two))
        assert self.answers(deployer) == one

    def test_an_order_that_is_given_again_is_not_carried_out_again(self) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        deployer.switch(an_order(1, one))
        for _ in range(2):
            deployer.switch(an_order(2, two, one))
        deployer.switch(an_order(3, one, two))
        deployer.switch(an_order(2, two, one))
        assert self.answers(deployer) == one

    def test_an_order_does_not_undo_what_it_was_not_given_over(self) -> None:
        deployer, one, two, three = self.make_deployer(), *map(self.a_release, (1, 2, 3))
        deployer.switch(an_order(1, one))
        deployer.switch(an_order(2, two, one))
        assert _refusal(deployer, an_order(3, three, one)) is Conflict
        assert self.answers(deployer) == two

    def test_an_order_over_something_is_refused_while_nothing_answers(self) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        assert _refusal(deployer, an_order(1, two, one)) is Conflict
        assert self.answers(deployer) is None

    def test_a_release_whose_bytes_were_changed_does_not_take_over(self) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        deployer.switch(an_order(1, one))
        self.alter(two)
        assert _refusal(deployer, an_order(2, two, one)) is Refused
        assert self.answers(deployer) == one

    def test_a_release_that_is_not_there_does_not_take_over(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        deployer.switch(an_order(1, one))
        assert _refusal(deployer, an_order(2, ServeRelease("sha256:" + "0" * 64), one)) is NotFound
        assert self.answers(deployer) == one

    def test_the_safe_state_takes_over_and_gives_back(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        deployer.switch(an_order(1, one))
        deployer.switch(an_order(2, HUMAN, one))
        assert self.answers(deployer) == HUMAN
        deployer.switch(an_order(3, one, HUMAN))
        assert self.answers(deployer) == one

    def test_systems_and_environments_do_not_touch_each_other(self) -> None:
        deployer, one, other = self.make_deployer(), self.a_release(1), self.a_release(2, system="shop")
        deployer.switch(an_order(1, one))
        deployer.switch(an_order(2, one, environment="staging"))
        deployer.switch(an_order(3, other, system="shop"))
        deployer.switch(an_order(4, HUMAN, one, environment="staging"))
        assert self.answers(deployer) == one
        assert self.answers(deployer, system="shop") == other


def _refusal(deployer: Deployer, order: SwitchOrder) -> type[CareloopError] | None:
    """What the deployer answers to an order that it should refuse; None when it carries it out."""
    try:
        deployer.switch(order)
    except CareloopError as error:
        return type(error)
    return None
