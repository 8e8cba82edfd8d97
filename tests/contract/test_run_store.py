"""Stores of runs keep the port's promises: what MLflow 3.17.2 wrote as files, as tables, and over HTTP (R92)."""

import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from careloop.adapters.mlflow_files import MlflowFiles
from careloop.adapters.mlflow_rest import MlflowRest
from careloop.adapters.mlflow_sqlite import MlflowSqlite
from careloop.errors import InvalidInput, Unavailable
from careloop.ports.run_store import RunStore
from careloop.testing.contracts.run_store import RunStoreContract
from careloop.testing.run_store_fake import RunStoreFake

GOLDEN = Path(__file__).parents[1] / "golden" / "tool_reports"
IN_FILES, ELSEWHERE = "e33f6af7aaee4838881c8dc4bda211c9", "3fda8c2b6df74e619767e640f78d909c"
ANSWER = (GOLDEN / "mlflow-3.17.2-runs-get.json").read_bytes()


class TestFake(RunStoreContract):
    def make_store(self) -> tuple[RunStore, str]:
        return RunStoreFake({ELSEWHERE: ANSWER}), ELSEWHERE


class TestFiles(RunStoreContract):
    def make_store(self) -> tuple[RunStore, str]:
        return MlflowFiles(GOLDEN / "mlflow-3.17.2-mlruns"), IN_FILES


class TestDatabase(RunStoreContract):
    def make_store(self) -> tuple[RunStore, str]:
        file = Path(tempfile.mkdtemp()) / "mlflow.db"
        with closing(sqlite3.connect(file)) as database:
            database.executescript((GOLDEN / "mlflow-3.17.2-database.sql").read_text())
        return MlflowSqlite(file), ELSEWHERE


class _Server(BaseHTTPRequestHandler):
    """Answers as MLflow's own server did, which says 404 and RESOURCE_DOES_NOT_EXIST for a run that is not there."""

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        known = parse_qs(asked.query).get("run_id") == [ELSEWHERE] and asked.path.endswith("/runs/get")
        self.send_response(200 if known else 404)
        self.end_headers()
        self.wfile.write(ANSWER if known else b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}')

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class TestServer(RunStoreContract):
    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        server = HTTPServer(("127.0.0.1", 0), _Server)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self._url = f"http://127.0.0.1:{server.server_port}"
        yield
        server.shutdown()
        thread.join()
        server.server_close()

    def make_store(self) -> tuple[RunStore, str]:
        return MlflowRest(self._url), ELSEWHERE


def test_a_server_that_does_not_answer_is_out_of_reach() -> None:
    with pytest.raises(Unavailable):
        MlflowRest("http://127.0.0.1:9").run(ELSEWHERE)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database")
    with pytest.raises(InvalidInput, match=r"is no MLflow database"):
        MlflowSqlite(tmp_path / "mlflow.db").run(ELSEWHERE)


def test_a_metric_that_is_no_line_of_numbers_is_refused_with_its_file(tmp_path: Path) -> None:
    run = tmp_path / "1" / IN_FILES
    (run / "metrics").mkdir(parents=True)
    (run / "meta.yaml").write_text("status: 3\n")
    (run / "metrics" / "accuracy").write_text("soon high 0\n")
    with pytest.raises(InvalidInput, match=r"metrics/accuracy: not a line of"):
        MlflowFiles(tmp_path).run(IN_FILES)
