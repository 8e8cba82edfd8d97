"""What every place for artefacts must do. Derive a test class, give it a `make_store`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from hashlib import sha256

from careloop.domain.release_lock import Artefact, ArtefactKind, Presence
from careloop.errors import NotFound
from careloop.ports.artefact_store import ArtefactStore

__all__ = ["ArtefactStoreContract"]

_FILES = {"models/credit/weights.bin": b"\x00\x01weights", "models/credit/params.yaml": b"threshold: 0.5\n"}


class ArtefactStoreContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_store(self, files: Mapping[str, bytes]) -> ArtefactStore:
        """A store that holds these files, by their paths."""

    def test_a_file_is_known_by_its_sha256_and_its_size(self) -> None:
        found = self.make_store(_FILES).measure("models/credit/weights.bin")
        assert (found.sha256, found.size) == (sha256(b"\x00\x01weights").hexdigest(), 9)

    def test_a_folder_is_known_by_the_manifest_that_sha256sum_would_print(self) -> None:
        found = self.make_store(_FILES).measure("models/credit")
        manifest = "".join(
            f"{sha256(_FILES[f'models/credit/{name}']).hexdigest()}  {name}\n"
            for name in ("params.yaml", "weights.bin")
        )
        assert (found.sha256, found.size) == (sha256(manifest.encode()).hexdigest(), 24)

    def test_renaming_a_file_changes_its_folder(self) -> None:
        renamed = {path.replace("weights", "heights"): raw for path, raw in _FILES.items()}
        before = self.make_store(_FILES).measure("models/credit")
        assert self.make_store(renamed).measure("models/credit").sha256 != before.sha256

    def test_what_is_not_there_is_not_found(self) -> None:
        store = self.make_store(_FILES)
        try:
            store.measure("models/other")
        except NotFound:
            return
        raise AssertionError("NotFound was not raised")

    def test_what_was_locked_is_recognised(self) -> None:
        store = self.make_store(_FILES)
        assert store.check(_locked(store, "models/credit")) is Presence.SAME
        assert store.check(_locked(store, "models/credit/weights.bin")) is Presence.SAME

    def test_one_altered_byte_is_noticed(self) -> None:
        locked = _locked(self.make_store(_FILES), "models/credit")
        altered = self.make_store(_FILES | {"models/credit/weights.bin": b"\x00\x02weights"})
        assert altered.check(locked) is Presence.CHANGED

    def test_one_more_file_in_a_locked_folder_is_noticed(self) -> None:
        locked = _locked(self.make_store(_FILES), "models/credit")
        assert self.make_store(_FILES | {"models/credit/extra": b""}).check(locked) is Presence.CHANGED

    def test_what_is_gone_is_missing(self) -> None:
        locked = _locked(self.make_store(_FILES), "models/credit")
        assert self.make_store({"other": b""}).check(locked) is Presence.MISSING


def _locked(store: ArtefactStore, name: str) -> Artefact:
    found = store.measure(name)
    return Artefact(name=name, kind=ArtefactKind.WEIGHTS, sha256=found.sha256, size=found.size)
