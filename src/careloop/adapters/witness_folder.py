"""A witness's memory and its list of logs as files of one folder, safe for several processes on one host."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from careloop.adapters.durable_file import write_durably, write_once
from careloop.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.cosignature import Cosigner, read_cosigner
from careloop.ledger.note import Verifier, read_verifier

__all__ = ["WitnessFolder"]

Answer = TypeVar("Answer")


class WitnessFolder:
    """A `WitnessMemory` in a folder, with the witness's key and the keys of the logs that it serves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, name: str) -> Cosigner:
        """Make the witness's key, once; raises `Conflict` when there is one already."""
        made = Cosigner(name, os.urandom(32))
        if not write_once(self._folder / "witness.key", f"{made.text}\n".encode(), mode=0o600):
            raise Conflict(f"{self._folder} has a witness already", hint="A witness never changes its name or key.")
        self._notes.mkdir(exist_ok=True)
        write_durably(self._folder / "witness.pub", f"{made.key.text}\n".encode())
        return made

    def key(self) -> Cosigner:
        """The witness's key; raises `NotFound`, and `Refused` when others may read it."""
        path = self._folder / "witness.key"
        try:
            if path.stat().st_mode & 0o077:
                raise Refused(f"{path} can be read by others", hint=f"Run `chmod 600 {path}`.")
            return read_cosigner(path.read_text(encoding="utf-8").strip())
        except FileNotFoundError as error:
            raise NotFound(f"no witness in {self._folder}", hint="Make one with `care witness init`.") from error
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}") from error

    def add_log(self, key: Verifier) -> None:
        """Serve a log, or one more key of a log that is served."""
        with self._locked():
            lines = [*self._lines(), *([] if key.text in self._lines() else [key.text])]
            write_durably(self._folder / "logs", "".join(f"{line}\n" for line in lines).encode())

    def logs(self) -> Mapping[str, tuple[Verifier, ...]]:
        """The keys of each log that is served, by the log's name."""
        found: dict[str, tuple[Verifier, ...]] = {}
        for number, line in enumerate(self._lines(), start=1):
            try:
                key = read_verifier(line)
            except InvalidInput as error:
                raise InvalidInput(f"{self._folder / 'logs'}:{number}: {error.message}") from error
            found[key.name] = (*found.get(key.name, ()), key)
        return found

    def newest(self, origin: str) -> str | None:
        """The newest note of a log."""
        path = self._note(origin)
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"{path} cannot be read: {error}") from error

    def update(self, origin: str, decide: Callable[[str | None], tuple[str | None, Answer]]) -> Answer:
        """Decide upon the newest note and keep the new one, with the folder locked."""
        with self._locked():
            note, answer = decide(self.newest(origin))
            if note is not None:
                write_durably(self._note(origin), note.encode())
        return answer

    @property
    def _notes(self) -> Path:
        return self._folder / "checkpoints"

    def _note(self, origin: str) -> Path:
        return self._notes / sha256(origin.encode()).hexdigest()

    def _lines(self) -> list[str]:
        try:
            return (self._folder / "logs").read_text(encoding="utf-8").split()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self._folder / 'logs'} cannot be read: {error.strerror}") from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            handle = os.open(self._folder, os.O_RDONLY)
        except OSError as error:
            raise NotFound(f"no witness in {self._folder}", hint="Make one with `care witness init`.") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
