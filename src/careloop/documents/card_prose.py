"""What sentences state outside the sections made for it: the model it was tuned from, who built it, what it is not for.

Only plain statements count, each by a pattern that names its subject; a hint of something is no statement.
"""

import re
from collections.abc import Iterable, Iterator

from careloop.documents.card_blocks import Piece
from careloop.documents.card_evidence import Evidence, Kind
from careloop.documents.card_placeholders import says_something

__all__ = ["base_model_in", "metrics_in_results", "prose_evidence", "version_in_name"]

_TOKEN = r"[`\"'(\[]*(?P<model>[A-Za-z0-9][\w./+-]{1,95})"
_TUNED = re.compile(
    rf"\bfine-?tun\w+(?:\s+(?:version|variant|checkpoint|copy))?\s+(?:of|from)\s+(?:the\s+)?{_TOKEN}", re.IGNORECASE
)
"""Whatever stands behind "fine-tuned version of" is a model."""

_NAMED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bpre-?trained\s+{_TOKEN}[`\"')\]]*\s+(?:model|checkpoint|weights|backbone|encoder)\b",
        rf"\b(?:model|adapter|checkpoint|it)\s+(?:is|was)\s+(?:a\s+)?(?:based on|derived from|built on(?: top of)?|"
        rf"distilled from|initiali[sz]ed (?:from|with)|quanti[sz]ed from|adapted from|merge of)\s+(?:the\s+)?{_TOKEN}",
        rf"\b{_TOKEN}[`\"')\]]*\s+fine-?tuned\s+(?:on|for|with)\b",
        r"(?<![\w-])(?P<model>[A-Za-z0-9][\w.]{1,40})-based\b",
        rf"(?<![\w/]){_TOKEN}[`\"')\]]*\s+base (?:model|checkpoint)\b",
    )
)
"""Sentences that derive this model from another one, if what they name is a model."""

_FAMILY = re.compile(
    r"(?:\w*bert\w*|gpt-?\w*|(?:flan-?)?t5\S*|llama\S*|mi[sx]tral\S*|gemma\S*|qwen\S*|phi-?\d\S*|electra\S*|xlnet\S*"
    r"|xlm\S*|vit\S*|clip\S*|whisper\S*|wav2vec\S*|resnet\S*|efficientnet\S*|mobilenet\S*|yolo\S*|bart|bloom\S*"
    r"|falcon\S*|mpnet\S*|minilm\S*|elmo|longformer\S*|deepseek\S*|stable-diffusion\S*)(?:-\S*)?",
    re.IGNORECASE,
)
_NO_NAME = re.compile(r"an?|any|our|the|this|that|its|their|another|large|unknown|none|scratch", re.IGNORECASE)

_DONE_BY = r"(?:developed|created|built|released|published|maintained|produced|trained|made)"
_OWNER = re.compile(
    rf"\b(?:[Tt]his|[Tt]he|[Oo]ur)\s+(?:\w+\s+)?model\b[^.]{{0,80}}?\b{_DONE_BY}\s+(?:and\s+\w+\s+)?by\s+\S*[A-Z@]"
    rf"|\b[Ww]e\s+(?:developed|created|built|trained)\s+(?:this|the|our)\s+model\b[^.]{{0,200}}?"
    rf"\b(?:at|organi[sz]ed by|as (?:a )?part of|for)\b"
)
_DATE = re.compile(
    r"\b(?:this|the|our)\s+(?:\w+\s+)?model\s+(?:was|is|has been)\s+(?:released|published|trained|created|updated)\s+"
    r"(?:on|in)\s+[^.]{0,30}?\b(?:19|20)\d\d\b",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\b(?:contact|reach|write to|e-?mail|questions?|feedback|report)\b[^\n]{0,120}?"
    r"(?:[\w.+-]{1,64}@[\w-]{1,64}\.\w|\b(?:open|file|raise|create)\s+(?:an?\s+)?(?:\w+\s+)?(?:issue|ticket)\b)",
    re.IGNORECASE,
)
_NOT_FOR = re.compile(
    r"\b(?:(?:should|must|may|can|is|are)\s*(?:not|n't|never)|cannot|do not|don't|never)\s+(?:\w+\s+){0,2}?"
    r"(?:be\s+(?:used|relied|deployed|applied|employed|treated)|use\b|rely\b|deploy\b)"
    r"|\bnot\s+(?:intended|meant|designed|suitable|suited|recommended|appropriate|fit)\s+(?:for|to|as)\b"
    r"|\bout[- ]of[- ]scope\b",
    re.IGNORECASE,
)
_PEOPLE = (
    r"(?:researcher|developer|engineer|scientist|student|practitioner|clinician|doctor|radiologist|physician|nurse|analyst"
    r"|educator|teacher|officer|underwriter|agent|manager|operator|journalist|lawyer|linguist|professional|team|editor"
    r"|moderator|hobbyist|user|customer|reviewer|compan(?:y|ie)|organi[sz]ation)s?"
)
_USERS = re.compile(
    rf"\b(?:(?:used|use|adopted|operated)\s+by|(?:intended|meant|designed|aimed|built|made)\s+(?:for|at)"
    rf"|(?:intended|target|primary)\s+(?:users?|audience)\s+(?:is|are|include))\s+(?:[\w,/-]+\s+){{0,5}}?{_PEOPLE}\b",
    re.IGNORECASE,
)
_THRESHOLD = re.compile(
    r"\bthresholds?\s+(?:(?:is|was|are|were)\s+(?:set\s+)?(?:at|to)?|of|at|=|:|set (?:at|to))\s*[^\s\d]{0,3}\d"
    r"|\b(?:decision|classification|probability|operating|confidence|score|cut-?off)\s+threshold\b[^.\n]{0,60}?\d",
    re.IGNORECASE,
)
_METRIC = (
    r"(?:accuracy|f1|f-?score|precision|recall|auc|auroc|roc[- ]auc|bleu|rouge(?:-?\w)?|perplexity|rmse|mae|mse|mape"
    r"|wer|cer|map|iou|miou|ndcg|mrr|r2|r²|exact match|spearmanr?|pearson|sensitivity|specificity|loss|error rate|kappa"
    r"|mcc|brier|dice|psnr|ssim|fid|meteor|chrf|log[- ]?loss|gini|ks statistic)"
)
_RESULT = re.compile(
    rf"\b(?:achiev|reach|obtain|scor|attain|yield|report)\w*\b[^.\n]{{0,80}}?\b{_METRIC}\b[^.\n]{{0,30}}?\d"
    rf"|\b(?:achiev|reach|obtain|scor|attain)\w*\b[^.\n]{{0,40}}?\d[\d.]*\s*%?\s+{_METRIC}\b"
    rf"|\bachieves the following results\b",
    re.IGNORECASE,
)
_A_METRIC = re.compile(rf"\b{_METRIC}\b", re.IGNORECASE)
_TRAINED_ON = re.compile(
    r"\b(?:pre-?trained|fine-?tuned|trained)\b(?!\s+model)[^.\n]{0,100}?\bon\s+"
    r"(?!(?:an?|the)?\s*(?:unknown|none)\b)[^.\n]{2,100}?\b(?:datasets?|corpus|corpora|data|sentence pairs|images)\b",
    re.IGNORECASE,
)
_EVALUATED_ON = re.compile(
    r"\b(?:evaluated|tested|benchmarked|validated)\s+on\s+(?:the\s+|a\s+|an\s+)?(?:held-?out\s+|[A-Z\d`\[])[^.\n]{1,80}"
)
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s")
_VERSION = re.compile(r"(?:^|[\s_.(-])(v\d+(?:\.\d+){0,3})(?=$|[\s_):,-])", re.IGNORECASE)
_LOOSE = frozenset({"intended_use", "limitations"})


def prose_evidence(pieces: Iterable[Piece]) -> Iterator[Evidence]:
    """Statements found in sentences, each at the line of its paragraph."""
    for piece in pieces:
        if not says_something(piece.text):
            continue
        text = " ".join(piece.text.split())[:20_000]
        for field in _stated_in(text, piece.targets):
            yield Evidence(field, Kind.SENTENCE, piece.line, piece.text)
        if (model := base_model_in(text)) is not None:
            yield Evidence("base_model", Kind.SENTENCE, piece.line, model)


def _stated_in(text: str, targets: tuple[str, ...]) -> Iterator[str]:
    if _CONTACT.search(text):
        yield "contact"
    if _THRESHOLD.search(text) and "monitoring" not in targets:
        yield "thresholds"
    if not targets or not _LOOSE.isdisjoint(targets):
        if _NOT_FOR.search(text):
            yield "out_of_scope_use"
        if any(_USERS.search(sentence) and not _NOT_FOR.search(sentence) for sentence in _SENTENCE_END.split(text)):
            yield "users"
    if not targets:
        yield from (
            field
            for field, pattern in (
                ("owner", _OWNER),
                ("date", _DATE),
                ("results", _RESULT),
                ("training_data", _TRAINED_ON),
                ("evaluation_data", _EVALUATED_ON),
            )
            if pattern.search(text)
        )


def base_model_in(text: str) -> str | None:
    """Name of the model that a sentence says this one was made from.

    >>> base_model_in("We used the pretrained acme/small-encoder model."), base_model_in("A CNN-based net.")
    ('acme/small-encoder', None)
    """
    for pattern in (_TUNED, *_NAMED):
        for found in pattern.finditer(text):
            name = found["model"].rstrip(".-/")
            if not _NO_NAME.fullmatch(name) and (pattern is _TUNED or _names_a_model(name)):
                return name
    return None


def _names_a_model(word: str) -> bool:
    return bool("/" in word or _FAMILY.fullmatch(word) or (re.search(r"\d", word) and re.search(r"[A-Za-z]", word)))


def metrics_in_results(evidence: Iterable[Evidence]) -> Iterator[Evidence]:
    """Results that name their measure ("accuracy 0.93") also say how performance is measured."""
    for one in evidence:
        if one.field == "results" and one.text and _A_METRIC.search(one.text[:20_000]):
            yield Evidence("metrics", Kind.SENTENCE, one.line, one.text)


def version_in_name(name: str) -> str | None:
    """The version that a model's name ends with or carries, as `v2`.

    >>> version_in_name("all-MiniLM-L6-v2"), version_in_name("conv2net")
    ('v2', None)
    """
    found = _VERSION.search(name)
    return found[1] if found else None
