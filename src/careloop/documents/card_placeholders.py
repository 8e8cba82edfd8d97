"""Whether a piece of a card says something, or only holds the place.

Decided for a whole piece (a paragraph, a list item, a value), never for a word in it: a real paragraph that mentions
an open point is still a real paragraph.
"""

import re

__all__ = ["says_something"]

_NOTHING = frozenset(
    """
    |add details|blank|coming soon|empty|fill in|fill me in|fixme|information needed|lorem ipsum|more info needed
    |more information is needed|more information needed|n a|n.a|n/a|na|needs more information|nil|no information
    |no information available|none|not applicable|not available|not provided|not specified|not stated|null|other|pending
    |placeholder|tba|tbc|tbd|to add|to be added|to be announced|to be completed|to be confirmed|to be decided
    |to be defined|to be determined|to be done|to be filled|to be filled in|to be provided|to be written|to come|to do
    |todo|under construction|undefined|unknown|unspecified|wip|work in progress|xx|xxx|your text here
    """.replace("\n", "").split("|")
)
"""What people leave in a section that they have not written; compared without case, brackets and punctuation."""

_MARKER = re.compile(
    r"(?:todo|tbd|tba|tbc|fixme|wip)(?:\s*(?:[:;,.!(\[]|--?\s|[–—]).{0,300}|\s.{0,40})?"
    r"|(?:coming soon|work in progress|to be (?:added|completed|confirmed|defined|determined|filled|provided|written))"
    r"\b.{0,80}"
    r"|(?:more information (?:is )?needed[\s.\])]*[\[(]?)+",
    re.IGNORECASE | re.DOTALL,
)
"""A reminder, alone or with a note to oneself behind it."""

_BRACKETED = re.compile(
    r"\[\s*(?:add|describe|enter|e\.g\.|explain|fill|insert|link|list|more|name|optional|provide|specify|state|your)\b"
    r"[^\]]{0,200}\]|\{\{.{0,300}\}\}|\{%.{0,300}%\}|<\s*(?:add|describe|enter|fill|insert|your)\b[^>]{0,200}>",
    re.IGNORECASE | re.DOTALL,
)
"""A slot that a template asks to fill."""

_TEMPLATE_SENTENCE = re.compile(
    r"^\s*(?:this section (?:addresses|describes|is for|is meant to|provides|should)"
    r"|this (?:relates heavily to|should link to)|content here should link"
    r"|these are the (?:evaluation metrics being used|things the evaluation is)"
    r"|(?:provide a (?:quick|longer) summary|provide the basic links)|address questions around how"
    r"|if there is a paper or blog post|if relevant, include terms|relevant interpretability work"
    r"|use the code below to get started|carbon emissions can be estimated using"
    r"|total emissions \(in grams|edit the suggested text"
    r"|users \(both direct and downstream\) should be made aware"
    r"|more information needed for further recommendations)"
    r"(?:[^.]|\.(?=\w)|(?<=\bet al)\.|(?<=\be\.g)\.)*(?:\.|$)",
    re.IGNORECASE,
)
"""Sentences that the Hugging Face template brings along (huggingface_hub, templates/modelcard_template.md)."""

_PATH_TO = re.compile(r"/?path/(?:to|do)/\S*", re.IGNORECASE)
_LOREM = re.compile(
    r"lorem|ipsum|dolor|sit|amet|consectetur|adipiscing|elit|sed|do|eiusmod|tempor|incididunt|ut|labore|et|dolore|magna"
    r"|aliqua|enim|ad|minim|veniam|quis|nostrud|exercitation|ullamco|laboris|nisi|aliquip|ex|ea|commodo|consequat|duis"
    r"|aute|irure|in|reprehenderit|voluptate|velit|esse|cillum|fugiat|nulla|pariatur|excepteur|sint|occaecat|cupidatat"
    r"|non|proident|sunt|culpa|qui|officia|deserunt|mollit|anim|id|est|laborum",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_EDGES = " \t\r\n.,:;!?…*_`~#>|'\"()[]{}<>–—-"


def says_something(text: str) -> bool:
    """Whether the text states anything at all.

    >>> says_something("[More Information Needed]"), says_something("N/A"), says_something("TODO: ask Ada")
    (False, False, False)
    >>> says_something("Not applicable: it returns vectors and decides nothing.")
    True
    """
    rest = _without_template_sentences(text.strip())
    if not any(c.isalnum() for c in rest):
        return False
    bare = " ".join(rest.strip(_EDGES).casefold().split())
    if bare in _NOTHING or _PATH_TO.fullmatch(rest):
        return False
    if _BRACKETED.fullmatch(rest) or _MARKER.fullmatch(rest.lstrip(_EDGES)):
        return False
    return not _is_lorem(rest)


def _without_template_sentences(text: str) -> str:
    while (found := _TEMPLATE_SENTENCE.match(text)) is not None:
        text = text[found.end() :].strip()
    return text


def _is_lorem(text: str) -> bool:
    """Filler Latin: most of the words, and not merely one or two of them, are those of the printer's filler."""
    words = _WORD.findall(text[:400])
    return len(words) >= 4 and sum(bool(_LOREM.fullmatch(word)) for word in words) >= 0.7 * len(words)
