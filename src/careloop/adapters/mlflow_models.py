"""Fetch a model's folder from an MLflow tracking server by plain HTTP; MLflow itself is not needed (ADR 0019)."""

from __future__ import annotations

import json
import re
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from careloop.errors import InvalidInput, NotFound, Unavailable, UsageError

__all__ = ["fetch_model"]

_SECONDS: Final = 60
_MOST_FILES: Final = 1000
_MOST_BYTES: Final = 4 << 30
_PROXIED: Final = re.compile(r"mlflow-artifacts:/{1,3}(?:[^/]+@[^/]*/|)(?P<path>.+)")


def fetch_model(place: str, server: str, folder: Path, *, token: str | None = None) -> Path:
    """The files of the model at `models:/NAME/3`, `models:/NAME@ALIAS`, `models:/m-ID` or `runs:/ID/PATH`, in `folder`.

    Only servers that hand out artefacts themselves (`--serve-artifacts`, which is how they start unless told otherwise)
    can be asked. Raises UsageError without a server, NotFound, InvalidInput and Unavailable.
    """
    if not server.startswith(("http://", "https://")):
        raise UsageError(
            f"{place} lies on a server of MLflow, and nobody says which",
            hint="set MLFLOW_TRACKING_URI to its address, like http://127.0.0.1:5000",
        )
    asked = _Server(server.rstrip("/"), token)
    source = asked.source(place)
    found = _PROXIED.fullmatch(source)
    if found is None:
        raise InvalidInput(
            f"the server keeps {place} at {source.partition(':')[0]}:, and does not hand it out",
            hint="fetch it with `mlflow artifacts download` and give the folder",
        )
    asked.fetch(found["path"].strip("/"), folder)
    return folder


class _Server:
    def __init__(self, url: str, token: str | None) -> None:
        self._url, self._token = url, token
        self._left = _MOST_BYTES

    def source(self, place: str, *, deep: int = 0) -> str:
        """Where the files lie, as the server calls it; a version may point at a logged model."""
        scheme, _, rest = place.partition(":/")
        rest = rest.strip("/")
        if scheme == "runs":
            run, _, path = rest.partition("/")
            info = self._ask("runs/get", run_id=run)["run"]["info"]
            return f"{str(info['artifact_uri']).rstrip('/')}/{path}"
        if scheme == "models" and re.fullmatch(r"m-[0-9a-f]+", rest):
            return str(self._ask(f"logged-models/{rest}")["model"]["info"]["artifact_uri"])
        name, at, alias = rest.partition("@")
        if at:
            version = self._ask("registered-models/alias", name=name, alias=alias)["model_version"]["version"]
        else:
            name, _, version = rest.rpartition("/")
        if not name or not str(version).isdigit():
            raise UsageError(
                f"{place} names no version", hint="write it like models:/credit/3 or models:/credit@champion"
            )
        uri = str(self._ask("model-versions/get-download-uri", name=name, version=str(version))["artifact_uri"])
        return self.source(uri, deep=deep + 1) if uri.startswith(("models:/", "runs:/")) and deep < 3 else uri

    def fetch(self, path: str, folder: Path) -> None:
        """Every file below `path` into the folder; never outside of it."""
        waiting, count = [path], 0
        while waiting:
            below = waiting.pop()
            listed = self._json(f"/api/2.0/mlflow-artifacts/artifacts?{urlencode({'path': below})}").get("files") or []
            for one in listed:
                name = str(one["path"]).rpartition("/")[2]
                inner = f"{below}/{name}"
                if name in ("", ".", "..") or "\\" in name:
                    raise InvalidInput(f"the server names a file '{name}', which is no name of a file")
                if one.get("is_dir"):
                    waiting.append(inner)
                    continue
                count += 1
                if count > _MOST_FILES:
                    raise InvalidInput(f"{path} holds more than {_MOST_FILES} files, which is no model")
                target = folder / inner.removeprefix(path).strip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(self._get(f"/api/2.0/mlflow-artifacts/artifacts/{quote(inner)}"))
        if count == 0:
            raise NotFound(f"the server holds no file at {path}")

    def _ask(self, path: str, **query: str) -> dict[str, Any]:
        return self._json(f"/api/2.0/mlflow/{path}?{urlencode(query)}")

    def _json(self, path: str) -> dict[str, Any]:
        try:
            found = json.loads(self._get(path))
        except ValueError as error:
            raise InvalidInput(f"{self._url} does not answer like MLflow") from error
        if not isinstance(found, dict):
            raise InvalidInput(f"{self._url} does not answer like MLflow")
        return found

    def _get(self, path: str) -> bytes:
        request = Request(self._url + path, headers={"Accept": "*/*"})
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=_SECONDS) as answer:
                raw: bytes = answer.read(self._left + 1)
        except HTTPError as error:
            kind = NotFound if error.code == 404 else Unavailable
            raise kind(
                f"{self._url} answers {error.code}", hint="set MLFLOW_TRACKING_TOKEN if it asks who you are"
            ) from error
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self._url} cannot be asked: {error}") from error
        self._left -= len(raw)
        if self._left < 0:
            raise InvalidInput(f"the model is larger than {_MOST_BYTES >> 30} GB")
        return raw
