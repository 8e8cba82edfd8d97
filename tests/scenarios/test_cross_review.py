"""R28: a change that several functions look at needs k of n of them, each by a person of its own; real signed commits.

R41: leaving a control out, or loosening a threshold, for a system of tier high or above takes two people of two posts.
"""

from pathlib import Path

import pytest
from change_rooms import Firm

SYSTEM = "systems/book-finder/system.yaml"
REVIEW = "cross-review systems/book-finder/system.yaml"
ASKED = """\
change_control:
  reviews:
    - id: new-systems
      paths: ["systems/**"]
      functions: [risk, product, operations]
      at_least: 2
"""


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """Two of risk, product and operations have to agree to a change of a system; then somebody changes one."""
    made = Firm(tmp_path)
    made.write("care.yaml", (made.root / "care.yaml").read_text() + ASKED)
    made.commit("ben-okri", "Ask for reviews")
    made.branch()
    made.edit(SYSTEM, "Suggests the next book.", "Suggests the book to read next.")
    made.commit("ben-okri", "Plainer")
    return made


def test_with_too_few_functions_the_change_is_refused_and_says_who_spoke_so_far_r28(firm: Firm) -> None:
    firm.approve("ada-byron")
    found = firm.lacks()[REVIEW]
    assert found.blocking is True
    assert "without the review new-systems by 2 of risk, product, operations; so far risk: ada-byron" in found.message
    told = firm.care("check", "--diff", "main..HEAD", "--on", "2026-03-20")
    assert (told.code, "[cross-review]" in told.out) == (1, True)


def test_with_k_of_n_functions_it_passes_r28(firm: Firm) -> None:
    firm.approve("ada-byron")
    firm.approve("eve-acting")  # stands in for product, which also owns the system
    assert firm.lacks() == {}


def test_one_person_who_holds_all_functions_speaks_for_one_r28(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    for post in ("shop-lead", "clerk"):
        text = (firm.root / "roles.yaml").read_text()
        head, _, rest = text.partition(f"  - id: {post}\n")
        body, mark, tail = rest.partition("function:")
        line, _, after = tail.partition("\n")
        held = after.replace("    holders: [cara-diaz]\n", "", 1) if post == "clerk" else after
        firm.write("roles.yaml", f"{head}  - id: {post}\n{body}{mark}{line}\n    holders: [ada-byron]\n{held}")
    firm.commit("ben-okri", "Ada does it all")
    firm.git("checkout", "-q", "topic")
    firm.git("rebase", "-q", "main")
    firm.git(*firm.signing("ben-okri"), "commit", "-q", "--amend", "--no-edit", "-S", person="ben-okri")
    firm.approve("ada-byron")
    found = firm.lacks()[REVIEW]
    assert "so far" in found.message
    assert any("ada-byron agreed and holds posts of operations, product, risk" in line for line in found.because)


def test_whoever_made_the_change_is_no_reviewer_of_it_r28(firm: Firm) -> None:
    firm.edit(SYSTEM, "Suggests the book to read next.", "Suggests what to read next.")
    firm.commit("ada-byron", "Plainer still")
    firm.approve("ada-byron")
    firm.approve("eve-acting")
    found = firm.lacks()[REVIEW]
    assert "so far product: eve-acting" in found.message
    assert any("ada-byron took part in the change" in line for line in found.because)


def test_a_review_for_high_tiers_leaves_low_ones_alone_and_counts_the_higher_of_both_tiers_r28(firm: Firm) -> None:
    firm.git("checkout", "-q", "main")
    firm.edit("care.yaml", '      paths: ["systems/**"]\n', '      paths: ["systems/**"]\n      tier: high\n')
    firm.commit("ben-okri", "High only")
    firm.branch("low")
    firm.edit(SYSTEM, "Suggests the next book.", "Suggests a book.")
    firm.commit("cara-diaz", "Plainer")
    assert REVIEW not in firm.lacks()
    firm.edit(SYSTEM, "tier: low", "tier: high")
    firm.commit("cara-diaz", "It matters more")
    assert REVIEW in firm.lacks()


def test_a_review_that_is_taken_away_is_a_loosening_and_counts_until_it_is_in_force_r28(firm: Firm) -> None:
    firm.write("care.yaml", (firm.root / "care.yaml").read_text().replace(ASKED, ""))
    firm.commit("ben-okri", "No reviews")
    found = firm.lacks()
    assert "cross-functional review new-systems is gone" in found["loosening-approved care.yaml"].message
    assert REVIEW in found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("at_least: 2", "at_least: 4", "at_least is 4, and only 3 functions are named"),
        ("[risk, product, operations]", "[risk, risk]", "a function is named twice"),
        ("at_least: 2", "at_least: 1", "greater than or equal to 2"),
    ],
)
def test_a_review_that_cannot_be_met_or_is_none_cannot_be_written_r28(
    firm: Firm, old: str, new: str, says: str
) -> None:
    firm.edit("care.yaml", old, new)
    told = firm.care("check")
    assert told.code == 2
    assert "care.yaml:" in told.out
    assert says in told.out


# --- exclusions -------------------------------------------------------------------------------------------------------

EXCLUDED = """\
owner: ai-lead
reviewed: 2026-03-02
decisions:
  - control: "iso42001:2023/A.10.4"
    applicable: {applies}
    ground: contract
    justification: Nobody is supplied with an AI system.
    owner: ai-lead
"""


def excluding(firm: Firm, tier: str) -> str:
    """On a branch: the decision about A.10.4 goes from applies to does not apply, by hand of the clerk."""
    firm.git("checkout", "-q", "main")
    firm.write("care.yaml", (firm.root / "care.yaml").read_text().replace(ASKED, "modules: {soa: 'off'}\n"))
    firm.edit(SYSTEM, "tier: low", f"tier: {tier}")
    firm.write("controls.yaml", EXCLUDED.format(applies="true"))
    firm.commit("ben-okri", "Decide")
    firm.branch("exclusion")
    firm.write("controls.yaml", EXCLUDED.format(applies="false"))
    firm.commit("cara-diaz", "Leave it out")
    return "loosening-approved controls.yaml"


def test_an_exclusion_for_a_low_tier_waits_for_its_owner_alone_r41(firm: Firm) -> None:
    finding = excluding(firm, "low")
    assert "without the approval of ai-lead" in firm.lacks()[finding].message
    firm.approve("ada-byron")
    assert finding not in firm.lacks()


@pytest.mark.parametrize("tier", ["high", "very_high"])
def test_an_exclusion_that_reaches_a_high_tier_takes_two_people_of_two_posts_r41(firm: Firm, tier: str) -> None:
    finding = excluding(firm, tier)
    firm.approve("ada-byron")
    found = firm.lacks()[finding]
    assert "a loosening that reaches book-finder and takes two people of two posts" in found.message
    assert "so far ada-byron agreed" in found.because
    assert (found.blocking, found.place.line) == (True, 5)
    firm.approve("eve-acting")  # holds no post that may accept risks or approve exclusions
    assert finding in firm.lacks()
    firm.approve("ben-okri")
    assert finding not in firm.lacks()


def test_an_exclusion_made_by_the_only_other_approver_has_no_second_voice_r41(firm: Firm) -> None:
    finding = excluding(firm, "high")
    firm.edit("controls.yaml", "Nobody is supplied", "Nobody at all is supplied")
    firm.commit("ben-okri", "More plainly")
    firm.approve("ada-byron")
    firm.approve("ben-okri")
    assert "so far ada-byron agreed" in firm.lacks()[finding].because


def test_a_looser_threshold_of_a_high_system_takes_two_people_of_two_posts_r41(firm: Firm) -> None:
    path = "systems/book-finder/monitors.yaml"
    firm.git("checkout", "-q", "main")
    firm.write("care.yaml", (firm.root / "care.yaml").read_text().replace(ASKED, "modules: {soa: 'off'}\n"))
    firm.edit(SYSTEM, "tier: low", "tier: high")
    firm.commit("ben-okri", "Decide")
    firm.branch("later")
    firm.edit(path, "tolerance: 0.1", "tolerance: 0.3")
    firm.commit("cara-diaz", "Later")
    firm.approve("ada-byron")
    firm.approve("eve-acting")
    found = firm.lacks()[f"loosening-approved {path}"]
    assert "takes two people of two posts: tolerance of monitor book-finder/drift: 0.1 -> 0.3" in found.message
    assert found.blocking is True
    firm.approve("ben-okri")
    assert f"loosening-approved {path}" not in firm.lacks()
