"""Artefacts on disk and in memory keep the port's promises; the disk also meets links, devices and copies."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from careloop.adapters.artefact_folder import ArtefactFolder
from careloop.domain.release_lock import Artefact, ArtefactKind, Presence
from careloop.errors import InvalidInput
from careloop.ports.artefact_store import ArtefactStore
from careloop.testing.artefact_store_fake import ArtefactStoreFake
from careloop.testing.contracts.artefact_store import ArtefactStoreContract
from careloop.testing.source_tree_builder import write_files


class TestFake(ArtefactStoreContract):
    def make_store(self, files: Mapping[str, bytes]) -> ArtefactStore:
        return ArtefactStoreFake(files)


class TestFolder(ArtefactStoreContract):
    def make_store(self, files: Mapping[str, bytes]) -> ArtefactStore:
        return ArtefactFolder(write_files(Path(tempfile.mkdtemp()), files))


def locked(store: ArtefactStore, name: str) -> Artefact:
    found = store.measure(name)
    return Artefact(name=name, kind=ArtefactKind.WEIGHTS, sha256=found.sha256, size=found.size)


def test_an_empty_folder_cannot_be_locked(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    with pytest.raises(InvalidInput, match="no file"):
        ArtefactFolder(tmp_path).measure("models")


def test_a_link_that_leaves_the_folder_cannot_be_locked(tmp_path: Path) -> None:
    write_files(tmp_path, {"models/a": b"a", "secret": b"s"})
    (tmp_path / "models" / "b").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidInput, match="link"):
        ArtefactFolder(tmp_path).measure("models")


def test_a_link_inside_the_folder_counts_as_the_file_it_leads_to(tmp_path: Path) -> None:
    write_files(tmp_path, {"linked/blobs/x": b"a", "plain/blobs/x": b"a", "plain/weights": b"a"})
    (tmp_path / "linked" / "weights").symlink_to(tmp_path / "linked" / "blobs" / "x")
    store = ArtefactFolder(tmp_path)
    assert store.measure("linked") == store.measure("plain")


def test_a_pipe_is_no_artefact(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    os.mkfifo(tmp_path / "models" / "pipe")
    with pytest.raises(InvalidInput, match="neither a file nor a folder"):
        ArtefactFolder(tmp_path).measure("models")


def test_a_copy_kept_for_the_release_stands_in_for_a_changed_original(tmp_path: Path) -> None:
    release = f"sha256:{'a' * 64}"
    write_files(tmp_path, {"model.bin": b"one", f"kept/{'a' * 64}/files/model.bin": b"one"})
    store = ArtefactFolder(tmp_path, kept=tmp_path / "kept")
    artefact = locked(store, "model.bin")
    (tmp_path / "model.bin").write_bytes(b"two")
    assert store.check(artefact) is Presence.CHANGED
    assert store.check(artefact, release=release) is Presence.SAME
    (tmp_path / "kept" / ("a" * 64) / "files" / "model.bin").write_bytes(b"two")
    assert store.check(artefact, release=release) is Presence.CHANGED


def test_a_name_of_a_registry_lies_where_the_caller_says(tmp_path: Path) -> None:
    write_files(tmp_path, {"downloaded/model.bin": b"one"})
    store = ArtefactFolder(tmp_path, places={"models:/credit/3": tmp_path / "downloaded"})
    assert store.check(locked(store, "models:/credit/3")) is Presence.SAME
    assert ArtefactFolder(tmp_path).check(locked(store, "models:/credit/3")) is Presence.MISSING
