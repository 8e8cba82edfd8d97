"""A deployer in memory, for tests: same promises as the real ones, and it can be out of reach or find altered bytes."""

from __future__ import annotations

from careloop.domain.deployment import Served, ServeRelease, Switched, SwitchOrder, served_name
from careloop.errors import Conflict, NotFound, Refused, Unavailable

__all__ = ["DeployerFake"]


class DeployerFake:
    """A `Deployer`; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self.releases: set[str] = set()
        """Releases whose artefacts are here."""
        self.altered: set[str] = set()
        """Those of them whose bytes no longer match."""
        self.answers: dict[tuple[str, str], Served] = {}
        """What answers, by system and environment."""
        self.orders: list[SwitchOrder] = []
        """Orders that were carried out, each once."""
        self.out_of_reach = False

    def switch(self, order: SwitchOrder) -> Switched:
        """Carry out the order, once."""
        if self.out_of_reach:
            raise Unavailable("the deployer is out of reach")
        before = next((each for each in self.orders if each.id == order.id), None)
        if before is not None:
            return Switched(order=order.id, to=order.to, switched_at=before.ordered_at, changed=False)
        place = (order.system, order.environment)
        there = self.answers.get(place)
        if there not in order.over and (there is not None or order.over):
            raise Conflict(f"{order.system}: {served_name(there)} answers")
        if isinstance(order.to, ServeRelease):
            self._refuse(order.to.lock)
        self.answers[place] = order.to
        self.orders.append(order)
        return Switched(order=order.id, to=order.to, switched_at=order.ordered_at, changed=True)

    def _refuse(self, lock: str) -> None:
        if lock not in self.releases:
            raise NotFound(f"the artefacts of {lock[:19]} are not here")
        if lock in self.altered:
            raise Refused(f"the artefacts of {lock[:19]} are not what was locked")
