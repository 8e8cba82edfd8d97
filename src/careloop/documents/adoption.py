"""What the configuration of an existing project says about AI systems in it: CI workflows, dbt, LiteLLM (R80)."""

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any

from careloop.documents.problem import Problem
from careloop.documents.yaml_text import decode, read_yaml
from careloop.domain.ai_signs import AiSigns
from careloop.domain.candidate import Candidate
from careloop.domain.model_facts import ModelFacts
from careloop.domain.release_lock import is_dated

__all__ = ["from_dbt", "from_litellm", "from_models", "from_workflows"]

_MOVES = "is an alias that moves; name a dated model, so that a release can be locked"
_SCRIPT = re.compile(r"[\w./-]+\.py\b")


def from_models(models: tuple[ModelFacts, ...], weights: tuple[str, ...]) -> Iterator[Candidate]:
    """One candidate for each registered model; `weights` are files of the project that look like models."""
    for model in models:
        slug = re.sub(r"[^a-z0-9]+", "", model.name.lower())
        mine = [path for path in weights if slug in re.sub(r"[^a-z0-9]+", "", path.lower())]
        files = mine or (weights if len(models) == 1 else ())
        yield Candidate(
            facts=model,
            origin_because=f"it is in {model.source}",
            artefacts=tuple(dict.fromkeys(_pattern(path) for path in files)),
        )


def _pattern(path: str) -> str:
    folder = posixpath.dirname(path)
    return f"{folder}/**" if folder else path


def from_workflows(files: Mapping[str, bytes], signs: AiSigns) -> Iterator[Candidate]:
    """One candidate for each workflow that builds or deploys a model."""
    for path, raw in files.items():
        value = _yaml(raw)
        steps = list(_steps(value))
        found = [(sign.because, text) for text in steps for sign in signs.commands if _says(sign.sign, text)]
        if not found or not isinstance(value, dict):
            continue
        scripts = tuple(dict.fromkeys(script for text in steps for script in _SCRIPT.findall(text)))
        name = str(value.get("name") or posixpath.splitext(posixpath.basename(path))[0])
        yield Candidate(
            facts=ModelFacts(name=name, source=path, description=f"What the workflow {path} builds."),
            origin_because=f"{found[0][0]} in {path}: {' '.join(found[0][1].split())[:60]}",
            artefacts=scripts,
        )


def _says(sign: str, text: str) -> bool:
    return re.search(rf"(?<![a-z]){re.escape(sign)}(?![a-z])", text.lower()) is not None


def _steps(value: Any) -> Iterator[str]:
    jobs = value.get("jobs") if isinstance(value, dict) else None
    for job in jobs.values() if isinstance(jobs, dict) else ():
        steps = job.get("steps") if isinstance(job, dict) else None
        for step in steps if isinstance(steps, list) else ():
            if isinstance(step, dict):
                yield from (str(step[key]) for key in ("run", "uses") if step.get(key))


def from_dbt(raw: bytes, path: str, signs: AiSigns) -> Iterator[Candidate]:
    """Exposures of type `ml`, and models in Python that import a package for learning. Raises ValueError."""
    manifest = json.loads(raw)
    for node in _values(manifest, "exposures"):
        if node.get("type") == "ml":
            yield _of_dbt(node, path, "dbt lists it as an exposure of type ml")
    names = {sign.name.partition(".")[0] for sign in signs.packages}
    for node in _values(manifest, "nodes"):
        code = str(node.get("raw_code") or node.get("raw_sql") or "")
        imported = re.findall(r"^\s*(?:from|import)\s+(\w+)", code, re.MULTILINE)
        if node.get("language") == "python" and (used := [name for name in imported if name in names]):
            yield _of_dbt(node, path, f"it is a dbt model in Python that imports {used[0]}")


def _of_dbt(node: Mapping[str, Any], path: str, because: str) -> Candidate:
    file = str(node.get("original_file_path") or "")
    depends = node.get("depends_on")
    read = depends.get("nodes") if isinstance(depends, dict) else None
    read = read if isinstance(read, list) else []
    return Candidate(
        facts=ModelFacts(
            name=str(node.get("label") or node.get("name")),
            source=path,
            description=str(node.get("description") or "").strip() or None,
            made_by=(node.get("owner") or {}).get("name") if isinstance(node.get("owner"), dict) else None,
            training_data=tuple(
                str(one).rpartition(".")[2] for one in (node.get("depends_on") or {}).get("nodes") or ()
            ),
        ),
        origin_because=because,
        artefacts=(file,) if file.endswith((".py", ".sql")) else (),
    )


def _values(manifest: Any, key: str) -> list[dict[str, Any]]:
    found = manifest.get(key) if isinstance(manifest, dict) else None
    return [one for one in found.values() if isinstance(one, dict)] if isinstance(found, dict) else []


def from_litellm(raw: bytes, path: str) -> Iterator[Candidate]:
    """One candidate for each name that the gateway answers to; several providers behind one name are one candidate."""
    value = _yaml(raw)
    rows = value.get("model_list") if isinstance(value, dict) else None
    groups: dict[str, list[str]] = {}
    for row in rows if isinstance(rows, list) else ():
        params = row.get("litellm_params") if isinstance(row, dict) else None
        if isinstance(params, dict) and row.get("model_name") and params.get("model"):
            groups.setdefault(str(row["model_name"]), []).append(str(params["model"]))
    for name, models in groups.items():
        moving = [model for model in models if not is_dated(model)]
        provider, slash, _ = models[0].partition("/")
        yield Candidate(
            facts=ModelFacts(name=name, source=path, kind=", ".join(models), base_model=models[0]),
            origin="bought",
            origin_because=f"the gateway sends it to {models[0]}",
            language_model=True,
            supplier=provider if slash else None,
            artefacts=(path,),
            notes=tuple(
                f"{model} is an alias that moves; name a dated model, so that a release can be locked"
                for model in moving
            ),
        )


def _yaml(raw: bytes) -> Any:
    text = decode(raw)
    if isinstance(text, Problem):
        return None
    reading = read_yaml(text)
    return None if reading.problems else reading.value
