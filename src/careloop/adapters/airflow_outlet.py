"""Have Airflow run a DAG, such as the one that trains a model anew, with the data slice in its `conf`.

Airflow 3 answers at `/api/v2` and gives tokens at `/auth/token`; Airflow 2 answers at `/api/v1` and takes a password
with each question. Source: Apache Airflow, REST API, "Trigger DAG run" of 2.10 and of 3.3.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final
from urllib.parse import quote

from careloop.adapters.json_line import JsonLine
from careloop.domain.happening import Happening, Preview
from careloop.errors import Conflict, NotFound, Refused, Unavailable
from careloop.reports.happening_text import happening_json, issue_title

__all__ = ["AirflowOutlet"]

_NEW: Final = "/api/v2"
_OLD: Final = "/api/v1"


class AirflowOutlet:
    """An `Outlet`; the run's id is made of the happening's, so that the same one runs once."""

    def __init__(self, url: str, *, dag: str, key: str, timeout_s: float = 10.0) -> None:
        self._url, self._dag, self._key, self._timeout_s = url.rstrip("/"), dag, key, timeout_s
        self._open = JsonLine(self._url, timeout_s=timeout_s)

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """One run, as Airflow 3 is asked for it."""
        return (Preview(method="POST", url=self._url + self._path(_NEW), body=self._run(happening, _NEW)),)

    def tell(self, happening: Happening) -> None:
        """Ask for the run; one that is there already is what we want."""
        api = self._api()
        line = self._line(api)
        try:
            line.ask("POST", self._path(api), self._run(happening, api), secret=self._password)
        except Conflict:
            self._look(line, f"{self._path(api)}/{quote(_run_id(happening), safe='')}")
        except NotFound as error:
            raise NotFound(
                f"Airflow has no DAG {self._dag}", hint="is it there, and may the account run it?"
            ) from error

    def _look(self, line: JsonLine, path: str) -> None:
        """That something is in the way need not mean that it is this run."""
        try:
            line.ask("GET", path, secret=self._password)
        except NotFound as error:
            raise Unavailable("Airflow says that another run is in the way of this one") from error

    def _api(self) -> str:
        """Which interface is there: its version is told to everybody, or to nobody without a token."""
        for api in (_NEW, _OLD):
            try:
                self._open.ask("GET", f"{api}/version")
            except NotFound:
                continue
            except Refused:
                return api
            return api
        raise Unavailable(f"there is no Airflow at {self._url}: neither {_NEW} nor {_OLD} answers")

    @property
    def _password(self) -> str:
        return self._key.partition(":")[2]

    def _line(self, api: str) -> JsonLine:
        user, colon, password = self._key.partition(":")
        if not colon:
            return self._with(f"Bearer {self._key}")
        if api == _OLD:
            return self._with(f"Basic {b64encode(self._key.encode()).decode()}")
        given = self._open.ask("POST", "/auth/token", {"username": user, "password": password}, secret=password)
        token = given.get("access_token") if isinstance(given, dict) else None
        if not isinstance(token, str):
            raise Unavailable("Airflow gives no token for this user and password")
        return self._with(f"Bearer {token}")

    def _with(self, authorization: str) -> JsonLine:
        return JsonLine(self._url, headers={"authorization": authorization}, timeout_s=self._timeout_s)

    def _path(self, api: str) -> str:
        return f"{api}/dags/{quote(self._dag, safe='')}/dagRuns"

    def _run(self, happening: Happening, api: str) -> dict[str, Any]:
        """Airflow 3 wants a logical date or a word that there is none; Airflow 2 makes one up."""
        run = {"dag_run_id": _run_id(happening), "conf": happening_json(happening), "note": issue_title(happening)}
        return run | {"logical_date": None} if api == _NEW else run


def _run_id(happening: Happening) -> str:
    return f"careloop__{happening.id}"
