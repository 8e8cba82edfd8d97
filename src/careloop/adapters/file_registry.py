"""A deployer that is a folder: one small file per environment and system says what answers, and applications read it.

`<registry>/<environment>/<system>.json` is replaced in one rename, flushed to the disk. A release only takes over when
all its artefacts below `<registry>/artefacts/` are what its lock says.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from careloop.adapters.durable_file import write_durably
from careloop.adapters.release_store import ReleaseStore
from careloop.domain.deployment import (
    Served,
    ServeRelease,
    ServeSafeState,
    Serving,
    Switched,
    SwitchOrder,
    served_name,
)
from careloop.domain.system import SafeStateKind
from careloop.errors import Conflict, InvalidInput, Unavailable
from careloop.ledger.canonical import instant_text, read_instant

__all__ = ["FileRegistry"]

_SCHEMA: Final = "careloop/serving/v1"
_REMEMBERED: Final = 1000


class FileRegistry:
    """A `Deployer` on a folder, usually `.care/registry`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.artefacts = ReleaseStore(folder / "artefacts")
        """The bytes of the releases that can answer."""

    def serving(self, system: str, environment: str) -> Serving | None:
        """What answers now; None before the first deployment."""
        kept = self._read(system, environment)
        if kept is None:
            return None
        served = _served(kept["serves"])
        assert served is not None
        return Serving(
            system=system,
            environment=environment,
            served=served,
            since=read_instant(kept["since"]),
            order=str(kept["order"]),
            replaced=_served(kept["replaced"]),
        )

    def switch(self, order: SwitchOrder) -> Switched:
        """Carry out the order; see the port."""
        with self._alone():
            kept = self._read(order.system, order.environment)
            orders: dict[str, str] = {} if kept is None else dict(kept["orders"])
            if order.id in orders:
                at = read_instant(orders[order.id])
                return Switched(order=order.id, to=order.to, switched_at=at, changed=False)
            now_serves = None if kept is None else _served(kept["serves"])
            if now_serves is not None and now_serves not in order.over:
                raise Conflict(f"{order.system}: {served_name(now_serves)} answers, which this order is not meant for")
            if now_serves is None and order.over:
                raise Conflict(f"{order.system}: nothing answers in {order.environment} yet")
            self._refuse_altered(order)
            self._write(order, now_serves, orders)
        return Switched(order=order.id, to=order.to, switched_at=order.ordered_at, changed=True)

    def _refuse_altered(self, order: SwitchOrder) -> None:
        if not isinstance(order.to, ServeRelease):
            return
        lock = self.artefacts.check(order.to.lock)
        if lock.system != order.system:
            raise Conflict(f"release {order.to.lock[:19]} is one of {lock.system}, not of {order.system}")

    def _write(self, order: SwitchOrder, replaced: Served | None, orders: Mapping[str, str]) -> None:
        since = instant_text(order.ordered_at)
        remembered = dict(list({**orders, order.id: since}.items())[-_REMEMBERED:])
        kept = {
            "schema": _SCHEMA,
            "system": order.system,
            "environment": order.environment,
            "serves": _written(order.to),
            "since": since,
            "order": order.id,
            "because": order.because,
            "replaced": _written(replaced),
            "orders": remembered,
        }
        path = self._path(order.system, order.environment)
        _make_folder(path.parent)
        write_durably(path, json.dumps(kept, indent=2, ensure_ascii=False).encode() + b"\n")

    def _read(self, system: str, environment: str) -> dict[str, Any] | None:
        path = self._path(system, environment)
        try:
            kept = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise InvalidInput(f"{path} is not JSON: {error}") from error
        if not isinstance(kept, dict) or kept.get("schema") != _SCHEMA:
            raise InvalidInput(f"{path} does not say what answers", hint=f"its schema should be {_SCHEMA}")
        return kept

    def _path(self, system: str, environment: str) -> Path:
        for name in (system, environment):
            if not name or name == "artefacts" or "/" in name or name.startswith("."):
                raise InvalidInput(f"'{name}' is no name of a system or an environment")
        return self._folder / environment / f"{system}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One writer at a time, among all processes of this host."""
        _make_folder(self._folder)
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be made: {error.strerror}") from error


def _served(value: object) -> Served | None:
    match value:
        case None:
            return None
        case {"release": str(lock)}:
            return ServeRelease(lock)
        case {"safe_state": str(state)} if state in set(SafeStateKind):
            return ServeSafeState(SafeStateKind(state))
        case _:
            raise InvalidInput("the registry names neither a release nor a safe state")


def _written(served: Served | None) -> dict[str, str] | None:
    match served:
        case None:
            return None
        case ServeRelease(lock):
            return {"release": lock}
        case ServeSafeState(state):
            return {"safe_state": state.value}
