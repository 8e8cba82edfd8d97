"""A real OpenID provider on this host, as a process of its own: npm's oidc-provider, run by Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

__all__ = ["Account", "oidc_provider"]

NPM = Path(__file__).resolve().parents[2] / ".cache" / "npm"
PROGRAM = Path(__file__).with_suffix(".mjs")
PATIENCE_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Someone who can sign in, and what the provider says about them."""

    sub: str
    email: str
    name: str
    email_verified: bool = True


@contextmanager
def oidc_provider(
    *, accounts: Sequence[Account], client_id: str, client_secret: str, redirect_uris: Sequence[str]
) -> Iterator[str]:
    """The issuer's address, once its discovery document is there; skips, with the reason, where it cannot run.

    One client, authorization code with PKCE, secret by HTTP Basic. The sign-in form takes an email of one of the
    accounts (field `email`) or a refusal (field `refuse`); consent is not asked for.
    """
    node = shutil.which("node")
    if node is None or not (NPM / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider has not been fetched: install Node.js and run `make setup`")
    client = {"client_id": client_id, "client_secret": client_secret, "redirect_uris": [*redirect_uris]}
    told = json.dumps({"client": client, "accounts": [asdict(account) for account in accounts]})
    with subprocess.Popen(
        [node, PROGRAM, NPM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        process.stdin.write(told + "\n")
        process.stdin.flush()
        try:
            yield _issuer(process)
        finally:
            process.kill()


def _issuer(process: subprocess.Popen[str]) -> str:
    """What the process says once it listens; it prints warnings of its own before."""
    assert process.stdout is not None
    too_late = threading.Timer(PATIENCE_S, process.kill)
    too_late.start()
    try:
        line = next((line for line in process.stdout if line.startswith("issuer ")), "")
    finally:
        too_late.cancel()
        too_late.join()
    issuer = line.removeprefix("issuer ").strip()
    assert issuer, "the OpenID provider did not start"
    with urllib.request.urlopen(f"{issuer}/.well-known/openid-configuration", timeout=PATIENCE_S) as answer:
        assert json.load(answer)["issuer"] == issuer
    return issuer
