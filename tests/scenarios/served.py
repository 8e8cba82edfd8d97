"""`care serve` as a process of its own on a free port, and somebody with cookies who visits it."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final

__all__ = [
    "PASSWORD",
    "TOKEN",
    "Answer",
    "Visitor",
    "accounts",
    "care_command",
    "free_port",
    "refused_to_serve",
    "serving",
    "worker",
]

PASSWORD: Final = "a long password that nobody else has"
TOKEN: Final = "a-token-of-the-environment"
_PATIENCE_S: Final = 240
"""A fleet of 200 systems is read through once before its pages open, on a machine that may be busy."""
_FORM: Final = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@dataclass(frozen=True)
class Answer:
    """What a request got."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text)

    @property
    def headline(self) -> str:
        """The page's first answer."""
        found = re.search(r'<h1 class="care-answer">(.*?)</h1>', self.text, re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", "", found.group(1))).split()) if found else ""

    def found(self, pattern: str) -> str:
        """The first group of a pattern in the page."""
        match = re.search(pattern, self.text)
        assert match is not None, f"{pattern} is not in the page: {self.headline}"
        return unescape(match.group(1))


@dataclass
class Visitor:
    """Somebody with cookies; nothing is followed by itself."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    last: Answer | None = None

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = dict(headers or {})
        if self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        try:
            connection.request(method, path, body=body, headers=sent)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
        self.last = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
        return self.last

    def get(self, path: str, **headers: str) -> Answer:
        """A page."""
        return self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def post(self, path: str, *, form_of: str | None = None, **fields: str | list[str]) -> Answer:
        """Send a form with the token of a page, as a browser would."""
        page = self.get(form_of) if form_of else self.last
        assert page is not None
        pairs = [("csrfmiddlewaretoken", page.found(_FORM.pattern))]
        for name, value in fields.items():
            pairs += [(name, one) for one in ([value] if isinstance(value, str) else value)]
        return self.ask("POST", path, urllib.parse.urlencode(pairs).encode(), self.form_headers)

    @property
    def form_headers(self) -> dict[str, str]:
        """What a browser sends with a form of ours."""
        return {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}

    def sign_in(self, mail: str, password: str = PASSWORD) -> Answer:
        """Sign in; fails the test when that did not work."""
        answer = self.post("/accounts/login/", form_of="/accounts/login/", login=mail, password=password)
        assert answer.status == 302, answer.text
        return answer


def care_command(*words: str) -> list[str]:
    """The command `care` of this very checkout."""
    return [str(Path(sys.executable).with_name("care")), *words]


def accounts(root: Path, *mails: str, administrator: bool = False) -> None:
    """Accounts with the known password."""
    options = ["--admin"] if administrator else []
    command = care_command("accounts", "make", *mails, "--password-stdin", "--repo", str(root), *options)
    lines = f"{PASSWORD}\n" * len(mails)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def serving(root: Path, *, port: int | None = None, **environment: str) -> Iterator[int]:
    """Serve a repository without a worker; yields the port."""
    port = port or free_port()
    env = {**os.environ, "CARELOOP_INGEST_TOKEN": TOKEN, **environment}
    command = care_command("serve", str(root), "--port", str(port), "--no-worker")
    log = root.parent / f"serve-{port}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(port, process, log)
            yield port
        finally:
            _end(process)


@contextmanager
def worker(root: Path) -> Iterator[None]:
    """A worker beside it, in quick rounds."""
    command = care_command("worker", "--repo", str(root), "--every", "0.5")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # what it started as well
        process.wait()
        raise AssertionError("the process did not stop within 15 s of being asked to") from None


def refused_to_serve(root: Path, **environment: str) -> str:
    """What `care serve` says when it does not start because it was asked wrongly."""
    command = care_command("serve", str(root), "--port", str(free_port()), "--no-worker")
    env = {**os.environ, **environment}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done.stderr
    return done.stderr


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            if Visitor(port).get("/healthz").status == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"no answer within {_PATIENCE_S} s: {log.read_text()}")
