"""Documents for people without git: whole, without the machine's marks, and with nothing in them that runs (R22)."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.yaml_text import read_yaml
from careloop.reports.document_page import DocumentSource, document_html, document_markdown

POLICY = """\
---
id: ai-policy
title: AI policy
approvers: [director]
---
# AI policy

1.1 Every system has an owner. <script>alert(1)</script> [bad](javascript:alert(1))
{rules: [owner-named, card-present]}

1.2 Whoever asks is told why.
{manual: {owner: ai-lead, interval: P6M}}

| a | b |
| - | - |
| 1 | 2 |
"""


def source(text: str, path: str = "policies/ai-policy.md") -> DocumentSource:
    return DocumentSource(path=path, kind="policy", text=text, organisation="Harbour", commit="ab" * 20, dirty=True)


def test_a_policy_reads_as_a_page_and_says_what_stands_behind_each_statement() -> None:
    page = document_html(source(POLICY))
    assert "<h1>AI policy</h1>" in page
    assert "Kept by the rules owner-named, card-present." in page
    assert "Attested by ai-lead, every P6M." in page
    assert "<dt>approvers</dt><dd><ul><li>director</li></ul></dd>" in page
    assert "<td>1</td>" in page
    assert "policies/ai-policy.md at commit abababababab, with uncommitted changes" in page


def test_html_in_a_document_is_shown_and_not_obeyed() -> None:
    page = document_html(source(POLICY))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="javascript' not in page
    assert "default-src 'none'" in page


class _Names(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_in_a_document_makes_an_element_that_runs(body: str, value: str) -> None:
    text = f"---\ntitle: x\n---\n{body}<img src=x onerror=alert(1)>{value}<svg onload=alert(1)>"
    names = _Names()
    names.feed(document_html(source(text)))
    assert not names.seen & {"script", "iframe", "object", "embed", "form", "svg", "base", "style"} - {"style"}
    assert not any(name.startswith("on") for name in names.attributes)


YAML = "owner: ai-lead\nlist: [{a: 1, b: two}, {a: 3}]\nempty: []\nyes_no: true\nnothing:\ntext: '*not* | bold <b>'\n"


def test_a_yaml_document_is_a_list_of_its_values_in_both_forms() -> None:
    one = source(YAML, path="roles.yaml")
    page, text = document_html(one), document_markdown(one)
    assert "<h1>roles.yaml</h1>" in page
    assert "<dt>yes no</dt><dd>yes</dd>" in page
    assert "*not* | bold &lt;b&gt;" in page
    assert "- **empty:** none" in text
    assert "- **nothing:** not stated" in text
    assert "- **text:** \\*not\\* \\| bold \\<b\\>" in text
    assert text.startswith("# roles.yaml\n")


@pytest.mark.parametrize("key", ["owner", "list", "a", "b", "empty", "yes no", "nothing", "text"])
def test_no_value_is_left_out(key: str) -> None:
    assert read_yaml(YAML).value is not None
    assert f"**{key}:**" in document_markdown(source(YAML, path="roles.yaml"))


def test_markdown_of_a_policy_has_its_front_matter_as_a_list_and_its_statements() -> None:
    text = document_markdown(source(POLICY))
    assert "- **approvers:**\n  - director\n" in text
    assert "# AI policy" in text
    assert "_Attested by ai-lead, every P6M._" in text
    assert "{rules" not in text
