"""Each rule of the pack that is asked at every change finds its mistake in Acme, where a reader would look for it."""

from functools import cache

import pytest
from pack_rule_mistakes import PACK_RULE_MISTAKES

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.checks.run import check_tree
from careloop.domain.tier import Enforcement, Moment, Severity
from careloop.testing.source_tree_builder import Files, tree_of


@cache
def catalogue() -> Catalogue:
    return Catalogue(wiring.standards_library().read_all())


@cache
def acme() -> Files:
    return wiring.repository_source(wiring.examples().folder("acme")).work_tree().files


def test_every_rule_of_the_pack_that_is_asked_at_a_change_has_a_mistake() -> None:
    (pack,) = catalogue().packs.values()
    asked = {rule.id for rule in pack.rules if rule.moment is Moment.CHANGE and rule.require is not None}
    assert asked == set(PACK_RULE_MISTAKES)


@pytest.mark.parametrize("rule", PACK_RULE_MISTAKES)
def test_a_rule_of_the_pack_finds_its_mistake_at_its_place(rule: str) -> None:
    mistake = PACK_RULE_MISTAKES[rule]
    files = mistake.edit(acme())
    checked = check_tree(tree_of(files), catalogue())
    assert checked.errors == ()
    found = [finding for finding in checked.findings if finding.rule == rule]
    assert [finding.place.file for finding in found] == [mistake.file]
    (finding,) = found
    lines = files[mistake.file].decode().split("\n")
    if mistake.key is None:
        assert finding.place.line <= 2
    else:
        assert f"{mistake.key}:" in lines[finding.place.line - 1]
    blocks = finding.severity is Severity.MUST
    assert finding.enforce is (Enforcement.BLOCK if blocks else Enforcement.WARN)
    assert finding.because
    assert finding.controls
    assert finding.remedy
