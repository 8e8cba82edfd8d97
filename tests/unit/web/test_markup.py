"""Markdown of documents comes out as HTML that holds nothing active (abuse: XSS through documents)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.web.markup import safe_html

ALLOWED = {
    *("p", "em", "strong", "code", "pre", "blockquote", "ul", "ol", "li", "hr", "br", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}
PIECES = st.lists(
    st.sampled_from(
        [
            *("<script>", "</script>", "<img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "<svg/onload=x>"),
            *("![p](data:text/html,x)", "[b](https://acme.example)", "# head", "\n\n", "`", "|a|b|\n|-|-|\n|c|d|"),
            *("<a href='vbscript:x'>", "&#x6A;avascript:", "[c]: javascript:alert(2)", "**", "> ", "- ", '" onclick="x'),
        ]
    )
    | st.text(max_size=8),
    max_size=12,
).map("".join)


@given(PIECES)
def test_no_text_gives_a_tag_or_an_attribute_of_its_own(text: str) -> None:
    made = safe_html(text)
    for name, attributes in re.findall(r"</?([a-z0-9]+)((?:\s[^<>]*)?)/?>", made):
        assert name in ALLOWED, made
        assert set(re.findall(r"([a-z-]+)=", re.sub(r'"[^"]*"', '""', attributes))) <= {"href", "rel", "class", "start"}
    assert not re.search(r'href="\s*(?:javascript|vbscript|data):', made, re.IGNORECASE)


@pytest.mark.parametrize("scheme", ["javascript:", "JaVaScRiPt:", "vbscript:", "data:text/html,", "file:///etc/"])
def test_a_link_to_something_active_is_text(scheme: str) -> None:
    assert "<a" not in safe_html(f"[here]({scheme}x)")


def test_a_picture_is_a_link_so_that_no_page_loads_anything_from_elsewhere() -> None:
    made = safe_html("![chart](https://acme.example/a.png)")
    assert "<img" not in made
    assert '<a rel="noopener noreferrer" href="https://acme.example/a.png">chart</a>' in made


def test_headings_of_a_document_stand_below_that_of_the_page() -> None:
    assert safe_html("# Charter\n\n## Aim") == "<h3>Charter</h3>\n<h4>Aim</h4>\n"
