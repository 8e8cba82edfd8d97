"""Real places that remember a ledger: a time stamping authority by openssl, a witness, a git repository."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from typing_extensions import override

CARE = Path(sys.executable).parent / "care"
_AUTHORITY = """
[ tsa ]
default_tsa = here
[ here ]
dir = {folder}
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def run(*words: str | Path, cwd: Path | None = None) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def an_authority(folder: Path) -> Path:
    """The keys and certificates of a time stamping authority; its root certificate."""
    folder.mkdir()
    subject = "/O=Example/CN="
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
        "-subj", f"{subject}Root", "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
        "-addext", "keyUsage=critical,keyCertSign", "-addext", "basicConstraints=critical,CA:TRUE")  # fmt: skip
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", f"{subject}Time", "-keyout", folder / "tsa.key", "-out", folder / "tsa.csr")  # fmt: skip
    (folder / "extensions").write_text(
        "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n"
        "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    run("openssl", "x509", "-req", "-in", folder / "tsa.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
        "-CAcreateserial", "-days", "3650", "-extfile", folder / "extensions", "-out", folder / "tsa.pem")  # fmt: skip
    (folder / "serial").write_text("01\n")
    (folder / "openssl.cnf").write_text(_AUTHORITY.format(folder=folder))
    return folder / "ca.pem"


@contextmanager
def stamping(folder: Path, *, lies: bool = False) -> Iterator[str]:
    """The authority answering over HTTP; when it lies, it always stamps something else than what it was given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            (folder / "query.tsq").write_bytes(query)
            if lies:
                run("openssl", "ts", "-query", "-data", folder / "serial", "-sha256", "-cert",
                    "-out", folder / "query.tsq")  # fmt: skip
            run("openssl", "ts", "-reply", "-config", folder / "openssl.cnf", "-queryfile", folder / "query.tsq",
                "-out", folder / "reply.tsr")  # fmt: skip
            reply = (folder / "reply.tsr").read_bytes()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def witnessing(folder: Path) -> Iterator[str]:
    """`care witness serve` as a process of its own, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [CARE, "witness", "serve", folder, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        assert process.poll() is None, "the witness did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def a_repository(folder: Path) -> Path:
    """An empty git repository with one commit, and an SSH key `id` beside it."""
    run("git", "init", "-q", "-b", "main", folder)
    person = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    run("git", *person, "commit", "-q", "--allow-empty", "-m", "Start", cwd=folder)
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ledger", "-f", folder.parent / "id")
    return folder
