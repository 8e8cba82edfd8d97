"""Write on a model's version in MLflow what became of it: alarms, rollbacks, safe states, what the gate said.

The version is the one of the system's registered model that carries the release's digest in `careloop.lock`. Of two
tellings about the same matter the later stands, in whatever order they come. Source: MLflow REST API 2.0, "Set Model
Version Tag".
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from careloop.adapters.json_line import JsonLine
from careloop.adapters.mlflow_deployer import LOCK_TAG
from careloop.domain.happening import Happening, HappeningKind, Preview
from careloop.errors import InvalidInput, NotFound
from careloop.ledger.canonical import instant_text, read_instant

__all__ = ["MlflowOutlet"]

_API: Final = "/api/2.0/mlflow"
_LONGEST: Final = 1000
"""Signs of a reason; MLflow keeps 5,000 a tag."""


class MlflowOutlet:
    """An `Outlet` on a tracking server's model registry."""

    def __init__(self, line: JsonLine) -> None:
        self._line = line

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One tag for each release that it is about; which version that is, only MLflow knows."""
        return tuple(
            Preview(
                method="POST",
                url=f"{self._line.url}{_API}/model-versions/set-tag",
                body={"name": happening.system, "version": f"(tagged {LOCK_TAG} {lock})", "key": key, "value": value},
            )
            for lock, key, value in _tags(happening)
        )

    def tell(self, happening: Happening) -> None:
        """Set the tags that are not newer there."""
        for lock, key, value in _tags(happening):
            version = self._version(happening.system, lock)
            tags = {str(one["key"]): str(one.get("value", "")) for one in version.get("tags") or ()}
            if _moment(tags.get(key, "")) < (happening.at, happening.id):
                said = {"name": happening.system, "version": str(version["version"]), "key": key, "value": value}
                self._line.ask("POST", f"{_API}/model-versions/set-tag", said)

    def _version(self, system: str, lock: str) -> dict[str, Any]:
        if "'" in system or "'" in lock:
            raise InvalidInput(f"'{system}' cannot be looked up in MLflow: it holds a quote")
        wanted = urlencode({"filter": f"name='{system}' and tags.`{LOCK_TAG}` = '{lock}'"})
        found = (self._line.ask("GET", f"{_API}/model-versions/search?{wanted}") or {}).get("model_versions") or ()
        if not found:
            raise NotFound(
                f"no version of the model {system} in MLflow carries the tag {LOCK_TAG} {lock[:19]}",
                hint="register the release's model, and tag the version with the digest of its lock",
            )
        newest: dict[str, Any] = max(found, key=lambda one: int(one["version"]))
        return newest


def _tags(happening: Happening) -> list[tuple[str, str, str]]:
    """Release, name of the tag, and what it says."""
    told = [(happening.release, f"careloop.{happening.kind.value}")]
    if happening.kind in (HappeningKind.ROLLBACK, HappeningKind.SAFE_STATE):
        told = [(happening.left, f"careloop.{happening.kind.value}"), (happening.release, "careloop.took_over")]
    return [(lock, key, _value(happening)) for lock, key in told if lock is not None]


def _value(happening: Happening) -> str:
    facts = happening.facts
    said = {
        "at": instant_text(happening.at),
        "id": happening.id,
        "environment": happening.environment,
        "said": facts.get("decision") or happening.title,
        "because": (facts.get("because") or facts.get("reason") or "")[:_LONGEST],
        "entry": happening.entry,
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _moment(value: str) -> tuple[datetime, str]:
    """When what is there was said, in the order of time; what is not ours is older than anything."""
    try:
        told = json.loads(value)
        return read_instant(told["at"]), str(told["id"])
    except (InvalidInput, ValueError, KeyError, TypeError):
        return datetime.min.replace(tzinfo=UTC), ""
