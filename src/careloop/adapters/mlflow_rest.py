"""An MLflow tracking server, asked by plain HTTP (its REST interface 2.0); MLflow itself is not needed."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from careloop.adapters.mlflow_rows import MlflowRun, facts_of, newest
from careloop.domain.model_facts import ModelFacts
from careloop.domain.model_run import RunRole, VersionRuns
from careloop.errors import InvalidInput, NotFound, Unavailable, UsageError

__all__ = ["MlflowRest"]

_PAGE = 100
_SECONDS = 20
_LOGGED_MODEL = re.compile(r"m-[0-9a-f]+")


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

    def runs_of(self, place: str) -> VersionRuns:
        """The run that made a version, those that logged metrics of its model, and those whose tag names it."""
        name, version = self._version(place)
        found = self._ask("model-versions/get", name=name, version=version).get("model_version") or {}
        made, roles = str(found.get("run_id") or ""), {}
        for run_id in (*self._measuring(str(found.get("source") or ""), found.get("model_id")), made):
            if run_id and run_id not in roles:
                roles[run_id] = RunRole.MADE if run_id == made else RunRole.MEASURED
        there = {run_id: info for run_id in roles if (info := self._info(run_id)) is not None}
        experiments = sorted({str(info["experiment_id"]) for info in there.values() if info.get("experiment_id")})
        for run_id in self._tagged(experiments, f"models:/{name}/{version}"):
            if roles.get(run_id) is not RunRole.MEASURED:
                roles[run_id] = RunRole.SAID
                there[run_id] = {}
        return VersionRuns(model=name, version=version, runs={key: roles[key] for key in roles if key in there})

    def _version(self, place: str) -> tuple[str, str]:
        """Name and number of the version at `models:/NAME/3` or `models:/NAME@ALIAS`."""
        rest = place.removeprefix("models:/")
        name, at, alias = rest.partition("@")
        if at and name and alias and rest != place:
            try:
                told = self._ask("registered-models/alias", name=name, alias=alias).get("model_version") or {}
            except InvalidInput as error:  # how MLflow says that nobody gave this alias
                raise NotFound(error.message) from error
            return name, str(told.get("version"))
        name, _, version = rest.rpartition("/")
        if rest == place or not name or not version.isdigit():
            raise UsageError(
                f"{place} names no version", hint="write it like models:/credit/3 or models:/credit@champion"
            )
        return name, version

    def _measuring(self, source: str, model_id: Any) -> Iterator[str]:
        """Runs that logged metrics of the model that MLflow 3 keeps apart from its versions."""
        model = str(model_id or source.removeprefix("models:/"))
        if not _LOGGED_MODEL.fullmatch(model):
            return
        try:
            told = self._ask(f"logged-models/{model}").get("model") or {}
        except NotFound:
            return
        for metric in (told.get("data") or {}).get("metrics") or ():
            if metric.get("run_id"):
                yield str(metric["run_id"])

    def _info(self, run_id: str) -> dict[str, Any] | None:
        """What stands at the head of a run; null for one that was deleted."""
        try:
            info = (self._ask("runs/get", run_id=run_id).get("run") or {}).get("info") or {}
        except NotFound:
            return None
        return None if info.get("lifecycle_stage") == "deleted" else dict(info)

    def _tagged(self, experiments: list[str], place: str) -> Iterator[str]:
        """Runs of these experiments whose tag `careloop.model` says the version."""
        quoted = place.replace("'", "\\'")
        body: dict[str, Any] = {"experiment_ids": experiments, "filter": f"tags.`careloop.model` = '{quoted}'"}
        while experiments:
            told = self._post("runs/search", {**body, "max_results": _PAGE})
            yield from (str(run["info"]["run_id"]) for run in told.get("runs") or ())
            if not told.get("next_page_token"):
                return
            body["page_token"] = told["next_page_token"]

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
        return self._answer(path, Request(f"{self._url}/api/2.0/mlflow/{path}?{urlencode(query)}"))

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = Request(f"{self._url}/api/2.0/mlflow/{path}", data=json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        return self._answer(path, request)

    def _answer(self, path: str, request: Request) -> dict[str, Any]:
        request.add_header("Accept", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=_SECONDS) as answer:
                value = json.load(answer)
        except HTTPError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                raise NotFound(f"{self._url} knows nothing of what {path} asks for") from error
            if error.code == HTTPStatus.BAD_REQUEST:
                raise InvalidInput(f"{self._url} refuses {path}: {_message(error)}") from error
            raise Unavailable(f"{self._url} answers {error.code} to {path}", hint=_HINT) from error
        except (URLError, HTTPException, OSError) as error:
            raise Unavailable(
                f"{self._url} does not answer: {error}", hint="is the tracking server running?"
            ) from error
        except ValueError as error:
            raise InvalidInput(f"{self._url} does not speak MLflow's interface: {error}") from error
        return value if isinstance(value, dict) else {}


_HINT = "set MLFLOW_TRACKING_TOKEN when the server asks who you are"


def _message(error: HTTPError) -> str:
    """What MLflow says is wrong; its status where it says nothing."""
    try:
        return str(json.load(error)["message"])[:300]
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return str(error.code)


def _pairs(rows: Any) -> dict[str, str]:
    return {str(row["key"]): str(row.get("value", "")) for row in rows or ()}
