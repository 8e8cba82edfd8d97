"""The Flesch-Kincaid grade of English prose: sentences, words, syllables.

Source: J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom, "Derivation of New Readability Formulas for Navy
Enlisted Personnel", Research Branch Report 8-75, 1975. Syllables are counted by rules of spelling, which agree with a
dictionary for about nine words in ten; an error in one word moves the grade of a hundred words by a tenth.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from careloop.domain.readability import LEAST_WORDS, Readability

__all__ = ["Passage", "flesch_kincaid_grade", "looks_english", "passage_of", "readability_of", "syllables_in"]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|cf|vs|no|art|dr|mr|mrs|ms|st|inc|ltd)\.\s*$", re.IGNORECASE)
_VOWELS = re.compile(r"[aeiouy]+")
_TWO_SOUNDS = re.compile(
    r"ia(?!l\b|n\b|r)|io(?!n|us)|eo(?!us)|(?<![qg])ua|(?<!q)uo|iu|ie(?=t\b)|ea(?=t(?:e|ion|iv))|eing|ying|oing"
)
_COMMON = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "do", "does", "each", "every", "for"),
        *("from", "has", "have", "he", "how", "if", "in", "into", "is", "it", "its", "may", "must", "no", "nobody"),
        *("not", "of", "on", "one", "only", "or", "our", "she", "so", "than", "that", "the", "their", "them", "there"),
        *("they", "this", "to", "us", "was", "we", "what", "when", "where", "which", "who", "will", "with", "you"),
        "your",
    }
)
_ENGLISH_SHARE = 0.2
"""English prose is made of such words to two fifths; no other language comes near a fifth."""
_ODD = {
    "people": 2, "something": 2, "somebody": 3, "everyone": 3, "everything": 3, "sometimes": 2, "somewhere": 2,
    "business": 2, "every": 2, "evening": 2, "area": 3, "idea": 3, "being": 2, "seeing": 2, "create": 2, "created": 3,
    "creates": 2, "science": 2, "society": 4, "quiet": 2, "diet": 2, "client": 2, "biased": 2, "bias": 2, "trial": 2,
    "maybe": 2, "therefore": 2, "whereas": 2, "elsewhere": 2, "whose": 1, "ai": 2, "somehow": 2, "safety": 2,
    "safely": 2, "namely": 2, "management": 3, "statement": 2, "statements": 2, "movement": 2, "careful": 2,
    "useful": 2, "noticed": 2, "housework": 2, "homework": 2, "lifetime": 2, "timeline": 2, "guidelines": 2,
    "baseline": 2, "database": 3, "software": 2, "hardware": 2, "doing": 2, "going": 2, "poem": 2, "real": 1,
    "lead": 1, "leads": 1, "cruel": 2, "fuel": 2, "usually": 4, "actual": 3, "actually": 4, "annual": 3, "manual": 3,
    "gradual": 3, "individual": 5, "individuals": 5, "evaluate": 4, "evaluation": 5, "situation": 4, "continuous": 4,
    "previous": 3, "various": 3, "serious": 3, "obvious": 3, "period": 3, "material": 4, "criteria": 4, "criterion": 4,
    "appropriate": 4, "associate": 4, "media": 3, "medium": 3, "premium": 3, "experience": 4, "audience": 3,
    "variable": 4, "reliable": 4, "client's": 2, "reality": 4, "theory": 3, "video": 3, "radio": 3, "ratio": 3,
    "lion": 2, "supplier": 3, "suppliers": 3, "likelihood": 3, "pipeline": 2, "pipelines": 2, "lifecycle": 3,
    "employees": 3, "whoever": 3, "framework": 2, "layer": 2, "earlier": 3, "household": 2, "anyone": 3,
    "european": 4, "societal": 4, "quo": 1, "unique": 2, "antique": 2, "technique": 2,
}  # fmt: skip
"""Words that the rules get wrong; counts as in the CMU Pronouncing Dictionary."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Counts of a text."""

    sentences: tuple[str, ...]
    words: int
    syllables: int


def flesch_kincaid_grade(words: int, sentences: int, syllables: int) -> float:
    """0.39 words per sentence + 11.8 syllables per word - 15.59; at least one word and one sentence.

    >>> round(flesch_kincaid_grade(6, 1, 6), 2)  # The cat sat on the mat.
    -1.45
    """
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


@lru_cache(maxsize=20_000)
def syllables_in(word: str) -> int:
    """Syllables of an English word, at least one.

    >>> [syllables_in(word) for word in ("cat", "table", "platypus", "assessment", "used")]
    [1, 2, 3, 3, 1]
    """
    plain = word.lower().replace("’", "'")
    if plain in _ODD:
        return _ODD[plain]
    if len(plain) > 2 and plain.endswith("'s"):
        return syllables_in(plain[:-2])
    bare = re.sub(r"[^a-z]", "", plain)
    stem = _without_silent(bare)
    sounds = len(_VOWELS.findall(stem)) + len(_TWO_SOUNDS.findall(stem))
    return max(1, sounds)


def _without_silent(word: str) -> str:
    """The word without an ending that is written and not heard."""
    if re.search(r"[^aeiouytd]ed$", word) and not re.search(r"[^aeiouyl]led$", word):
        return word[:-2]
    if re.search(r"(?:[^aeiouysxzcgh]|[^aeiouystc]h|th|[aeiouy][cg](?<![cg]))es$", word) and not re.search(
        r"[^aeiouy]les$", word
    ):
        return word[:-2] + "s"
    if word.endswith("e") and not re.search(r"(?:[^aeiouyr]le|[aeiouy]e)$", word):
        word = word[:-1]
    return re.sub(r"(?<=[a-z])e(?=(?:ly|ment|ments|ness|ful|less)$)", "", word)


def passage_of(blocks: Sequence[str]) -> Passage:
    """Count a text of blocks (paragraphs, list items), each of which ends a sentence."""
    sentences = tuple(sentence for block in blocks for sentence in _sentences(block) if _WORD.search(sentence))
    words = [word for sentence in sentences for word in _WORD.findall(sentence)]
    return Passage(sentences, len(words), sum(syllables_in(word) for word in words))


def _sentences(block: str) -> list[str]:
    found: list[str] = []
    for part in _END.split(" ".join(block.split())):
        if found and _ABBREVIATION.search(found[-1]):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def looks_english(blocks: Sequence[str]) -> bool:
    """Whether enough of the words are the small ones that English is made of."""
    words = [word.lower() for block in blocks for word in _WORD.findall(block)]
    return bool(words) and sum(word in _COMMON for word in words) / len(words) >= _ENGLISH_SHARE


def readability_of(path: str, blocks: Sequence[str]) -> Readability:
    """Judge one document's prose; no grade for what is not English or too short."""
    passage = passage_of(blocks)
    reason = None
    if passage.words < LEAST_WORDS:
        reason = "too_short"
    elif not looks_english(blocks):
        reason = "not_english"
    counts = (passage.words, len(passage.sentences), passage.syllables)
    return Readability(
        path=path,
        words=passage.words,
        sentences=len(passage.sentences),
        syllables=passage.syllables,
        grade=None if reason else round(flesch_kincaid_grade(*counts), 1),
        reason=reason,
        hardest=None if reason else max(passage.sentences, key=_hardness),
    )


def _hardness(sentence: str) -> float:
    words = _WORD.findall(sentence)
    return flesch_kincaid_grade(len(words), 1, sum(syllables_in(word) for word in words))
