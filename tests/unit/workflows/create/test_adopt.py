"""`care adopt` (R80): drafts from a registry, workflows, dbt and LiteLLM; each guess says why."""

import json
from datetime import UTC, date, datetime
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.documents.compile import compile_tree
from careloop.documents.system_draft import draft_system, system_id
from careloop.domain.candidate import Candidate
from careloop.domain.model_facts import ModelFacts
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import Lifecycle, Origin, System
from careloop.errors import InvalidInput, NotFound
from careloop.testing.document_folder_fake import DocumentFolderFake
from careloop.testing.model_registry_fake import ModelRegistryFake
from careloop.testing.project_files_fake import ProjectFilesFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import small_repository
from careloop.workflows.create.adopt import Adopted, AdoptionSource, Project, adopt

CREDIT = ModelFacts(
    name="Credit Scoring",
    source="a registry",
    version="7",
    made_on=date(2026, 3, 2),
    description="Says who gets a loan.",
    measures=("roc_auc",),
)


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


def adopted(
    source: AdoptionSource, files: dict[str, bytes | str], *models: ModelFacts
) -> tuple[Adopted, dict[str, bytes]]:
    """What was adopted into the bookshop, and its documents afterwards."""
    shop = RepositoryFake.holding(small_repository(), at=datetime(2026, 3, 2, tzinfo=UTC))
    writer = DocumentFolderFake()
    project = Project(ProjectFilesFake(files), source, lambda: ModelRegistryFake(*models))
    made = adopt(project, shop, writer, standards=wiring.standards_library())
    return made, {**small_repository(), **{path: text.encode() for path, text in writer.files.items()}}


def systems(files: dict[str, bytes]) -> dict[str, System]:
    """The systems that documents hold; every draft must be readable."""
    compiled = compile_tree(SourceTree(files))
    assert compiled.errors == ()
    return {system.id: system for system in compiled.repository.nouns(System)}


def test_a_registered_model_becomes_a_draft_that_passes_and_whose_owner_hears_of_it() -> None:
    made, files = adopted(AdoptionSource.MLFLOW, {"models/credit_scoring/w.pkl": b"", "x/y.pkl": b""}, CREDIT)
    assert [one.id for one in made.systems] == ["credit-scoring"]
    system = systems(files)["credit-scoring"]
    assert (system.draft, system.lifecycle, system.owner) == (True, Lifecycle.INCEPTION, "ai-lead")
    assert (system.personal_data, system.affects_rights, system.domain) == (True, True, "credit")
    assert system.artefacts == ("models/credit_scoring/**",)
    checked = check_tree(SourceTree(files), catalogue())
    told = [finding for finding in checked.findings if finding.subject == "credit-scoring"]
    assert told
    assert not any(finding.blocking for finding in checked.findings)
    assert {finding.owner for finding in told} == {"ai-lead"}


def test_every_line_that_was_guessed_says_why() -> None:
    _, files = adopted(AdoptionSource.MLFLOW, {}, CREDIT)
    lines = files["systems/credit-scoring/system.yaml"].decode().splitlines()
    stated = ("#", "id:", "name:", "draft:", "lifecycle:")
    assert [line for line in lines if not line.startswith(stated) and "  # guessed: " not in line] == []
    assert "roc_auc" in files["systems/credit-scoring/card.md"].decode()


WORKFLOW = """\
name: Nightly model
on: push
jobs:
  build:
    steps:
      - uses: actions/checkout@v4
      - run: |
          pip install .
          python pipelines/train_churn.py --all
"""


def test_a_workflow_that_trains_becomes_a_draft_and_one_that_only_tests_does_not() -> None:
    files: dict[str, bytes | str] = {
        ".github/workflows/nightly.yml": WORKFLOW,
        ".github/workflows/tests.yml": WORKFLOW.replace("python pipelines/train_churn.py --all", "pytest constraints"),
        ".github/workflows/broken.yml": "jobs: [",
    }
    _, documents = adopted(AdoptionSource.WORKFLOWS, files)
    system = systems(documents)["nightly-model"]
    assert system.artefacts == ("pipelines/train_churn.py",)
    assert "a step trains something" in documents["systems/nightly-model/system.yaml"].decode()


MANIFEST = {
    "metadata": {"dbt_schema_version": "v12"},
    "nodes": {
        "model.shop.churn": {
            "name": "churn", "resource_type": "model", "language": "python", "description": "Who may leave.",
            "original_file_path": "models/churn.py", "raw_code": "import sklearn\ndef model(dbt, session): ...\n",
            "depends_on": {"nodes": ["model.shop.customers"]},
        },
        "model.shop.clean": {"name": "clean", "language": "python", "raw_code": "import json\n"},
        "model.shop.sql": {"name": "sql", "language": "sql", "raw_code": "select 'import sklearn'"},
    },
    "exposures": {
        "exposure.shop.credit": {"name": "credit", "label": "Credit score", "type": "ml", "owner": {"name": "Ada"}},
        "exposure.shop.board": {"name": "board", "type": "dashboard"},
    },
}  # fmt: skip


def test_dbt_gives_its_exposures_of_type_ml_and_its_python_models_that_learn() -> None:
    _, files = adopted(AdoptionSource.DBT, {"target/manifest.json": json.dumps(MANIFEST)})
    found = systems(files)
    assert found.keys() - {"book-finder"} == {"credit-score", "churn"}
    assert found["churn"].artefacts == ("models/churn.py",)
    assert "customers" in files["systems/churn/card.md"].decode()
    with pytest.raises(InvalidInput, match="is no JSON"):
        adopted(AdoptionSource.DBT, {"manifest.json": "{"})


GATEWAY = """\
model_list:
  - model_name: helper
    litellm_params: {model: openai/chat-4o, api_key: os.environ/KEY}
  - model_name: helper
    litellm_params: {model: azure/chat-4o-2024-08-06}
  - model_name: writer
    litellm_params: {model: anthropic/chat-20260514}
"""


def test_a_gateway_gives_a_bought_language_model_for_each_name_and_says_which_alias_moves() -> None:
    made, files = adopted(AdoptionSource.LITELLM, {"config.yaml": GATEWAY, "other.yaml": "a: 1\n"})
    assert [(one.id, len(one.notes)) for one in made.systems] == [("helper", 1), ("writer", 0)]
    assert "openai/chat-4o is an alias that moves" in made.systems[0].notes[0]
    system = systems(files)["helper"]
    assert (system.origin, system.language_model) == (Origin.BOUGHT, True)
    assert "os.environ" not in "".join(text.decode() for text in files.values())


def test_a_system_that_the_inventory_knows_by_name_is_left_alone_and_ids_stay_apart() -> None:
    known = ModelFacts(name="book FINDER", source="a registry")
    twin = ModelFacts(name="Book/finder", source="a registry")
    made, files = adopted(AdoptionSource.MLFLOW, {}, known, twin)
    assert {one.id: bool(one.written) for one in made.systems} == {"book-finder": False, "book-finder-2": True}
    assert files["systems/book-finder/system.yaml"] == small_repository()["systems/book-finder/system.yaml"]


@pytest.mark.parametrize("source", AdoptionSource)
def test_where_nothing_is_found_it_says_where_it_looked(source: AdoptionSource) -> None:
    with pytest.raises(NotFound) as told:
        adopted(source, {"README.md": "hello"})
    assert told.value.hint


_TEXT = st.text(min_size=1, max_size=40)


@given(_TEXT, st.none() | _TEXT, _TEXT, st.lists(_TEXT, max_size=2))
def test_whatever_a_model_is_called_its_draft_can_be_read(
    name: str, told: str | None, because: str, notes: list[str]
) -> None:
    organisation = compile_tree(SourceTree(small_repository())).repository.organisation
    assert organisation is not None
    facts = ModelFacts(name=name.strip() or "x", source=because, description=told)
    candidate = Candidate(facts=facts, origin_because=because, notes=tuple(notes), artefacts=("a b/**",))
    made = system_id(facts.name, ["book-finder"])
    text = draft_system(candidate, made, organisation).encode(errors="replace")
    found = systems({**small_repository(), f"systems/{made}/system.yaml": text})
    assert found[made].draft
