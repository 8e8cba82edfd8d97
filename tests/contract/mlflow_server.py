"""A real MLflow server for tests, in the environment that `tools/fetch_servers.py` builds."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

__all__ = ["MISSING", "PYTHON", "mlflow_server"]

HOME = Path(__file__).resolve().parents[2] / ".cache" / "peers" / "mlflow"
PYTHON = HOME / "bin" / "python"
MISSING = None if (HOME / "whole").is_file() else "no MLflow here: `make setup` fetches it where a registry is in reach"


@contextmanager
def mlflow_server(folder: Path, *, port: int | None = None) -> Iterator[str]:
    """The address of a server that keeps everything in a folder, and ends with the block.

    The same folder and port again are the same server, come back.
    """
    with closing(socket.socket()) as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port or 0))
        port = free.getsockname()[1]
    url, store = f"http://127.0.0.1:{port}", f"sqlite:///{folder}/mlflow.db"
    command = [
        str(PYTHON),
        "-m",
        "mlflow",
        "server",
        "--backend-store-uri",
        store,
        "--port",
        str(port),
        "--workers",
        "1",
    ]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("wb") as log:
        environ = os.environ | quiet
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=environ, start_new_session=True)
    try:
        _answers(url, server)
        yield url
    finally:
        os.killpg(server.pid, signal.SIGKILL)  # with its workers; to end in peace takes it twenty seconds
        server.wait()


def _answers(url: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; it may take half a minute to make its tables."""
    while server.poll() is None:
        try:
            urlopen(f"{url}/health").close()
        except (URLError, OSError):
            time.sleep(0.3)
        else:
            return
    raise AssertionError("the server ended before it answered")
