"""Claims: what documents and records show, one subject at a time, and what nobody has looked at."""

from __future__ import annotations

from datetime import date

import pytest
from status_builders import NOW, a_claim, a_line, in_ledger, judge, of_each, records, repository_of

from careloop.checks.subjects import Cases
from careloop.domain.standard import Claim, DocumentEvidence, RecordEvidence
from careloop.domain.status import ClaimState, EvidenceLine, Records
from careloop.errors import InvalidInput
from careloop.status.claims import ClaimJudge
from careloop.testing.source_tree_builder import Files, edited, small_repository, with_file, without

HELD, NOT_HELD, UNKNOWN = ClaimState.HELD, ClaimState.NOT_HELD, ClaimState.UNKNOWN
NOTHING_READ = Records(0)
FINDER = "systems/book-finder/system.yaml"


def two_systems() -> Files:
    """The bookshop with a second system, in the field of pricing."""
    files = small_repository()
    other = edited(edited(files, FINDER, "book-finder", "price-setter"), FINDER, "domain: retail", "domain: pricing")
    return with_file(files, "systems/price-setter/system.yaml", other[FINDER])


# --- records ----------------------------------------------------------------------------------------------------------


def test_a_record_is_unknown_and_never_held_while_the_ledger_is_not_read() -> None:
    judgement = judge(a_claim(record=in_ledger("review.held")), read=None)
    assert judgement.state is UNKNOWN
    assert judgement.because == "needs review.held from the ledger, which is not read"
    assert judgement.evidence == ()


def test_the_lake_is_unknown_even_when_the_ledger_is_read() -> None:
    measured = RecordEvidence(source="lake", types=("override-rate",))
    judgement = judge(a_claim(record=measured), read=records(a_line("override-rate")))
    assert (judgement.state, judgement.because) == (UNKNOWN, "needs override-rate from the lake, which is not read")


def test_no_record_of_the_type_is_not_held_and_says_which_is_missing() -> None:
    judgement = judge(a_claim(record=in_ledger("review.held", "review.signed")), read=records(a_line("audit.held")))
    assert (judgement.state, judgement.because) == (NOT_HELD, "the ledger holds no review.held or review.signed")


def test_any_of_the_types_shows_it_and_the_entry_is_named() -> None:
    judgement = judge(
        a_claim(record=in_ledger("review.held", "review.signed")), read=records(a_line("review.signed", index=7))
    )
    assert judgement.state is HELD
    assert judgement.because == "review.signed was recorded on 2026-03-31"
    assert judgement.evidence == (EvidenceLine("record", "review.signed#7"),)


@pytest.mark.parametrize(("age", "state"), [(0, HELD), (29, HELD), (30, HELD), (31, NOT_HELD)])
def test_a_record_counts_for_its_days_and_not_one_longer(age: int, state: ClaimState) -> None:
    claim = a_claim(record=in_ledger("review.held", within="P30D"))
    assert judge(claim, read=records(a_line("review.held", days_old=age))).state is state


def test_a_record_that_ran_out_names_both_days() -> None:
    claim = a_claim(record=in_ledger("review.held", within="P30D"))
    judgement = judge(claim, read=records(a_line("review.held", days_old=45)))
    assert judgement.because == "review.held of 2026-02-14 counted until 2026-03-16"


@pytest.mark.parametrize(("left", "state"), [(10, HELD), (0, HELD), (-1, NOT_HELD)])
def test_an_attestation_counts_until_the_day_it_carries(left: int, state: ClaimState) -> None:
    claim = a_claim(record=in_ledger("attestation.given", expires=True))
    assert judge(claim, read=records(a_line("attestation.given", days_old=90, expires_in=left))).state is state


def test_the_day_a_record_carries_means_nothing_to_a_claim_that_does_not_ask_for_it() -> None:
    claim = a_claim(record=in_ledger("attestation.given"))
    assert judge(claim, read=records(a_line("attestation.given", expires_in=-5))).state is HELD


def test_the_earlier_of_age_and_expiry_ends_it() -> None:
    claim = a_claim(record=in_ledger("attestation.given", within="P30D", expires=True))
    held = judge(claim, read=records(a_line("attestation.given", days_old=10, expires_in=5)))
    assert (held.state, held.fresh_until) == (HELD, date(2026, 4, 5))


def test_an_older_record_of_another_type_still_shows_what_the_newest_no_longer_does() -> None:
    claim = a_claim(record=in_ledger("review.held", "review.signed", expires=True))
    stale, good = a_line("review.held", index=9, expires_in=-1), a_line("review.signed", index=3, days_old=20)
    judgement = judge(claim, read=records(stale, good))
    assert (judgement.state, judgement.evidence[0].ref) == (HELD, "review.signed#3")


# --- one subject at a time --------------------------------------------------------------------------------------------


def test_a_record_must_be_about_every_system_and_the_one_left_out_is_named() -> None:
    claim = of_each(a_claim(record=in_ledger("release.recorded")), "system")
    judgement = judge(claim, files=two_systems(), read=records(a_line("release.recorded"), about="systems/book-finder"))
    assert judgement.state is NOT_HELD
    assert judgement.because == (
        "not shown for 1 of 2 systems: price-setter: the ledger holds no release.recorded about systems/price-setter"
    )


def test_a_record_about_the_system_shows_it() -> None:
    claim = of_each(a_claim(record=in_ledger("release.recorded")), "system")
    judgement = judge(claim, read=records(a_line("release.recorded"), about="systems/book-finder"))
    assert (judgement.state, judgement.because) == (HELD, "holds for 1 of 1 systems")


def test_the_worst_system_decides_for_all() -> None:
    claim = of_each(a_claim(document=DocumentEvidence(holds="system.domain == 'retail'")), "system")
    judgement = judge(claim, files=two_systems())
    assert judgement.state is NOT_HELD
    assert "price-setter" in judgement.because
    assert "book-finder" not in judgement.because


def test_where_leaves_out_the_systems_it_does_not_speak_about() -> None:
    claim = of_each(
        a_claim(document=DocumentEvidence(holds="system.domain == 'retail'")),
        "system",
        where="system.domain != 'pricing'",
    )
    assert judge(claim, files=two_systems()).because == "holds for 1 of 1 systems"


def test_a_claim_that_concerns_no_system_at_all_is_held_and_says_so() -> None:
    claim = of_each(
        a_claim(document=DocumentEvidence(holds="false")), "system", where="system.lifecycle == stages.retirement"
    )
    judgement = judge(claim, files=two_systems())
    assert (judgement.state, judgement.because) == (HELD, "none of 2 systems is concerned")


def test_without_any_system_there_is_nothing_to_show_it_on() -> None:
    files = without(small_repository(), FINDER, "risk/register/odd-advice.yaml")
    judgement = judge(of_each(a_claim(), "system"), files=files)
    assert (judgement.state, judgement.because) == (NOT_HELD, "there is no system to show it on")


def test_three_failing_systems_are_named_and_the_rest_counted() -> None:
    files = small_repository()
    for number in range(5):
        again = edited(files, FINDER, "id: book-finder", f"id: shop-{number}")[FINDER]
        files = with_file(files, f"systems/shop-{number}/system.yaml", again)
    judgement = judge(of_each(a_claim(document=DocumentEvidence(holds="false")), "system"), files=files)
    assert judgement.because.startswith("not shown for 6 of 6 systems: book-finder: ")
    assert judgement.because.endswith("; and 3 more")


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_document_that_is_missing_is_named_as_the_reason() -> None:
    claim = a_claim(document=DocumentEvidence(needs=("controls",), holds="true"))
    assert (judge(claim).state, judge(claim).because) == (NOT_HELD, "there are no controls")


def test_a_document_that_shows_it_is_the_evidence() -> None:
    claim = a_claim(document=DocumentEvidence(needs=("criteria",), holds="criteria.appetite.individuals == 2"))
    judgement = judge(claim)
    assert judgement.state is HELD
    assert judgement.evidence == (EvidenceLine("document", "risk/criteria.yaml"),)


def test_a_fact_that_nobody_wrote_down_is_unknown_and_not_held() -> None:
    claim = of_each(a_claim(document=DocumentEvidence(holds="supplier.name != ''")), "system")
    assert judge(claim).state is UNKNOWN


def test_a_document_whose_review_is_overdue_no_longer_shows_it() -> None:
    claim = a_claim(document=DocumentEvidence(needs=("criteria",), holds="true", fresh=("criteria",)))
    fresh = judge(claim)
    assert (fresh.state, fresh.fresh_until) == (HELD, date(2027, 2, 25))
    late = judge(claim, at=NOW.replace(year=2027))
    assert late.state is NOT_HELD
    assert late.because == "criteria was last reviewed on 2026-03-02; the next review was due on 2027-02-25"


def test_an_expression_that_cannot_be_used_is_a_fault_of_the_catalogue() -> None:
    with pytest.raises(InvalidInput, match="cannot be used"):
        judge(a_claim(document=DocumentEvidence(needs=("criteria",), holds="criteria.apetite")))


# --- alternatives and the same thing said twice -----------------------------------------------------------------------


def either(*ways: DocumentEvidence | RecordEvidence) -> Claim:
    return a_claim().model_copy(update={"document": None, "any_of": ways})


def test_one_of_several_ways_is_enough() -> None:
    claim = either(DocumentEvidence(holds="false"), in_ledger("review.held"))
    judgement = judge(claim, read=records(a_line("review.held")))
    assert (judgement.state, judgement.evidence) == (HELD, (EvidenceLine("record", "review.held#0"),))


def test_a_way_that_fails_and_one_that_was_not_looked_at_make_unknown() -> None:
    assert judge(either(DocumentEvidence(holds="false"), in_ledger("review.held")), read=None).state is UNKNOWN


def test_when_no_way_shows_it_the_claim_is_not_held() -> None:
    assert judge(either(DocumentEvidence(holds="false"), in_ledger("x")), read=NOTHING_READ).state is NOT_HELD


def judged_together(*claims: Claim) -> list[ClaimState]:
    results = ClaimJudge(Cases(repository_of(), NOW), NOTHING_READ, NOW).judge_all(claims)
    return [results[claim.id].judgement.state for claim in claims]


def test_a_claim_takes_over_the_state_of_another_wherever_that_one_stands() -> None:
    follower = a_claim("follower").model_copy(update={"document": None, "same_as": "leader"})
    for holds, state in (("true", HELD), ("false", NOT_HELD)):
        leader = a_claim("leader", document=DocumentEvidence(holds=holds))
        assert judged_together(follower, leader) == judged_together(leader, follower) == [state, state]


def test_a_claim_that_follows_nothing_is_refused_and_both_are_named() -> None:
    follower = a_claim("follower").model_copy(update={"document": None, "same_as": "nobody"})
    with pytest.raises(InvalidInput, match="follower points to nobody"):
        judged_together(follower)
