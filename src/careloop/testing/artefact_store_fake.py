"""Artefacts in memory, for tests: bytes by name, which can be changed behind everybody's back."""

from collections.abc import Mapping
from hashlib import sha256

from careloop.domain.release_lock import Artefact, ArtefactKind, Fingerprint, Presence
from careloop.errors import InvalidInput, NotFound

__all__ = ["ArtefactStoreFake"]


class ArtefactStoreFake:
    """An `ArtefactStore`; a name with `/` may be asked for by its file or by a folder above it."""

    def __init__(self, files: Mapping[str, bytes] = {}) -> None:
        self.files = dict(files)

    def measure(self, name: str) -> Fingerprint:
        """Digest and size of a file, or of a folder's manifest."""
        if name in self.files:
            return _of(self.files[name])
        below = {path.removeprefix(f"{name}/"): raw for path, raw in self.files.items() if path.startswith(f"{name}/")}
        if not below:
            raise NotFound(f"there is no artefact {name}")
        kept = {path: raw for path, raw in below.items() if path != "."}
        if not kept:
            raise InvalidInput(f"{name} holds no file that could be locked")
        order = sorted(kept, key=lambda path: path.encode())
        manifest = "".join(f"{sha256(kept[path]).hexdigest()}  {path}\n" for path in order)
        return Fingerprint(sha256=sha256(manifest.encode()).hexdigest(), size=sum(map(len, kept.values())))

    def check(self, artefact: Artefact, *, release: str | None = None) -> Presence:
        """Whether what was locked is still here; no copies are kept for a release."""
        if artefact.kind is ArtefactKind.HOSTED_MODEL:
            return Presence.SAME
        try:
            found = self.measure(artefact.name)
        except NotFound:
            return Presence.MISSING
        except InvalidInput:
            return Presence.CHANGED
        same = (found.sha256, found.size) == (artefact.sha256, artefact.size)
        return Presence.SAME if same else Presence.CHANGED


def _of(raw: bytes) -> Fingerprint:
    return Fingerprint(sha256=sha256(raw).hexdigest(), size=len(raw))
