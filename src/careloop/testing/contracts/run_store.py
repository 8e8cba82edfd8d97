"""What every tracking store must do, on one evaluation run that holds the same in each."""

import json
from abc import ABC, abstractmethod

from careloop.errors import NotFound
from careloop.ports.run_store import RunStore

__all__ = ["RunStoreContract"]


class RunStoreContract(ABC):
    """Subclass it and hand out a store with a finished run that logged one evaluation data set of 1,200 rows."""

    @abstractmethod
    def make_store(self) -> tuple[RunStore, str]:
        """The store, and the id of the run."""

    def test_a_run_says_its_newest_metrics_its_tags_and_its_data(self) -> None:
        """R92: what the gate reads of a run is the same from every kind of store."""
        store, run_id = self.make_store()
        run = json.loads(store.run(run_id))["run"]
        metrics = {one["key"]: one["value"] for one in run["data"]["metrics"]}
        assert run["info"]["status"] == "FINISHED"
        assert run["info"]["end_time"] > run["info"]["start_time"] > 0
        assert {name: metrics[name] for name in ("accuracy", "roc_auc")} == {"accuracy": 0.9125, "roc_auc": 0.95}
        assert metrics["broken"] == "NaN"
        assert {"key": "careloop.lock", "value": f"sha256:{'0' * 64}"} in run["data"]["tags"]
        (given,) = run["inputs"]["dataset_inputs"]
        assert json.loads(given["dataset"]["profile"])["num_rows"] == 1200
        assert given["dataset"]["name"] == "holdout"

    def test_a_run_that_is_not_there_is_not_found(self) -> None:
        store, _ = self.make_store()
        for run_id in ("f" * 32, "", "../secrets"):
            try:
                store.run(run_id)
            except NotFound:
                continue
            raise AssertionError(f"a run called '{run_id}' was found")
