"""Every deployer keeps the promises of the port: fake, folder, a real MLflow server, a platform behind a webhook."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from mlflow_server import MISSING, mlflow_server
from webhook_receiver import SECRET, WebhookReceiver

from careloop.adapters.file_registry import FileRegistry
from careloop.adapters.json_line import JsonLine
from careloop.adapters.mlflow_deployer import LOCK_TAG, MlflowDeployer
from careloop.adapters.release_store import ReleaseStore
from careloop.adapters.signed_webhook import SignedWebhook
from careloop.adapters.webhook_deployer import WebhookDeployer
from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, SwitchOrder
from careloop.domain.release_lock import Artefact, ArtefactKind, ReleaseLock
from careloop.domain.system import SafeStateKind
from careloop.errors import CareloopError, Conflict, InvalidInput, NotFound, Refused, Unavailable
from careloop.ports.deployer import Deployer
from careloop.testing.contracts.deployer import NOON, DeployerContract, an_order
from careloop.testing.deployer_fake import DeployerFake

HUMAN = ServeSafeState(SafeStateKind.HUMAN)
API = "/api/2.0/mlflow"


def a_lock(number: int, *, system: str = "credit") -> tuple[ReleaseLock, bytes]:
    weights = f"weights {number}".encode()
    artefact = Artefact(
        name="models/weights.bin", kind=ArtefactKind.WEIGHTS, sha256=sha256(weights).hexdigest(), size=len(weights)
    )
    return ReleaseLock(system=system, version=str(number), artefacts=(artefact,)), weights


class TestDeployerFake(DeployerContract):
    def make_deployer(self) -> Deployer:
        self.fake = DeployerFake()
        return self.fake

    def a_release(self, number: int, *, system: str = "credit") -> ServeRelease:
        lock = a_lock(number, system=system)[0].digest
        self.fake.releases.add(lock)
        return ServeRelease(lock)

    def alter(self, release: ServeRelease) -> None:
        self.fake.altered.add(release.lock)

    def answers(self, deployer: Deployer, *, system: str = "credit", environment: str = "production") -> Served | None:
        return self.fake.answers.get((system, environment))

    def test_out_of_reach_means_unavailable(self) -> None:
        deployer = DeployerFake()
        deployer.out_of_reach = True
        with pytest.raises(Unavailable):
            deployer.switch(an_order(1, ServeRelease("sha256:" + "0" * 64)))


class _WithStore(DeployerContract):
    """A deployer whose releases lie in a store on disk."""

    store: ReleaseStore
    source: Path

    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self.folder, self.source = tmp_path / "registry", tmp_path / "weights.bin"

    def a_release(self, number: int, *, system: str = "credit") -> ServeRelease:
        lock, weights = a_lock(number, system=system)
        self.source.write_bytes(weights)
        return ServeRelease(self.store.store(lock, {"models/weights.bin": self.source}))

    def alter(self, release: ServeRelease) -> None:
        path = self.store.path(release.lock, "models/weights.bin")
        path.write_bytes(b"W" + path.read_bytes()[1:])


class TestFileRegistry(_WithStore):
    def make_deployer(self) -> Deployer:
        registry = FileRegistry(self.folder)
        self.store = registry.artefacts
        return registry

    def answers(self, deployer: Deployer, *, system: str = "credit", environment: str = "production") -> Served | None:
        assert isinstance(deployer, FileRegistry)
        serving = deployer.serving(system, environment)
        return None if serving is None else serving.served

    def test_what_answers_survives_the_process(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        deployer.switch(an_order(1, one))
        serving = FileRegistry(self.folder).serving("credit", "production")
        assert serving is not None
        assert (serving.served, serving.since, serving.order) == (one, NOON, an_order(1, one).id)

    def test_the_registry_can_be_moved_with_its_folder(self, tmp_path: Path) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        deployer.switch(an_order(1, one))
        moved = self.folder.rename(tmp_path / "elsewhere")
        there = FileRegistry(moved)
        there.switch(an_order(2, two, one))
        assert self.answers(there) == two
        assert str(tmp_path) not in (moved / "production" / "credit.json").read_text()

    def test_the_answer_to_a_repeated_order_is_that_of_the_first(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        first = deployer.switch(an_order(1, one))
        later = SwitchOrder(
            id=an_order(1, one).id,
            system="credit",
            environment="production",
            to=one,
            over=(),
            ordered_at=NOON + timedelta(hours=1),
            because="again",
        )
        again = deployer.switch(later)
        assert (first.changed, again.changed, again.switched_at) == (True, False, NOON)

    def test_a_release_of_another_system_does_not_take_over(self) -> None:
        deployer, other = self.make_deployer(), self.a_release(1, system="shop")
        with pytest.raises(Conflict):
            deployer.switch(an_order(1, other))
        assert self.answers(deployer) is None

    def test_a_lock_that_was_altered_is_refused(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        path = self.folder / "artefacts" / one.lock.removeprefix("sha256:") / "lock.json"
        path.write_bytes(path.read_bytes().replace(b'"version":"1"', b'"version":"2"'))
        with pytest.raises(Refused):
            deployer.switch(an_order(1, one))

    def test_a_missing_artefact_is_refused(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        self.store.path(one.lock, "models/weights.bin").unlink()
        with pytest.raises(Refused, match=r"models/weights\.bin is missing"):
            deployer.switch(an_order(1, one))

    @pytest.mark.parametrize("damage", ["", "{}", '{"schema": "careloop/serving/v1"', "[]"])
    def test_a_damaged_registry_file_is_no_answer(self, damage: str) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        deployer.switch(an_order(1, one))
        (self.folder / "production" / "credit.json").write_text(damage)
        with pytest.raises(InvalidInput):
            self.answers(deployer)

    @pytest.mark.parametrize("name", ["", "../up", ".hidden", "artefacts", "a/b"])
    def test_a_name_cannot_leave_the_registry(self, name: str) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        with pytest.raises(InvalidInput):
            deployer.switch(an_order(1, one, environment=name))


class TestReleaseStore:
    def test_a_file_that_is_not_what_was_locked_is_not_kept(self, tmp_path: Path) -> None:
        store, (lock, weights) = ReleaseStore(tmp_path / "artefacts"), a_lock(1)
        (tmp_path / "weights.bin").write_bytes(weights + b"!")
        with pytest.raises(Refused, match="not what was locked"):
            store.store(lock, {"models/weights.bin": tmp_path / "weights.bin"})
        with pytest.raises(NotFound):
            store.lock(lock.digest)
        assert list((tmp_path / "artefacts").iterdir()) == []

    def test_a_file_that_the_lock_names_must_be_given(self, tmp_path: Path) -> None:
        with pytest.raises(NotFound, match=r"models/weights\.bin"):
            ReleaseStore(tmp_path / "artefacts").store(a_lock(1)[0], {})

    def test_what_is_no_digest_names_no_release(self, tmp_path: Path) -> None:
        for name in ("../../etc", "sha256:short", "md5:" + "0" * 64, "sha256:" + "G" * 64):
            with pytest.raises(InvalidInput):
                ReleaseStore(tmp_path).lock(name)


class TestWebhookDeployer(_WithStore):
    @pytest.fixture(autouse=True)
    def _a_platform(self) -> Iterator[None]:
        self.platform = DeployerFake()
        with WebhookReceiver(self._carry_out) as receiver:
            self.receiver = receiver
            yield

    def _carry_out(self, message: Mapping[str, Any]) -> None:
        data = message["data"]
        self.platform.switch(
            SwitchOrder(
                id=data["order"],
                system=data["system"],
                environment=data["environment"],
                to=_served(data["serve"]),
                over=tuple(map(_served, data["over"])),
                ordered_at=NOON,
                because=data["because"],
            )
        )

    def make_deployer(self) -> Deployer:
        self.store = ReleaseStore(self.folder)
        return WebhookDeployer(SignedWebhook(self.receiver.url, secret=SECRET), artefacts=self.store)

    def a_release(self, number: int, *, system: str = "credit") -> ServeRelease:
        release = super().a_release(number, system=system)
        self.platform.releases.add(release.lock)
        return release

    def answers(self, deployer: Deployer, *, system: str = "credit", environment: str = "production") -> Served | None:
        return self.platform.answers.get((system, environment))

    def test_an_altered_release_is_not_even_ordered(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        self.alter(one)
        with pytest.raises(Refused):
            deployer.switch(an_order(1, one))
        assert self.receiver.messages == []

    def test_the_order_carries_its_id_as_the_messages_id(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        deployer.switch(an_order(1, one))
        (message,) = self.receiver.messages
        assert message.id == an_order(1, one).id
        assert json.loads(message.body)["type"] == "deployment.ordered"

    def test_a_platform_that_is_gone_is_unavailable(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        self.receiver.stop()
        with pytest.raises(Unavailable):
            deployer.switch(an_order(1, one))


def _served(value: Mapping[str, str]) -> Served:
    return ServeRelease(value["release"]) if "release" in value else ServeSafeState(SafeStateKind(value["safe_state"]))


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real MLflow server."""
    if MISSING is not None:
        pytest.skip(MISSING)
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as url:
        yield url


class TestMlflowDeployer(_WithStore):
    """Against a real MLflow server; each test has models of its own, by a suffix to the systems' names."""

    @pytest.fixture(autouse=True)
    def _of_the_server(self, mlflow: str) -> None:
        self.line = JsonLine(mlflow)

    def make_deployer(self) -> Deployer:
        self.store = ReleaseStore(self.folder / "artefacts")
        for system in ("credit", "shop"):
            with suppress(CareloopError):
                self.line.ask("DELETE", f"{API}/registered-models/delete", {"name": system})
            self.line.ask("POST", f"{API}/registered-models/create", {"name": system})
        return MlflowDeployer(self.line, artefacts=self.store)

    def a_release(self, number: int, *, system: str = "credit") -> ServeRelease:
        release = super().a_release(number, system=system)
        tags = [{"key": LOCK_TAG, "value": release.lock}]
        version = {"name": system, "source": f"s3://acme-models/m-{number}", "tags": tags}
        self.line.ask("POST", f"{API}/model-versions/create", version)
        return release

    def answers(self, deployer: Deployer, *, system: str = "credit", environment: str = "production") -> Served | None:
        assert isinstance(deployer, MlflowDeployer)
        return deployer.serves(system, environment)

    def test_an_application_that_loads_by_alias_gets_the_release_and_nothing_in_the_safe_state(self) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        deployer.switch(an_order(1, one))
        deployer.switch(an_order(2, two, one))
        query = f"{API}/registered-models/alias?name=credit&alias=production"
        tags = self.line.ask("GET", query)["model_version"]["tags"]
        assert {LOCK_TAG: two.lock} == {tag["key"]: tag["value"] for tag in tags}
        deployer.switch(an_order(3, HUMAN, two))
        with pytest.raises((NotFound, Refused)):
            self.line.ask("GET", query)

    def test_an_order_cut_short_after_the_alias_moved_is_finished_when_it_is_given_again(self) -> None:
        deployer, one, two = self.make_deployer(), self.a_release(1), self.a_release(2)
        deployer.switch(an_order(1, one))
        version = {"name": "credit", "alias": "production", "version": "2"}
        self.line.ask("POST", f"{API}/registered-models/alias", version)
        assert deployer.switch(an_order(2, two, one)).changed is False
        assert self.answers(deployer) == two

    def test_a_version_that_no_release_lock_is_known_of_is_nobodys_to_replace(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        self.line.ask("POST", f"{API}/model-versions/create", {"name": "credit", "source": "s3://acme-models/by-hand"})
        by_hand = {"name": "credit", "alias": "production", "version": "2"}
        self.line.ask("POST", f"{API}/registered-models/alias", by_hand)
        with pytest.raises(Conflict, match="no lock: version 2"):
            deployer.switch(an_order(1, one))

    def test_a_model_that_is_not_registered_is_named(self) -> None:
        deployer, one = self.make_deployer(), self.a_release(1)
        with pytest.raises(NotFound, match="no registered model nowhere"):
            deployer.switch(an_order(1, one, system="nowhere"))


def test_an_mlflow_server_that_is_down_means_nobody_knows() -> None:
    deployer = MlflowDeployer(JsonLine("http://127.0.0.1:9"))
    with pytest.raises(Unavailable, match="cannot be reached"):
        deployer.switch(an_order(1, ServeRelease("sha256:" + "0" * 64)))
