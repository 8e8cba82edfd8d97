"""Which field of the union table a heading, a label or a key of a card speaks about.

People write "Intended Uses", "3. Primary intended use", `primary_uses` or "**Use cases:**" and mean the same field. A
title is brought to one form (`plain`) and looked up; a title made of several is taken apart.
Sources of the words: Mitchell et al. 2019 (section names), the Hugging Face template, the Model Card Toolkit's keys,
and headings seen in published cards.
"""

import re
from functools import cache

__all__ = ["DETAILS", "fields_of", "plain"]

DETAILS = frozenset({"name", "version", "date", "owner", "model_type", "licence", "citation", "contact", "base_model"})
"""Fields that describe the model as a thing; their short labels ("Date", "License") mean something else elsewhere."""

_TITLES: dict[str, str] = {
    "name": "name|model name|model id|id|identifier|display name",
    "version": "version|version number|release version|skill version|revision|version id",
    "date": (
        "date|release date|date of release|released|released on|release|creation date|date created|created|created on"
        "|last updated|updated|training date|date trained|trained on date|publication date|date published|version date"
    ),
    "owner": (
        "owner|developed by|developer|created by|creator|author|provider|publisher|published by|vendor|maintainer"
        "|maintained by|organization|trained by|built by|contributed by|contributor|team|model developer|owned by"
        "|person or organization developing model|person or organization|released by|shared by|accountable owner"
        "|owner or developer"
    ),
    "model_type": (
        "type|model type|type of model|architecture|architecture type|network architecture|algorithm|task|task type"
        "|model family|model class|model category|pipeline tag|modality|kind of model|architecture and objective"
    ),
    "licence": "license|license term|term of use|term|license and term|usage license|license name|license status",
    "citation": (
        "citation|how to cite|citing|cite|citation and paper|citing this work|bibtex|bibtex citation|paper|publication"
        "|reference|paper or other resource|paper and other resource|bibtex entry|bibtex entry and citation info"
        "|citation or paper|citation info|doi|associated paper|research paper|technical report"
    ),
    "contact": (
        "contact|contact u|card contact|point of contact|contact person|email|e mail|contact email|support contact"
        "|where to send question|where to send question or comment|where to send question or comment about the model"
        "|question or comment|feedback|question|get in touch|question and feedback"
    ),
    "base_model": (
        "base model|parent model|parent|finetuned from|finetuned from model|foundation model|pretrained model|backbone"
        "|derived from|teacher model|upstream model|lineage|model lineage|base checkpoint|based on|fine tuned model"
    ),
    "intended_use": (
        "use|intended use|direct use|downstream use|use case|intended use case|intended application|application"
        "|purpose|intended purpose|recommended use|suitable use|in scope|in scope use|scope|goal|what is it for"
        "|primary intended use|what it is for|intended usage|usage scenario|use and purpose|supported use"
        "|scope of use"
    ),
    "users": (
        "user|intended user|target user|audience|target audience|intended audience|primary intended user|primary user"
        "|who should use this model|who should use it|who can use it|foreseeable user|end user|user group"
    ),
    "out_of_scope_use": (
        "out of scope|out of scope use|out of scope use case|out of scope application|misuse|malicious use"
        "|prohibited use|unsupported use|not intended for|not intended use|unintended use|excluded use|forbidden use"
        "|inappropriate use|use to avoid|not for|restricted use|use restriction|non goal|out of scope usage|do not use"
        "|misuse and abuse|do not use for|what it is not for|not recommended use|prohibited application"
    ),
    "factors": (
        "factor|relevant factor|evaluation factor|group|demographic|demographic group|subpopulation|subgroup"
        "|factor and group|sensitive attribute|protected attribute|protected group|relevant group|testing factor"
        "|protected characteristic|demographic factor|population|target population|environmental factor"
    ),
    "metrics": (
        "metric|performance measure|model performance measure|evaluation metric|evaluation method|evaluation protocol"
        "|evaluation methodology|measure|testing metric|success metric|evaluation criteria|evaluation procedure"
    ),
    "thresholds": (
        "threshold|decision threshold|classification threshold|operating point|operating threshold|cut off|cutoff"
        "|decision boundary|score threshold|confidence threshold|decision rule|probability threshold|decision cutoff"
    ),
    "results": (
        "result|evaluation|evaluation result|performance|benchmark|benchmark result|quantitative analysis|accuracy"
        "|unitary result|test result|model performance|testing|testing result|eval result|model result|validation"
        "|performance result|validation result|training result|experimental result|performance benchmark|eval"
        "|quantitative result|overall performance|evaluation and result|performance evaluation"
    ),
    "evaluation_data": (
        "evaluation data|evaluation dataset|testing data|test data|test set|test dataset|testing dataset"
        "|validation data|validation dataset|validation set|eval data|eval dataset|evaluation set|evaluation corpus"
        "|benchmark dataset|benchmark data|held out data|holdout data|evaluated on|data used for evaluation"
        "|train test split|data split|split|train validation test split|training test split"
    ),
    "training_data": (
        "training data|training dataset|training set|training corpus|data source|data|dataset|data provenance"
        "|data collection|pretraining data|pretraining dataset|finetuning data|finetuning dataset|train|train data"
        "|train set|training data source|dataset used|data used|training corpora|pretraining corpus|trained on"
        "|data used for training|source data|training data and provenance|train dataset|development data"
    ),
    "disaggregated_results": (
        "disaggregated result|disaggregated evaluation|disaggregated performance|disaggregated metric|slice"
        "|disaggregated analysis|intersectional result|intersectional analysis|subgroup performance|subgroup result"
        "|subgroup analysis|subpopulation analysis|subpopulation result|group result|fairness result|fairness metric"
        "|fairness evaluation|fairness analysis|fairness assessment|fairness testing|bias evaluation|slice analysis"
        "|bias analysis|bias assessment|bias testing|fairness audit|bias audit|sliced metric|group performance"
        "|unitary and intersectional result|sliced result|demographic performance|demographic parity|group fairness"
    ),
    "limitations": (
        "limitation|limit|bias|risk|ethical consideration|ethic|ethical|caveat|recommendation|fairness|safety|harm"
        "|safety consideration|responsible ai|failure mode|known issue|issue|tradeoff|trade off|societal impact"
        "|social impact|ethical risk|bias warning|robustness warning|weakness|caveat and recommendation|ethical impact"
        "|failure case|limitation and bias|risk and harm|risk and mitigation|ethical and social impact|ethical issue"
        "|fairness consideration|bias and fairness|ethical use|responsible use|responsibility and safety"
        "|responsible ai consideration|ethical concern|warning|content warning|risk assessment|adverse impact"
    ),
    "human_oversight": (
        "human oversight|oversight|human in the loop|human review|human control|human intervention|human supervision"
        "|human oversight measure|manual review|escalation|override|appeal|human override|human involvement"
    ),
    "security": (
        "security|security measure|cybersecurity|cyber security|security control|security and privacy|access control"
        "|protection|information security|security consideration|security testing|vulnerability|adversarial security"
        "|privacy and security"
    ),
    "monitoring": (
        "monitoring|monitoring plan|post market monitoring|post deployment monitoring|monitoring after release"
        "|production monitoring|drift monitoring|performance monitoring|post market surveillance|monitoring in use"
        "|monitoring strategy|monitoring and alerting|continuous monitoring|observability|drift detection"
        "|post market|post market plan|ongoing monitoring|monitoring in production"
    ),
    "environment": (
        "environmental impact|environmental consideration|carbon footprint|carbon emission|carbon emitted|emission"
        "|co2 emission|co2 eq emission|energy|energy consumption|energy use|sustainability|environmental footprint"
        "|environmental|carbon|energy usage|power consumption|carbon impact|co2|environmental sustainability"
    ),
}
"""Field id to the plain forms of its titles, joined by `|`."""

_NO_FIELD = (
    "usage|how to use|how to get started|how to get started with the model|how to run|getting started|quick start"
    "|quickstart|installation|install|code example|usage example|inference|training|training detail|training procedure"
    "|training hyperparameter|hyperparameter|hyper parameter|training process|training regime|training configuration"
    "|training setup|training log|training script|training infrastructure|training parameter|training objective"
    "|pretraining|finetuning|framework version|framework|library|speed size time|compute infrastructure|compute"
    "|compute requirement|hardware|software|hardware and software|hardware requirement|glossary|card author|changelog"
    "|model examination|interpretability|explainability|prompt format|prompt template|chat template|funded by"
    "|variation approach|approach to uncertainty|model usage|acknowledgement|acknowledgment|language|environment"
)
"""Titles that we know and that state no field of the table: what stands under them counts for no section around."""

_WHOLE: dict[str, tuple[str, ...]] = {
    "training and evaluation data": ("training_data", "evaluation_data"),
    "training and testing data": ("training_data", "evaluation_data"),
    "training and test data": ("training_data", "evaluation_data"),
    "training and validation data": ("training_data", "evaluation_data"),
    "training validation and test data": ("training_data", "evaluation_data"),
    "training and evaluation dataset": ("training_data", "evaluation_data"),
    "train and test data": ("training_data", "evaluation_data"),
    "performance metric": ("metrics", "results"),
    "metric and result": ("metrics", "results"),
    "key metric": ("metrics", "results"),
}
"""Titles whose parts cannot be looked up one by one."""

_LEADING = re.compile(
    r"(?:(?:the|this|our|a|model|primary|main|known|key|additional|overall|technical|potential|general|foreseeable"
    r"|important|detailed|current|major|ai|system|other|specific|intended|official|final|proposed|relevant)\s)*"
)
"""Words before a title that change nothing."""

_TRAILING = re.compile(
    r"\s(?:information|detail|section|overview|summary|statement|note|description|consideration|plan|measure|policy|info"
    r"|list|result|analysis|guideline|disclosure|process)$"
)
"""A word after a title that changes nothing."""

_IRREGULAR = {
    "analyses": "analysis",
    "biases": "bias",
    "licence": "license",
    "licences": "license",
    "licensing": "license",
    "organisation": "organization",
    "organisations": "organization",
    "harms": "harm",
    "focuses": "focus",
}
_KEEP_S = re.compile(r".*(?:ss|us|is|as)$|.{0,3}$")
_JOINED = (
    ("fine tun", "finetun"),
    ("pre train", "pretrain"),
    ("data set", "dataset"),
    ("uses case", "use case"),
    ("co 2", "co2"),
)
_ASIDE = re.compile(r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]")
_NUMBERING = re.compile(r"^\s*(?:(?:section|part|step)\s+)?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[ivx]{1,5}(?=[.):]))[.):]*\s+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_A_WORD = re.compile(r"[^\w]+|_+")
_BETWEEN_PARTS = re.compile(r",|/|&|\+|\band\b|\bor\b", re.IGNORECASE)
_BY_GROUP = re.compile(
    r"(?:\w+ )?(?:result|performance|metric|accuracy|evaluation|error rate|fairness|outcome)"
    r" (?:by|per|across|for|among)(?: \w+)*?"
    r" (?:group|subgroup|gender|age|race|ethnicity|sex|demographic|region|population|segment|slice|cohort|skin|overlap)"
    r"(?: \w+)*"
)
"""Results for each of several groups of people."""


def plain(title: str) -> str:
    """The title without case, numbering, decoration, asides and plural endings.

    >>> plain("3.1 Out-of-Scope Uses [optional]:"), plain("primary_users")
    ('out of scope use', 'primary user')
    """
    text = _NUMBERING.sub("", _ASIDE.sub(" ", _CAMEL.sub(" ", title)).lstrip().casefold())
    text = " ".join(_singular(word) for word in _NOT_A_WORD.sub(" ", text.replace("&", " and ")).split())
    for apart, joined in _JOINED:
        text = text.replace(apart, joined)
    return text


def _singular(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    return word if _KEEP_S.match(word) else word.removesuffix("s")


@cache
def _index() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {plain(title): () for title in _NO_FIELD.split("|")}
    for field, titles in _TITLES.items():
        found.update({plain(title): (field,) for title in titles.split("|")})
    found.update(_WHOLE)
    return found


def fields_of(title: str) -> tuple[str, ...] | None:
    """The ids of `CARD_FIELDS` that a title announces; empty for a known title without a field; None when unknown.

    >>> fields_of("Bias, Risks, and Limitations"), fields_of("Intended uses & limitations"), fields_of("How to use")
    (('limitations',), ('intended_use', 'limitations'), ())
    """
    if len(title) > 120:
        return None
    known = _look_up(plain(title))
    if known is not None:
        return known
    parts = [_look_up(plain(part)) for part in _BETWEEN_PARTS.split(_ASIDE.sub(" ", title))]
    recognised = [part for part in parts if part is not None]
    if len(parts) < 2 or not recognised:
        return None
    return tuple(dict.fromkeys(field for part in recognised for field in part))


def _look_up(title: str) -> tuple[str, ...] | None:
    """The title itself, else without a word that changes nothing at its end, else without such words before it."""
    if _BY_GROUP.fullmatch(title):
        return ("disaggregated_results",)
    for whole in (title, _TRAILING.sub("", title)):
        words = whole.split()
        idle = _LEADING.match(whole + " ")
        for start in range(len(idle[0].split()) + 1 if idle else 1):
            found = _index().get(" ".join(words[start:]))
            if found is not None:
                return found
    return None
