"""A deployer that is MLflow's model registry: an alias, named as the environment, says which version answers.

A release is the version of the system's registered model whose tag `careloop.lock` is the release's digest. In the safe
state there is no alias, and the model's tag `careloop.ENVIRONMENT.safe_state` says which one. MLflow has no compare and
set: two deployers at the same moment can both go ahead, and served traffic shows who came last, as it must anyway
(SEMANTICS 21). Source: MLflow REST API 2.0, registered models, aliases and tags.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from careloop.adapters.json_line import JsonLine
from careloop.adapters.release_store import ReleaseStore
from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Switched, SwitchOrder, served_name
from careloop.domain.system import SafeStateKind
from careloop.errors import Conflict, InvalidInput, NotFound, Refused
from careloop.ledger.canonical import instant_text, read_instant

__all__ = ["LOCK_TAG", "MlflowDeployer"]

LOCK_TAG: Final = "careloop.lock"
"""Tag of a model version: digest of the release lock that it belongs to."""
_API: Final = "/api/2.0/mlflow"
_REMEMBERED: Final = 40


class MlflowDeployer:
    """A `Deployer` on a tracking server; `artefacts` are compared with their lock before an alias moves."""

    def __init__(self, line: JsonLine, *, artefacts: ReleaseStore | None = None) -> None:
        self._line, self._artefacts = line, artefacts

    def switch(self, order: SwitchOrder) -> Switched:
        """Move the alias, or take it away; see the port."""
        tags = self._tags(order.system)
        orders = _orders(tags.get(_tag(order, "orders"), "{}"))
        if order.id in orders:
            return Switched(order=order.id, to=order.to, switched_at=orders[order.id], changed=False)
        now = self.serves(order.system, order.environment)
        if now != order.to:
            _refuse_over(order, now)
            if isinstance(order.to, ServeRelease):
                self._serve(order, order.to)
            else:
                self._set_tag(order, "safe_state", order.to.state.value)
                self._drop_alias(order)
        remembered = dict(list({**orders, order.id: order.ordered_at}.items())[-_REMEMBERED:])
        self._set_tag(order, "orders", json.dumps({name: instant_text(at) for name, at in remembered.items()}))
        return Switched(order=order.id, to=order.to, switched_at=order.ordered_at, changed=now != order.to)

    def serves(self, system: str, environment: str) -> Served | None:
        """What the registry says answers: the aliased version's release, else the safe state, else nothing."""
        query = urlencode({"name": system, "alias": environment})
        try:
            version = self._line.ask("GET", f"{_API}/registered-models/alias?{query}")["model_version"]
        except (NotFound, Refused):  # the server says 400 for an alias that is not there
            state = self._tags(system).get(f"careloop.{environment}.safe_state")
            return ServeSafeState(SafeStateKind(state)) if state in set(SafeStateKind) else None
        lock = _pairs(version.get("tags")).get(LOCK_TAG)
        return ServeRelease(lock or f"no lock: version {version.get('version')}")

    def _serve(self, order: SwitchOrder, release: ServeRelease) -> None:
        if self._artefacts is not None:
            locked = self._artefacts.check(release.lock)
            if locked.system != order.system:
                raise Conflict(f"release {release.lock[:19]} is one of {locked.system}, not of {order.system}")
        wanted = f"name='{_quoted(order.system)}' and tags.`{LOCK_TAG}` = '{_quoted(release.lock)}'"
        found = self._line.ask("GET", f"{_API}/model-versions/search?{urlencode({'filter': wanted})}") or {}
        versions = [int(one["version"]) for one in found.get("model_versions") or ()]
        if not versions:
            raise NotFound(
                f"no version of the model {order.system} carries the tag {LOCK_TAG} {release.lock[:19]}",
                hint="register the release's model, and tag the version with the digest of its lock",
            )
        alias = {"name": order.system, "alias": order.environment, "version": str(max(versions))}
        self._line.ask("POST", f"{_API}/registered-models/alias", alias)

    def _drop_alias(self, order: SwitchOrder) -> None:
        alias = {"name": order.system, "alias": order.environment}
        with suppress(NotFound):
            self._line.ask("DELETE", f"{_API}/registered-models/alias", alias)

    def _tags(self, system: str) -> dict[str, str]:
        try:
            answer = self._line.ask("GET", f"{_API}/registered-models/get?{urlencode({'name': system})}")
        except NotFound as error:
            raise NotFound(f"MLflow has no registered model {system}", hint="it is named as the system") from error
        return _pairs(answer["registered_model"].get("tags"))

    def _set_tag(self, order: SwitchOrder, name: str, value: str) -> None:
        said = {"name": order.system, "key": _tag(order, name), "value": value}
        self._line.ask("POST", f"{_API}/registered-models/set-tag", said)


def _refuse_over(order: SwitchOrder, now: Served | None) -> None:
    if now is not None and now not in order.over:
        raise Conflict(f"{order.system}: {served_name(now)} answers, which this order is not meant for")
    if now is None and order.over:
        raise Conflict(f"{order.system}: nothing answers in {order.environment} yet")


def _tag(order: SwitchOrder, name: str) -> str:
    return f"careloop.{order.environment}.{name}"


def _orders(text: str) -> dict[str, datetime]:
    try:
        return {str(name): read_instant(at) for name, at in json.loads(text).items()}
    except (ValueError, AttributeError) as error:
        raise InvalidInput(f"the registry's list of orders cannot be read: {error}") from error


def _pairs(rows: Any) -> dict[str, str]:
    return {str(row["key"]): str(row.get("value", "")) for row in rows or ()}


def _quoted(text: str) -> str:
    if "'" in text or "`" in text:
        raise InvalidInput(f"'{text}' cannot be looked up in MLflow: it holds a quote")
    return text
