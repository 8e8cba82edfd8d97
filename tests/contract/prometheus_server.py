"""A real Prometheus for tests, out of Debian's package, as `tools/fetch_promtool.py` fetches it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

__all__ = ["MISSING", "free_port", "openmetrics", "prometheus_server"]

_HOME = Path(__file__).resolve().parents[2] / ".cache" / "promtool"


def _program(name: str) -> str | None:
    return str(_HOME / name) if (_HOME / name).is_file() else shutil.which(name)


_SERVER, _TOOL = _program("prometheus"), _program("promtool")
MISSING = (
    None if _SERVER and _TOOL else "no Prometheus here: `make setup` fetches it where Debian's packages are in reach"
)


def openmetrics(kept: Mapping[tuple[str, str], Sequence[tuple[int, float]]]) -> str:
    """Samples by metric and region, as promtool takes them in."""
    lines: list[str] = []
    for name in sorted({metric for metric, _ in kept}):
        lines.append(f"# TYPE {name} gauge")
        for (metric, region), samples in sorted(kept.items()):
            lines += [f'{name}{{region="{region}"}} {value} {at}' for at, value in samples if metric == name]
    return "\n".join([*lines, "# EOF", ""])


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def prometheus_server(
    folder: Path, *, past: str | None = None, scrape: str = "", port: int | None = None, options: Sequence[str] = ()
) -> Iterator[str]:
    """The address of a server that keeps everything in a folder, and ends with the block.

    `past` is OpenMetrics text that it holds from the start; `scrape` is YAML of its `scrape_configs`.
    """
    assert _SERVER is not None
    assert _TOOL is not None
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    if past is not None:
        (folder / "past.om").write_text(past)
        made = [_TOOL, "tsdb", "create-blocks-from", "openmetrics", str(folder / "past.om"), str(folder / "tsdb")]
        subprocess.run(made, check=True, capture_output=True)
    (folder / "prometheus.yml").write_text(f"scrape_configs: [{scrape}]\n")
    command = [
        _SERVER,
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        "--storage.tsdb.retention.time=50y",
        f"--web.listen-address=127.0.0.1:{port}",
        *options,
    ]
    with (folder / "prometheus.log").open("ab") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _is_ready(url, server)
        yield url
    finally:
        server.kill()
        server.wait()


def _is_ready(url: str, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            urlopen(f"{url}/-/ready").close()
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server ended before it was ready")
