"""The append-only files in which events are first made durable; several processes may write, one at a time.

Every append is flushed to the disk before it returns, so what is half there at the end of the last file after a crash
was never acknowledged: it is cut, and kept aside in `torn/`. A file that is damaged anywhere else is refused.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from careloop.adapters.durable_file import sync_folder, write_durably
from careloop.adapters.segment_blocks import SegmentBlocks
from careloop.adapters.segment_frames import MAGIC, Frame, decode_heads, frames_in
from careloop.domain.event_values import moment_of
from careloop.errors import Refused, Unavailable
from careloop.ports.lake import Segment

__all__ = ["SegmentFile", "SegmentStore", "closed_segment"]

_PREFIX = "events-"
_SUFFIX = ".ndjson"


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A segment as it was at one moment: bytes that are added later are not part of it."""

    path: Path
    first_seq: int
    size: int

    def frames(self, start: int = 0, end: int | None = None) -> Iterator[Frame]:
        """Its sound frames from `start` to `end`, where one begins each; `FileNotFoundError` when it was compacted."""
        with self.path.open("rb") as file:
            file.seek(start)
            content = file.read((self.size if end is None else end) - start)
        return (frame for frame, _ in frames_in(content))


class SegmentStore:
    """The segments in a folder. Write only inside `exclusive()`, after `catch_up()`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = threading.RLock()
        self._lock: int | None = None
        self._tail: Path | None = None
        self._size = 0
        self._file: int | None = None
        self._blocks = SegmentBlocks()

    @contextlib.contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other threads and processes from writing."""
        with self._threads:
            try:
                if self._lock is None:
                    self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                    self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._lock, fcntl.LOCK_EX)
            except OSError as error:
                raise Unavailable(f"{self._folder} cannot be locked: {error.strerror}") from error
            try:
                yield
            finally:
                if self._lock is not None:
                    fcntl.flock(self._lock, fcntl.LOCK_UN)

    def files(self) -> list[SegmentFile]:
        """The segments, oldest first; the last one is open."""
        found = sorted(self._folder.glob(f"{_PREFIX}*{_SUFFIX}"))
        return [SegmentFile(path, _first_seq(path), path.stat().st_size) for path in found]

    def stretches(self, segment: SegmentFile, *, seq: int, system: str) -> list[tuple[int, int]]:
        """Where events of the system from `seq` on may lie: from byte to byte, frames begin at both."""
        return self._blocks.stretches(segment.path, segment.size, seq=seq, system=system)

    def tell(self, frame: Frame, systems: Iterable[str]) -> None:
        """Whose events a frame holds that `catch_up` gave; told once."""
        self._blocks.tell(frame.first_seq, systems)

    @property
    def tail_bytes(self) -> int:
        """Size of the open segment as far as it was read."""
        return self._size

    def catch_up(self) -> Iterator[Frame]:
        """The frames that were added since the last time, by whichever process; a torn end is cut."""
        files = self.files()
        if files and files[-1].path == self._tail and files[-1].size == self._size:
            return
        self._blocks.keep({segment.path for segment in files})
        for segment in files:
            if self._tail is not None and segment.path < self._tail:
                continue
            yield from self._read_on(segment, last=segment is files[-1])

    def _read_on(self, segment: SegmentFile, *, last: bool) -> Iterator[Frame]:
        start = self._size if segment.path == self._tail else 0
        with segment.path.open("rb") as file:
            file.seek(start)
            content = file.read()
        end = 0
        for frame, after in frames_in(content):
            self._blocks.add(segment.path, frame.first_seq, start + end, empty=not frame.rows)
            yield frame
            end = after
        if end < len(content):
            if not last or _has_sound_frame(content, end + 1):
                raise Refused(
                    f"{segment.path} is damaged at byte {start + end}",
                    hint="Stop writing. Restore the file from a backup; what follows the damage is still in it.",
                )
            self._cut(segment.path, content[end:], start + end)
        elif end:
            self._flush(segment.path)
        if segment.path != self._tail:
            self._close_file()
        self._tail, self._size = segment.path, start + end

    def _flush(self, path: Path) -> None:
        """Another process wrote here and may have died before its flush; what is read is about to be relied on."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _cut(self, path: Path, torn: bytes, end: int) -> None:
        aside = self._folder / "torn"
        aside.mkdir(exist_ok=True, mode=0o700)
        write_durably(aside / f"{path.stem}-{end}.bytes", torn, mode=0o600)
        handle = os.open(path, os.O_WRONLY)
        try:
            os.ftruncate(handle, end)
            os.fsync(handle)
        finally:
            os.close(handle)

    def append(self, content: bytes, *, next_seq: int, empty: bool = False) -> None:
        """Add frames to the open segment, durably; `next_seq` names the segment if this is the first one. `empty` says
        that they hold no events.

        Raises `Unavailable`, and leaves the segment as it was as far as that is possible, when the disk will not.
        """
        if self._tail is None:
            self.start_segment(next_seq)
        assert self._tail is not None
        try:
            if self._file is None:
                self._file = os.open(self._tail, os.O_WRONLY | os.O_APPEND)
            view = memoryview(content)
            while view:
                view = view[os.write(self._file, view) :]
            os.fdatasync(self._file)
        except OSError as error:
            self._undo()
            raise Unavailable(f"{self._tail} cannot be written: {error.strerror}") from error
        self._blocks.add(self._tail, next_seq, self._size, empty=empty)
        self._size += len(content)

    def _undo(self) -> None:
        """After a failed write nothing is certain: shorten the file, and read it again before the next append."""
        with contextlib.suppress(OSError):
            if self._tail is not None:
                os.truncate(self._tail, self._size)
        self._close_file()

    def start_segment(self, next_seq: int) -> None:
        """Close the open segment and begin the next, which starts at `next_seq`; one without events stays open."""
        path = self._folder / f"{_PREFIX}{next_seq:020d}{_SUFFIX}"
        if path == self._tail:
            return
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.fsync(handle)
            os.close(handle)
            sync_folder(self._folder)
        except OSError as error:
            raise Unavailable(f"{path} cannot be made: {error.strerror}") from error
        self._close_file()
        self._tail, self._size = path, 0

    def close(self) -> None:
        """Let go of files and lock."""
        with self._threads:
            self._close_file()
            if self._lock is not None:
                os.close(self._lock)
            self._lock = None

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
        self._file = None


def closed_segment(segment: SegmentFile) -> Segment | None:
    """What can be said about a closed segment; None when it holds no events, or was compacted away meanwhile."""
    try:
        content = segment.path.read_bytes()
    except FileNotFoundError:
        return None
    frames = [frame for frame, _ in frames_in(content)]
    if not any(frame.rows for frame in frames):
        return None
    return Segment(
        name=segment.path.name,
        first_seq=frames[0].first_seq,
        last_seq=frames[-1].next_seq - 1,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        received_at=moment_of(frames[-1].received_us),
        systems=tuple(sorted({head.system for frame in frames for head in decode_heads(frame)})),
    )


def _first_seq(path: Path) -> int:
    return int(path.name[len(_PREFIX) : -len(_SUFFIX)])


def _has_sound_frame(content: bytes, start: int) -> bool:
    while (start := content.find(MAGIC, start)) >= 0:
        if next(frames_in(content, start), None) is not None:
            return True
        start += 1
    return False
