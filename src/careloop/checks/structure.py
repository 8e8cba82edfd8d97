"""Checks that span documents: references, orphans, completeness, accountability. One function a check, named as it.

Each is registered under the name that a rule of the pack gives in `check:`; the rule carries sentence, severity, remedy
and controls, so that a lawyer reads them in a diff and `care explain` shows them.
"""

from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from careloop.checks.answered import (
    answers_approved,
    answers_fit,
    questionnaire_sound,
    supplier_answered,
    tier_answered,
)
from careloop.checks.breach import Breach
from careloop.checks.data_sheets import data_sheet_filled, provenance_chained
from careloop.checks.ground import Ground
from careloop.checks.references import dangling_references
from careloop.checks.risk_scores import designated_posts, level_of, scores_of
from careloop.documents.card_gaps import card_gaps
from careloop.documents.card_placeholders import says_something
from careloop.documents.layout import KINDS, kind_of, looks_governed
from careloop.domain.card import Card
from careloop.domain.controls import Controls
from careloop.domain.noun import Governed
from careloop.domain.organisation import Organisation
from careloop.domain.policy import Policy
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.roles import Escalation, Roles
from careloop.domain.rule import RuleFile
from careloop.domain.system import System
from careloop.ledger.ssh_signature import read_ssh_keys

__all__ = [
    "STRUCTURAL_CHECKS",
    "acceptance_designated",
    "accountable_once",
    "card_complete",
    "credit_applicable",
    "document_placed",
    "escalation_ends",
    "link_inside",
    "reason_stated",
    "reference_exists",
    "review_past",
    "rule_linked",
    "scale_respected",
    "scope_complete",
    "session_key_apart",
    "soa_complete",
    "statement_linked",
]


Check = Callable[[Ground], Iterator[Breach]]


def reference_exists(ground: Ground) -> Iterator[Breach]:
    """Whatever a document names must exist."""
    statements = {document.path: policy.statements for document, policy in ground.repository.all(Policy)}
    for dangling in dangling_references(ground.repository, ground.names):
        guess = f"; did you mean '{dangling.close}'?" if dangling.close else ""
        line, pointer = None, dangling.pointer
        if dangling.path.endswith("/card.md"):
            pointer = ("care", *pointer)
        elif dangling.pointer[0] == "statements" and isinstance(dangling.pointer[1], int):
            line = statements[dangling.path][dangling.pointer[1]].line
        yield Breach(
            path=dangling.path,
            pointer=pointer,
            line=line,
            message=f"there is no {dangling.space} '{dangling.name}'{guess}",
        )


def statement_linked(ground: Ground) -> Iterator[Breach]:
    """Every policy statement names the rules that enforce it, or the person who attests it."""
    for document, policy in ground.repository.all(Policy):
        for position, statement in enumerate(policy.statements):
            if not statement.rules and statement.manual is None:
                yield Breach(
                    path=document.path,
                    pointer=("statements", position),
                    line=statement.line,
                    message=f"statement {statement.number} names no rule and nobody who attests it",
                )


def rule_linked(ground: Ground) -> Iterator[Breach]:
    """Every local rule is named by a policy statement; a rule nobody decided on is an orphan."""
    if any(path.startswith("policies/") for path in ground.failed):
        return
    named = {rule for policy in ground.repository.nouns(Policy) for s in policy.statements for rule in s.rules}
    for document, rules in ground.repository.all(RuleFile):
        for position, rule in enumerate(rules.rules):
            if rule.id not in named and rule.tightens is None:
                yield Breach(
                    path=document.path,
                    pointer=("rules", position, "id"),
                    message=f"no policy statement names the rule '{rule.id}'",
                )


def link_inside(ground: Ground) -> Iterator[Breach]:
    """A governed file is in the repository, not behind a link that leads elsewhere."""
    for link in ground.tree.links:
        where = "out of the repository" if link.outside else "to a folder, and is not followed"
        yield Breach(path=link.path, message=f"the link leads {where}: {link.target}")


def document_placed(ground: Ground) -> Iterator[Breach]:
    """A document in a governed folder has a name that careloop knows, so that none is passed over in silence."""
    for path in sorted(ground.tree.files):
        if kind_of(path) is None and looks_governed(path):
            folder, inside, _ = path.partition("/")
            known = ", ".join(kind.pattern for kind in KINDS if kind.pattern.startswith(f"{folder}/"))
            holds = f"{folder}/ holds {known}" if inside else f"did you mean {path.removesuffix('.yml')}.yaml?"
            yield Breach(path=path, message=f"no document of this name is known; {holds}")


def soa_complete(ground: Ground) -> Iterator[Breach]:
    """Each reference control is decided, one way or the other (6.1.3)."""
    found = next(ground.repository.all(Controls), None)
    if found is None:
        return
    document, controls = found
    for_all = {decision.control for decision in controls.decisions if not decision.systems}
    for_some: dict[str, set[str]] = {}
    for position, decision in enumerate(controls.decisions):
        seen = for_some.setdefault(decision.control, set())
        if twice := seen & set(decision.systems):
            message = f"{decision.control} is decided twice for {', '.join(sorted(twice))}"
            yield Breach(path=document.path, pointer=("decisions", position), message=message)
        seen |= set(decision.systems)
    systems = {system.id for system in ground.repository.nouns(System)}
    for control in ground.catalogue.controls:
        left = systems - for_some.get(control, set())
        if control in for_all or (for_some.get(control) and not left):
            continue
        whom = f" for {', '.join(sorted(left))}" if for_some.get(control) else ""
        yield Breach(path=document.path, pointer=("decisions", control), message=f"{control} is not decided{whom}")


def reason_stated(ground: Ground) -> Iterator[Breach]:
    """A decision about a control, and a system left out of the scope, has a reason that says something (R2, R6)."""
    for document, controls in ground.repository.all(Controls):
        for position, decision in enumerate(controls.decisions):
            if not says_something(decision.justification):
                message = f"{decision.control} is decided without a reason: {decision.justification}"
                yield Breach(path=document.path, pointer=("decisions", position), message=message)
    organisation = ground.repository.organisation
    for position, out in enumerate(organisation.scope.systems_excluded if organisation else ()):
        if not says_something(out.reason):
            message = f"'{out.system}' is left out of the scope without a reason: {out.reason}"
            yield Breach(path="care.yaml", pointer=("scope", "systems_excluded", position), message=message)


def scope_complete(ground: Ground) -> Iterator[Breach]:
    """Every system of the inventory is in scope, or excluded with a reason, and not both (4.3, R2)."""
    organisation = ground.repository.organisation
    systems = {system.id: document.path for document, system in ground.repository.all(System)}
    if organisation is None:
        return
    scope = organisation.scope
    if systems and not scope.included:
        yield Breach(path="care.yaml", pointer=("scope",), message="the scope includes nothing, yet there are systems")
    listed = frozenset(scope.systems_included or ())
    for position, out in enumerate(scope.systems_excluded):
        if out.system in listed or out.system in scope.included:
            yield Breach(
                path="care.yaml",
                pointer=("scope", "systems_excluded", position),
                message=f"'{out.system}' is both in and out of the scope",
            )
    excluded = {out.system for out in scope.systems_excluded}
    for system, path in systems.items() if scope.systems_included is not None else ():
        if system not in listed | excluded:
            yield Breach(
                path=path,
                pointer=("id",),
                message=f"the system '{system}' is neither in the scope nor excluded with a reason",
                remedy="list it under `scope.systems_included` in care.yaml, or with a reason under `systems_excluded`",
            )


def accountable_once(ground: Ground) -> Iterator[Breach]:
    """No path has two accountable posts at the same depth of detail (5.3, R20)."""
    found = next(ground.repository.all(Roles), None)
    if found is None:
        return
    document, roles = found
    seen: dict[str, str] = {}
    for position, item in enumerate(roles.accountable):
        other = seen.setdefault(item.path, item.post)
        if other != item.post:
            yield Breach(
                path=document.path,
                pointer=("accountable", position),
                message=f"'{item.path}' has two accountable posts, '{other}' and '{item.post}'",
            )
    for document_path in (d.path for d in ground.repository.documents if d.folder) if roles.accountable else ():
        if not any(fnmatchcase(document_path, item.path.replace("**", "*")) for item in roles.accountable):
            yield Breach(path=document_path, message="no post is accountable for this document")


def escalation_ends(ground: Ground) -> Iterator[Breach]:
    """Every escalation path ends with top management and asks nobody twice (5.1, R25)."""
    organisation: Organisation | None = ground.repository.organisation
    found = next(ground.repository.all(Roles), None)
    if found is None or organisation is None:
        return
    document, roles = found
    for position, path in enumerate(roles.escalations):
        for message in _escalation_faults(path, organisation.top_management):
            yield Breach(path=document.path, pointer=("escalations", position), message=message)


def _escalation_faults(path: Escalation, top: str) -> Iterator[str]:
    posts = [step.post for step in path.steps]
    twice = sorted({post for post in posts if posts.count(post) > 1})
    if twice:
        yield f"the escalation '{path.id}' comes back to '{twice[0]}'"
    if posts[-1] != top:
        yield f"the escalation '{path.id}' ends with '{posts[-1]}', not with top management '{top}'"


def session_key_apart(ground: Ground) -> Iterator[Breach]:
    """A key that vouches for sessions is a server's alone; were it a person's too, nobody could tell who signed."""
    roles, organisation = ground.repository.only(Roles), ground.repository.organisation
    if roles is None or organisation is None or organisation.sessions is None:
        return
    owners = {key: person.id for person in roles.people for key in read_ssh_keys(person.keys)}
    for position, line in enumerate(organisation.sessions.vouched_by):
        keys = read_ssh_keys((line,))
        taken = [owners[key] for key in keys if key in owners]
        if taken or not keys:
            message = f"the server's key is a key of {taken[0]} too: it proves nothing as either"
            yield Breach(
                path=ground.repository.path_of(Organisation) or "care.yaml",
                pointer=("sessions", "vouched_by", position),
                message=message if taken else "the line is no SSH key, and no server can vouch with it",
            )


def credit_applicable(ground: Ground) -> Iterator[Breach]:
    """A treatment counts only on controls that the organisation has decided to apply (R6)."""
    controls = ground.repository.only(Controls)
    if controls is None:
        return
    everywhere = {one.control for one in controls.decisions if not one.applicable and not one.systems}
    somewhere = {(one.control, system) for one in controls.decisions if not one.applicable for system in one.systems}
    for document, risk in ground.repository.all(Risk):
        for position, credit in enumerate(risk.treatment.credits if risk.treatment else ()):
            out_for = [system for system in risk.systems if (credit.control, system) in somewhere]
            if credit.control in everywhere or (out_for and len(out_for) == len(risk.systems)):
                yield Breach(
                    path=document.path,
                    pointer=("treatment", "credits", position, "control"),
                    message=f"the treatment counts on {credit.control}, which controls.yaml says does not apply",
                )


def acceptance_designated(ground: Ground) -> Iterator[Breach]:
    """A risk is accepted by a post that is designated for so much of it, and not before it was assessed (R8)."""
    criteria, roles = ground.repository.only(RiskCriteria), ground.repository.only(Roles)
    if criteria is None or "roles.yaml" in ground.failed:
        return
    for document, risk in ground.repository.all(Risk):
        treated = risk.treatment
        left, all_of_it = scores_of(risk, treated.credits) if treated else None, scores_of(risk)
        if treated is None or left is None or all_of_it is None:
            continue
        for name, given, scores in (
            ("accepted", treated.accepted, left),
            ("interim", treated.interim, all_of_it),
        ):
            if given is None:
                continue
            level = level_of(scores, criteria)
            posts = designated_posts(level, criteria, roles)
            if given.by not in posts:
                message = f"'{given.by}' is not designated to accept a risk of level {level.id} ({scores})"
                remedy = f"have it accepted by {' or '.join(sorted(posts))}, or treat the risk further"
            elif given.on < risk.assessed.on:
                message = f"it was accepted on {given.on}, before it was assessed on {risk.assessed.on}"
                remedy = "have the risk accepted as it is assessed now"
            else:
                continue
            yield Breach(path=document.path, pointer=("treatment", name), message=message, remedy=remedy)


def scale_respected(ground: Ground) -> Iterator[Breach]:
    """Likelihood and impact are points of the declared scales (6.1.2, R4)."""
    criteria = ground.repository.only(RiskCriteria)
    if criteria is None:
        return
    likelihoods = {point.value for point in criteria.likelihood}
    impacts = {point.value for point in criteria.impact}
    for document, risk in ground.repository.all(Risk):
        if risk.likelihood not in likelihoods:
            message = f"likelihood {risk.likelihood} is no point of the scale in risk/criteria.yaml"
            yield Breach(path=document.path, pointer=("likelihood",), message=message)
        for bearer in ("organisation", "individuals", "society") if risk.consequences else ():
            impact = getattr(risk.consequences, bearer).impact
            if impact not in impacts:
                yield Breach(
                    path=document.path,
                    pointer=("consequences", bearer, "impact"),
                    message=f"impact {impact} is no point of the scale in risk/criteria.yaml",
                )


def card_complete(ground: Ground) -> Iterator[Breach]:
    """A model card says what its system's tier needs it to say; a placeholder says nothing (A.8.2, R29, R39)."""
    systems = {document.folder: system for document, system in ground.repository.all(System)}
    for document, card in ground.repository.all(Card):
        system = systems.get(document.folder)
        if system is None:
            continue
        for gap in card_gaps(card, system.tier):
            yield Breach(
                path=document.path,
                pointer=(gap.field,),
                line=gap.line,
                message=gap.message,
                remedy=gap.remedy,
                severity=gap.severity,
            )


def review_past(ground: Ground) -> Iterator[Breach]:
    """A review that is dated after the day of the check has not happened (judged only where a day is given)."""
    if ground.on is None:
        return
    for document in ground.repository.documents:
        if isinstance(document.noun, Governed) and document.noun.reviewed and document.noun.reviewed > ground.on:
            message = f"the review of {document.noun.reviewed} is still to come on {ground.on}"
            yield Breach(path=document.path, pointer=("reviewed",), message=message)


STRUCTURAL_CHECKS: Mapping[str, Check] = {
    "reference-exists": reference_exists,
    "statement-linked": statement_linked,
    "rule-linked": rule_linked,
    "link-inside": link_inside,
    "document-placed": document_placed,
    "soa-complete": soa_complete,
    "scope-complete": scope_complete,
    "reason-stated": reason_stated,
    "accountable-once": accountable_once,
    "escalation-ends": escalation_ends,
    "session-key-apart": session_key_apart,
    "credit-applicable": credit_applicable,
    "acceptance-designated": acceptance_designated,
    "scale-respected": scale_respected,
    "card-complete": card_complete,
    "review-past": review_past,
    "provenance-chained": provenance_chained,
    "data-sheet-filled": data_sheet_filled,
    "answers-fit": answers_fit,
    "answers-approved": answers_approved,
    "questionnaire-sound": questionnaire_sound,
    "supplier-answered": supplier_answered,
    "tier-answered": tier_answered,
}
