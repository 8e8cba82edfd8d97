"""The questions of `care gap --interview`: few, in plain words, each with an answer that Enter gives (R14).

Twenty-five at most, twelve for those without an AI system: at less than half a minute each, ten minutes.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from careloop.domain.system import Autonomy, Lifecycle, Origin
from careloop.errors import InvalidInput

__all__ = ["QUESTIONS", "Question", "names_in", "person_in", "settled", "slug_of", "yes_in"]

Answers = Mapping[str, str]
_PERSON = re.compile(r"\s*([^<>]+?)\s*(?:<\s*([!-;=?A-~]+@[!-;=?A-~]+)\s*>)?\s*\Z")
_MOST_SYSTEMS = 50
_LONGEST = 1000


def _text(answer: str) -> str | None:
    return None if answer else "say it in a few words"


def _country(answer: str) -> str | None:
    return None if re.fullmatch(r"[A-Z]{2}", answer) else "write the two letters of ISO 3166-1, like DE or US"


def _person(answer: str) -> str | None:
    return None if not answer or _PERSON.match(answer) else "write a name, or one with mail like Ada <ada@example.org>"


def _yes_no(answer: str) -> str | None:
    return None if answer.lower() in ("y", "yes", "n", "no") else "write yes or no"


def _word(answer: str) -> str | None:
    return None if slug_of(answer) else "write a word or two, like credit or customer service"


def _names(answer: str) -> str | None:
    found = names_in(answer)
    if len(found) > _MOST_SYSTEMS:
        return f"at most {_MOST_SYSTEMS} here; the others come later"
    ids = [slug_of(name) for name in found]
    if not all(ids):
        return "each name needs a letter or a digit"
    return None if len(set(ids)) == len(ids) else "two of the names are the same"


def _one_of(*words: str) -> Callable[[str], str | None]:
    return lambda answer: None if answer in words else f"one of: {', '.join(words)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `{system}` in its text is the name of the first system."""

    id: str
    text: str
    default: str
    """What Enter means; shown with the question."""
    wrong: Callable[[str], str | None] = _text
    """Says what is wrong with an answer."""
    about_system: bool = False
    """Asked only when there is a system."""


QUESTIONS: tuple[Question, ...] = (
    Question(id="name", text="What is the organisation called?", default="our organisation"),
    Question(id="sector", text="What does it do, in a few words?", default="not stated"),
    Question(
        id="country",
        text="In which country is its head office? Two letters, ZZ if unsure",
        default="ZZ",
        wrong=_country,
    ),
    Question(
        id="lead",
        text="Who looks after AI governance? NAME <MAIL>, empty for nobody yet",
        default="",
        wrong=_person,
    ),
    Question(
        id="top",
        text="Who has the last word in the organisation? NAME <MAIL>, empty for nobody yet",
        default="",
        wrong=_person,
    ),
    Question(id="legal", text="Who looks after law and privacy? Empty for nobody yet", default="", wrong=_person),
    Question(id="security", text="Who looks after security? Empty for nobody yet", default="", wrong=_person),
    Question(id="data", text="Who looks after data? Empty for nobody yet", default="", wrong=_person),
    Question(id="product", text="Who decides about products? Empty for nobody yet", default="", wrong=_person),
    Question(
        id="purpose",
        text="What is AI for, in this organisation? A sentence or two",
        default="not stated yet",
    ),
    Question(
        id="outside",
        text="What shall the management system not cover? Empty for nothing",
        default="",
        wrong=lambda _: None,
    ),
    Question(
        id="systems",
        text="Which AI systems do you build, buy or use? Names with commas between, the most important first",
        default="",
        wrong=_names,
    ),
    Question(id="does", text="What does {system} do?", default="not stated yet", about_system=True),
    Question(
        id="origin",
        text=f"Where does {{system}} come from? {', '.join(Origin)}",
        default=Origin.BOUGHT,
        wrong=_one_of(*Origin),
        about_system=True,
    ),
    Question(
        id="stage",
        text=f"How far is {{system}}? {', '.join(Lifecycle)}",
        default=Lifecycle.OPERATION,
        wrong=_one_of(*Lifecycle),
        about_system=True,
    ),
    Question(
        id="domain",
        text="In which field does {system} work? credit, employment, retail, customer-service, health, ...",
        default="other",
        wrong=_word,
        about_system=True,
    ),
    Question(id="users", text="Who uses {system}?", default="employees", about_system=True),
    Question(id="affected", text="Who is affected by what {system} says?", default="not stated yet", about_system=True),
    Question(
        id="where",
        text="In which countries is {system} used? Commas between",
        default="not stated yet",
        about_system=True,
    ),
    Question(
        id="personal", text="Does {system} use data about people?", default="yes", wrong=_yes_no, about_system=True
    ),
    Question(
        id="rights",
        text="Can {system} change somebody's access to money, work, housing, health or public services?",
        default="yes",
        wrong=_yes_no,
        about_system=True,
    ),
    Question(
        id="language",
        text="Does {system} write or read with a language model?",
        default="no",
        wrong=_yes_no,
        about_system=True,
    ),
    Question(
        id="last-word",
        text=f"Who has the last word? {', '.join(Autonomy)}",
        default=Autonomy.HUMAN_DECIDES,
        wrong=_one_of(*Autonomy),
        about_system=True,
    ),
    Question(id="never", text="What must {system} never be used for?", default="not stated yet", about_system=True),
    Question(
        id="worst",
        text="What is the worst that {system} could do to somebody?",
        default="not stated yet",
        about_system=True,
    ),
)
"""In the order they are asked."""


def settled(question: Question, answer: str) -> str:
    """The answer as it is kept: without surrounding blanks, the default for nothing. Raises InvalidInput."""
    said = " ".join(answer.split()) or str(question.default)
    wrong = question.wrong(said) if said or question.default else None
    if len(said) > _LONGEST:
        wrong = f"at most {_LONGEST:,} characters"
    if wrong is not None:
        raise InvalidInput(f"'{said[:80]}' does not answer `{question.id}`: {wrong}", hint=wrong)
    return said


def names_in(answer: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(name for part in answer.split(",") if (name := part.strip()))


def person_in(answer: str) -> tuple[str, str | None] | None:
    """Name and mail; null for nobody."""
    found = _PERSON.match(answer) if answer else None
    return (found.group(1), found.group(2)) if found else None


def yes_in(answer: str) -> bool:
    """Whether an answer of yes or no is yes."""
    return answer.lower() in ("y", "yes")


def slug_of(text: str) -> str:
    """A name as an id: lower case, plain letters, dashes; empty when nothing is left.

    >>> slug_of("Kunden-Chat Zürich!")
    'kunden-chat-zurich'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")
