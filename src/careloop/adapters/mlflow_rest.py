"""An MLflow tracking server, asked by plain HTTP (its REST interface 2.0); MLflow itself is not needed."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from careloop.adapters.mlflow_rows import MlflowRun, facts_of, newest
from careloop.domain.model_facts import ModelFacts
from careloop.errors import InvalidInput, NotFound, Unavailable

__all__ = ["MlflowRest"]

_PAGE = 100
_SECONDS = 20


class MlflowRest:
    """The server at `url`; `token` is sent as a bearer token when the server asks for one."""

    def __init__(self, url: str, *, token: str | None = None) -> None:
        self._url = url.rstrip("/")
        self._token = token

    def models(self) -> tuple[ModelFacts, ...]:
        """Every registered model, page by page."""
        return tuple(self._model(row) for row in self._pages("registered-models/search", "registered_models"))

    def run(self, run_id: str) -> bytes:
        """The run as the server says it."""
        if not run_id.isalnum():
            raise NotFound(f"'{run_id}' is no id of a run")
        return json.dumps(self._ask("runs/get", run_id=run_id)).encode()

    def _model(self, row: dict[str, Any]) -> ModelFacts:
        name = str(row["name"])
        quoted = name.replace("'", "\\'")
        version = newest(self._pages("model-versions/search", "model_versions", filter=f"name='{quoted}'"))
        if version is not None:
            version = {**version, "tags": _pairs(version.get("tags"))}
        run = self._run(str((version or {}).get("run_id") or ""))
        return facts_of(name, row.get("description"), version, run, source=f"MLflow server {self._url}")

    def _run(self, run_id: str) -> MlflowRun:
        if not run_id:
            return MlflowRun()
        run = self._ask("runs/get", run_id=run_id).get("run") or {}
        data, inputs = run.get("data") or {}, run.get("inputs") or {}
        return MlflowRun(
            params=_pairs(data.get("params")),
            metrics=tuple(str(one["key"]) for one in data.get("metrics") or ()),
            tags=_pairs(data.get("tags")),
            datasets=tuple(
                (str(one["dataset"]["name"]), _pairs(one.get("tags")).get("mlflow.data.context", ""))
                for one in inputs.get("dataset_inputs") or ()
            ),
        )

    def _pages(self, path: str, key: str, **query: str) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            more = {"page_token": token} if token else {}
            answer = self._ask(path, max_results=str(_PAGE), **query, **more)
            yield from answer.get(key) or ()
            following = str(answer.get("next_page_token") or "")
            if not following or following == token:
                return
            token = following

    def _ask(self, path: str, **query: str) -> dict[str, Any]:
        url = f"{self._url}/api/2.0/mlflow/{path}?{urlencode(query)}"
        request = Request(url, headers={"Accept": "application/json"})
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=_SECONDS) as answer:
                value = json.load(answer)
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                raise NotFound(f"{self._url} knows nothing of what {path} asks for") from error
            raise Unavailable(f"{self._url} answers {error.code} to {path}", hint=_HINT) from error
        except (URLError, HTTPException, OSError) as error:
            raise Unavailable(
                f"{self._url} does not answer: {error}", hint="is the tracking server running?"
            ) from error
        except ValueError as error:
            raise InvalidInput(f"{self._url} does not speak MLflow's interface: {error}") from error
        return value if isinstance(value, dict) else {}


_HINT = "set MLFLOW_TRACKING_TOKEN when the server asks who you are"


def _pairs(rows: Any) -> dict[str, str]:
    return {str(row["key"]): str(row.get("value", "")) for row in rows or ()}
