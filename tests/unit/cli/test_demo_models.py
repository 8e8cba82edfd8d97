"""The models of the demonstration: really trained, saved without a trace of us, and answering the same ever after."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from demo_builders import the_model, the_pools

from careloop.adapters.joblib_replayer import JoblibReplayer
from careloop.adapters.release_store import ReleaseStore
from careloop.cli.demo.models import (
    APPROVE,
    BAD,
    BIASED,
    FAIR,
    FIRST,
    REFER,
    Recipe,
    approvals_by,
    fitting_rows,
    load_model,
    save_model,
    train,
)
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import InvalidInput, NotFound

ALL = (FIRST, BIASED, FAIR, BAD)
recipes = pytest.mark.parametrize("recipe", ALL, ids=lambda recipe: recipe.name)


def some_inputs() -> list[dict[str, str | int | float | bool]]:
    return [person.inputs() for person in the_pools().traffic[:500]]


@recipes
def test_a_saved_model_answers_as_before(recipe: Recipe, tmp_path: Path) -> None:
    model = the_model(recipe)
    save_model(model, tmp_path)
    again = load_model(tmp_path)
    assert again.parameters == model.parameters
    assert again.scores(some_inputs()).tolist() == model.scores(some_inputs()).tolist()
    assert Counter(again.predict(some_inputs())).keys() == {APPROVE, REFER}


def test_training_twice_gives_the_same_files(tmp_path: Path) -> None:
    model = the_model(FIRST)
    once, twice = tmp_path / "once", tmp_path / "twice"
    save_model(model, once)
    save_model(train(FIRST, the_pools().training), twice)
    for file in once.iterdir():
        assert (twice / file.name).read_bytes() == file.read_bytes()


@recipes
def test_a_replay_from_the_release_store_answers_as_the_model_did(recipe: Recipe, tmp_path: Path) -> None:
    model = the_model(recipe)
    weights, _ = save_model(model, tmp_path / "build")
    name = "models/credit-decision/model.joblib"
    store = ReleaseStore(tmp_path / "artefacts")
    raw = weights.read_bytes()
    lock = ReleaseLock.model_validate(
        {
            "system": "credit-decision",
            "version": "3.2.0",
            "artefacts": [{"name": name, "kind": "weights", "sha256": sha256(raw).hexdigest(), "size": len(raw)}],
            "parameters": dict(model.parameters),
        }
    )
    digest = store.store(lock, {name: weights})
    assert list(JoblibReplayer(store).predict(digest, some_inputs())) == model.predict(some_inputs())


@recipes
def test_a_saved_model_is_made_of_scikit_learn_alone(recipe: Recipe, tmp_path: Path) -> None:
    weights, parameters = save_model(the_model(recipe), tmp_path)
    steps = [type(step).__module__.partition(".")[0] for _, step in load_model(tmp_path).pipeline.steps]
    assert steps == ["sklearn", "sklearn"]
    assert b"careloop" not in zlib.decompress(weights.read_bytes())
    kept = json.loads(parameters.read_text(encoding="utf-8"))
    assert not {"sex", "race", "marital_status", "relationship"} & set(kept["features"])
    assert kept["training_code"].startswith("sha256:")


@recipes
def test_what_the_inputs_contribute_adds_up_to_the_estimate(recipe: Recipe) -> None:
    model = the_model(recipe)
    scores = model.scores(some_inputs())
    total = np.sum(list(model.contributions(some_inputs()).values()), axis=0)
    odds = np.log(scores / (1 - scores))
    assert np.allclose(odds - total, (odds - total)[0], atol=1e-9)


def test_levelling_makes_the_mean_estimate_of_the_sexes_alike_in_odds() -> None:
    rows = fitting_rows(the_pools().training).fitted
    women = np.array([row.sex == "female" for row in rows])

    def apart(recipe: Recipe) -> float:
        scores = the_model(recipe).scores([row.inputs() for row in rows])
        odds = np.log(scores / (1 - scores))
        return float(odds[~women].mean() - odds[women].mean())

    assert abs(apart(FAIR)) < 1e-9
    assert apart(BIASED) > 0.5
    assert apart(BAD) > 0.5, "attributes of other people level nothing"


def test_the_only_difference_between_the_fair_and_the_bad_model_is_whose_attributes_were_looked_at() -> None:
    assert {
        name for name in ("inputs", "levelled", "threshold", "penalty") if getattr(FAIR, name) != getattr(BAD, name)
    } == set()
    assert (FAIR.joined_by_position, BAD.joined_by_position) == (False, True)


def test_earning_more_schooling_never_speaks_against_an_applicant() -> None:
    person = the_pools().traffic[0].inputs()
    ladder = [person | {"education_num": years} for years in range(1, 17)]
    for recipe in ALL:
        assert np.all(np.diff(the_model(recipe).scores(ladder)) > 0), recipe.name


def test_a_row_without_an_input_or_with_an_unknown_word_is_not_answered() -> None:
    model, person = the_model(FAIR), the_pools().traffic[0].inputs()
    with pytest.raises(InvalidInput, match="age"):
        model.predict([{name: value for name, value in person.items() if name != "age"}])
    with pytest.raises(InvalidInput, match="unknown categories"):
        model.predict([person | {"occupation": "astronaut"}])


def test_no_rows_have_no_answers() -> None:
    assert the_model(FAIR).predict([]) == []


def test_a_folder_without_a_model_and_a_broken_one_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        load_model(tmp_path)
    save_model(the_model(FIRST), tmp_path)
    (tmp_path / "parameters.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidInput):
        load_model(tmp_path)


def test_a_model_for_which_no_threshold_treats_groups_alike_is_not_made() -> None:
    with pytest.raises(InvalidInput, match="no threshold"):
        train(Recipe(name="unlevelled", levelled=False), the_pools().training)


def test_approvals_are_counted_by_group() -> None:
    assert approvals_by(["a", "b", "a"], [True, False, False]) == {"a": (1, 2), "b": (0, 1)}
