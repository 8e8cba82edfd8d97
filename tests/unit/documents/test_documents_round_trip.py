"""parse(render(x)) == x: a document written out from a noun is read as that very noun."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from noun_strategies import values_of
from pydantic import BaseModel, ValidationError

from careloop.adapters.package_standards import PackageStandards
from careloop.documents.layout import KINDS, Form, kind_of
from careloop.documents.nouns import adapter_of
from careloop.documents.parse import parse_document

_TOO_BOUND = {"questionnaire", "envelope"}
_YAML_KINDS = [kind.name for kind in KINDS if kind.form is Form.YAML and kind.name not in _TOO_BOUND]
"""A questionnaire drawn at random never has levels that rise, and an envelope hardly ever bounds anything: some sound
ones are written out instead, below."""
_STYLES: dict[str, dict[str, Any]] = {
    "block": {"default_flow_style": False},
    "flow": {"default_flow_style": True, "width": 1000},
    "both": {"default_flow_style": None, "allow_unicode": True},
    "narrow": {"indent": 4, "width": 30, "sort_keys": False},
}


def _written(values: Any, style: str) -> str:
    return str(yaml.safe_dump(values, **_STYLES[style]))


def _path_of(kind: str) -> str:
    return next(row.pattern for row in KINDS if row.name == kind).replace("*", "x")


def _noun_of(kind: str, values: dict[str, Any]) -> BaseModel:
    """The noun of some values; values that contradict one another are drawn again."""
    try:
        noun: BaseModel = adapter_of(kind).validate_json(json.dumps(values), strict=True)
    except ValidationError:
        assume(False)
        raise
    return noun


def _parsed(kind: str, text: str) -> object:
    path = _path_of(kind)
    found = kind_of(path)
    assert found is not None
    parsed = parse_document(path, *found, text.encode())
    assert parsed.problems == ()
    assert parsed.document is not None
    return parsed.document.noun


@pytest.mark.parametrize("kind", _YAML_KINDS)
@settings(max_examples=max(8, settings().max_examples // 6), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_yaml_document_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    noun = _noun_of(kind, data.draw(values_of(kind)))
    style = data.draw(st.sampled_from(sorted(_STYLES)))
    for unset in (True, False):
        values = noun.model_dump(mode="json", by_alias=True, exclude_unset=unset)
        assert _parsed(kind, _written(values, style)) == noun


@pytest.mark.parametrize("style", _STYLES)
@pytest.mark.parametrize("code", [{"code_commit": "0a" * 20}, {"artefacts": {"train.py": "0b" * 32}}])
def test_an_envelope_is_read_as_it_was_written(style: str, code: dict[str, Any]) -> None:
    values = {
        "id": "nightly",
        "owner": "product-credit",
        "version": "1",
        "reason": "New rows each night: nothing else",
        "recipe": {"features": ["income", "Länge der Akte"], "data_contract": f"sha256:{'0c' * 32}", **code},
        "varies": ["weights.json"],
        "most_releases": 30,
        "expires": "2027-03-31",
        "bounds": [{"measure": "impact_ratio", "least": 0.8}, {"measure": "psi", "most": 1}],
        "shift": [{"measure": "psi", "least": 0, "most": 0.1}],
    }
    noun = _noun_of("envelope", values)
    for unset in (True, False):
        written = _written(noun.model_dump(mode="json", by_alias=True, exclude_unset=unset), style)
        assert _parsed("envelope", written) == noun


_TITLES = st.from_regex(r"[A-Z][a-z]{1,8}( [a-z]{1,8})?", fullmatch=True)
_SENTENCES = st.from_regex(r"[A-Z][a-zäöü,;:'\"() -]{1,40}[a-z.]", fullmatch=True)


def _markdown(front: dict[str, Any], body: str, line_end: str) -> str:
    return f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n{body}".replace("\n", line_end)


@settings(suppress_health_check=list(HealthCheck))
@given(
    values_of("plan"), st.dictionaries(_TITLES.map(str.lower), _SENTENCES, max_size=4), st.sampled_from(["\n", "\r\n"])
)
def test_a_failure_plan_is_read_as_it_was_written(
    values: dict[str, Any], sections: dict[str, str], line_end: str
) -> None:
    noun = _noun_of("plan", {**values, "sections": sections})
    front = noun.model_dump(mode="json", exclude={"sections"}, exclude_unset=True)
    body = "".join(f"\n## {title.capitalize()}\n\n{text}\n" for title, text in sections.items())
    assert _parsed("plan", _markdown(front, body, line_end)) == noun


_BEHIND = st.one_of(
    st.fixed_dictionaries({"rules": st.lists(st.sampled_from(["a-rule", "b.rule", "c_3"]), min_size=1, max_size=3)}),
    st.builds(
        lambda interval: {"manual": {"owner": "ai-lead", "interval": interval}}, st.sampled_from(["P3M", "P1Y", "P2W"])
    ),
    st.just({}),
)
_STATEMENTS = st.lists(st.tuples(_SENTENCES, _BEHIND, st.booleans()), max_size=5)


@settings(suppress_health_check=list(HealthCheck))
@given(values_of("policy"), _STATEMENTS, st.sampled_from(["\n", "\r\n"]))
def test_a_policy_is_read_as_it_was_written(
    values: dict[str, Any], statements: list[tuple[str, dict[str, Any], bool]], line_end: str
) -> None:
    values = {key: value for key, value in values.items() if key not in ("sections", "statements")}
    front = _noun_of("policy", values).model_dump(mode="json", exclude_unset=True)
    body = "\n# Text\n"
    expected = []
    for position, (sentence, behind, same_line) in enumerate(statements, start=1):
        braces = yaml.safe_dump(behind, default_flow_style=True, width=1000).strip() if behind else ""
        body += f"\n{position}.1 {sentence}{' ' if same_line else chr(10)}{braces}\n"
        expected.append({"number": f"{position}.1", "text": sentence, **behind})
    policy = _parsed("policy", _markdown(front, body, line_end))
    assert isinstance(policy, BaseModel)
    read = policy.model_dump(mode="json", exclude_defaults=True).get("statements", [])
    assert [{key: found[key] for key in found if key not in ("line", "section")} for found in read] == expected
    assert policy.model_dump(exclude={"sections", "statements"}) == _noun_of("policy", values).model_dump(
        exclude={"sections", "statements"}
    )


@pytest.mark.parametrize("kind", ["course", "runbook"])
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_text_with_headings_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    titles = data.draw(st.lists(_TITLES, max_size=4))
    noun = _noun_of(kind, {**data.draw(values_of(kind)), "sections": titles})
    front = noun.model_dump(mode="json", exclude={"sections"}, exclude_unset=True)
    body = "".join(f"\n## {title}\n\ntext\n" for title in titles)
    assert _parsed(kind, _markdown(front, body, "\n")) == noun


@pytest.mark.parametrize("name", ["eu-ai-act", "impact", "supplier"])
def test_a_questionnaire_is_read_as_it_was_written(name: str) -> None:
    raw = PackageStandards().read_all()[f"questionnaires/{name}.yaml"]
    noun = _parsed("questionnaire", raw.decode())
    assert isinstance(noun, BaseModel)
    written = noun.model_dump(mode="json", exclude_unset=True)
    for style in _STYLES:
        assert _parsed("questionnaire", _written(written, style)) == noun
