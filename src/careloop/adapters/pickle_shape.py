"""What objects a pickle or joblib file holds, without making one of them.

Loading a pickle runs whatever its author wrote into it. Here every class is replaced by an inert record of its name,
its arguments and its attributes; nothing is imported and nothing is called. Arrays, which joblib writes raw between
the instructions, are skipped by their declared size. Format: Python's `pickletools`; joblib `numpy_pickle.py`.
"""

import bz2
import gzip
import io
import lzma
import pickle
import re
import struct
import zlib
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from careloop.errors import InvalidInput, NotFound

__all__ = ["Shape", "attributes_of", "read_shape"]

_LARGEST_ARRAY = 1 << 34
_ITEM = re.compile(r"[<>=|]?([biufcSUmMV?])(\d*)")
_WRAPPERS = frozenset({"NumpyArrayWrapper"})


class Shape:
    """An object of a pickle: the class it claims to be, and what was to be put into it."""

    module = ""
    name = ""

    arguments: tuple[object, ...]
    state: dict[str, Any]

    def __new__(cls, *arguments: object, **_: object) -> "Shape":
        """Made here and not in `__init__`, which a pickle does not call."""
        made = super().__new__(cls)
        made.arguments = arguments
        made.state = {}
        return made

    def __call__(self, *arguments: object) -> "Shape":
        return _named(self.module, self.name)(*arguments)

    def __setstate__(self, state: object) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.state.update({str(key): value for key, value in part.items()})
            elif isinstance(part, list):
                self.state["items"] = part

    def append(self, item: object) -> None:
        """Take part in a list that was subclassed."""

    def extend(self, items: object) -> None:
        """Take part in a list that was subclassed."""

    def add(self, item: object) -> None:
        """Take part in a set that was subclassed."""

    def __setitem__(self, key: object, value: object) -> None:
        self.state[str(key)] = value

    def __hash__(self) -> int:
        return id(self)


def _named(module: str, name: str) -> type[Shape]:
    return type("Shape", (Shape,), {"module": module, "name": name})


_PythonReader: Any = pickle._Unpickler
"""The reader that is written in Python: the one whose single steps can be taken over."""


class _ShapeReader(_PythonReader):  # type: ignore[misc]  # its class is not public
    """Python's own reader, with every class replaced and arrays skipped."""

    dispatch = dict(_PythonReader.dispatch)

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self._file = file

    def find_class(self, module: str, name: str) -> type[Shape]:
        """A stand-in that only remembers what it stands for."""
        return _named(module, name)

    def persistent_load(self, pid: object) -> object:
        """Things kept outside of the file are not looked for."""
        return None

    def load_build(self) -> None:
        """Put attributes into an object; an array's bytes follow right behind its description."""
        super().load_build()
        made = self.stack[-1]
        if isinstance(made, Shape) and made.name in _WRAPPERS:
            self.stack[-1] = self._skipped(made)

    dispatch[pickle.BUILD[0]] = load_build

    def _skipped(self, wrapper: Shape) -> object:
        kind = wrapper.state.get("dtype")
        size = _item_size(kind)
        if size is None:
            return _ShapeReader(self._file).load()
        if wrapper.state.get("numpy_array_alignment_bytes") is not None:
            self._take(self._take(1)[0])
        count = 1
        shape = wrapper.state.get("shape")
        for length in shape if isinstance(shape, tuple) else ():
            count *= int(length)
        if count < 0 or count * size > _LARGEST_ARRAY:
            raise pickle.UnpicklingError("an array larger than any model has")
        left = count * size
        while left > 0:
            left -= len(self._take(min(left, 1 << 20)))
        return wrapper

    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError("the file ends within an array")
        return data


def _item_size(kind: object) -> int | None:
    """Bytes of one item of an array; null for objects, which are a pickle of their own."""
    code = kind.arguments[0] if isinstance(kind, Shape) and kind.arguments else kind
    if code in ("O8", "O"):
        return None
    found = _ITEM.fullmatch(str(code))
    if found is None:
        raise pickle.UnpicklingError(f"an array of a kind that is not known: {code}")
    letter, digits = found.groups()
    width = int(digits or 1)
    return width * 4 if letter == "U" else 8 if letter in "mM" else width


def read_shape(path: Path) -> object:
    """The outermost object of the file, as a `Shape`. Raises NotFound or InvalidInput."""
    try:
        with closing(_opened(path)) as file:
            return _ShapeReader(file).load()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {path}") from error
    except (OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise InvalidInput(f"{path} is no pickle or joblib file: {error}") from error
    except (pickle.UnpicklingError, struct.error, zlib.error, lzma.LZMAError, MemoryError) as error:
        raise InvalidInput(f"{path} is no pickle or joblib file: {error}") from error


def _opened(path: Path) -> Any:
    """The file's bytes, unpacked as joblib may have packed them."""
    with path.open("rb") as file:
        start = file.read(6)
    if start[:2] == b"\x1f\x8b":
        return gzip.open(path)
    if start[:3] == b"BZh":
        return bz2.open(path)
    if start.startswith((b"\xfd7zXZ", b"]\x00\x00")):
        return lzma.open(path)
    if start[:1] == b"\x78":
        return io.BytesIO(zlib.decompress(path.read_bytes()))
    return path.open("rb")


def attributes_of(value: object) -> dict[str, Any]:
    """Attributes of a shape; empty for anything else."""
    return value.state if isinstance(value, Shape) else {}
