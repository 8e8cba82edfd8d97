"""Whether an owner approved a change, by signed commits alone (R23; SEMANTICS 18; docs/adr/0011).

An approval is a commit signed by somebody whom the base lists, made under their own name, that either carries the
trailer `Approved-by:` with their own mail address or merges the change into the base. It counts for a path when the
signer owns the path, made no part of its change, and saw exactly what the change leaves there, from where the base
stands. Who made the change must be proven as well: nobody is independent of an unknown hand.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from careloop.domain.change import Change, CommitMade, Signature, SignatureState, Signer
from careloop.domain.roles import Person
from careloop.gates.owners import OwnerGroup
from careloop.gates.people import People

__all__ = ["Approved", "ChangeApprovals", "Verdict", "signers_of"]

_TRAILER = re.compile(r"^approved-by:\s*(?:.*<)?([^<>\s]+@[^<>\s]+?)>?\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approval that counts."""

    person: str
    commit: str
    how: str
    """`trailer` or `merge`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What one path has, and what it lacks."""

    approved: tuple[Approved, ...]
    missing: tuple[OwnerGroup, ...]
    because: tuple[str, ...]
    """Why what looks like an approval is none."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """A commit that says or seems to approve, and who signed it; `fault` says why it counts for nothing."""

    commit: CommitMade
    person: str | None
    how: str
    fault: str | None


def signers_of(people: People) -> tuple[Signer, ...]:
    """Everybody whose commits prove something: here on the day, with a key and a mail address."""
    present = [one for one in people.roles.people if one.mail is not None and not people.has_left(one)]
    return tuple(Signer(person.id, key.line) for person in present for key in people.keys_of(person))


@dataclass(frozen=True)
class ChangeApprovals:
    """The approvals that a change bears."""

    change: Change
    people: People
    signatures: Mapping[str, Signature]

    def verdict(self, path: str, groups: Sequence[OwnerGroup]) -> Verdict:
        """Which of the groups approved what the change leaves at a path."""
        makers, unproven = self._makers(path)
        counted: list[Approved] = []
        missing: list[OwnerGroup] = []
        because: list[str] = list(unproven)
        for group in groups:
            found = [] if unproven else list(self._counted(path, group, makers, because))
            counted.extend(one for one in found if one not in counted)
            if not found:
                missing.append(group)
        if missing:
            because.extend(claim.fault for claim in self._claims if claim.fault)
        return Verdict(approved=tuple(counted), missing=tuple(missing), because=tuple(dict.fromkeys(because)))

    def _counted(self, path: str, group: OwnerGroup, makers: frozenset[str], because: list[str]) -> Iterator[Approved]:
        for claim in self._claims:
            if claim.fault is not None or claim.person is None or claim.person not in group.people:
                continue
            objection = self._objection(path, claim, makers)
            if objection is None:
                yield Approved(person=claim.person, commit=claim.commit.id, how=claim.how)
            else:
                because.append(objection)

    def _objection(self, path: str, claim: _Claim, makers: frozenset[str]) -> str | None:
        assert claim.person is not None, "a claim without a fault has a signer"
        short = claim.commit.id[:10]
        if self.people.identity(claim.person) in makers:
            return f"{claim.person} took part in the change of {path} and cannot approve it"
        if self.change.seen.get(claim.commit.id, {}).get(path, "") != self.change.after[path]:
            return f"{path} was changed after {claim.person} approved it in {short}"
        if self.change.parted.get(claim.commit.id, {}).get(path, "") != self.change.at_base[path]:
            return f"{path} has changed in the base since {claim.person} approved it in {short}"
        return None

    def _makers(self, path: str) -> tuple[frozenset[str], tuple[str, ...]]:
        """Everybody who had a hand in what stands at a path, and the commits of which that cannot be told."""
        touching = [one for one in self.change.commits if path in one.touched]
        if all(one.touched[path] != self.change.after[path] for one in touching):
            touching += [one for one in self.change.commits if len(one.parents) > 1]
        makers: set[str] = set()
        unproven: list[str] = []
        for commit in touching:
            signer, fault = self._signer(commit)
            if signer is None:
                unproven.append(f"who made {commit.id[:10]} cannot be told: {fault}")
                continue
            named = (commit.author, commit.committer, *commit.co_authors)
            makers |= {self.people.identity(signer.id), *(self.people.identity(mail) for mail in named)}
        if not touching:
            unproven.append(f"no commit shows who changed {path}")
        return frozenset(makers), tuple(unproven)

    def _signer(self, commit: CommitMade) -> tuple[Person | None, str]:
        """The person who signed a commit under their own name; else why nobody did."""
        signature = self.signatures.get(commit.id, Signature(SignatureState.NONE))
        if signature.state is SignatureState.NONE:
            return None, "it is not signed"
        if signature.state is SignatureState.UNKNOWN:
            return None, "it is signed with a key that roles.yaml lists for nobody who is still here"
        person = self.people.entry(signature.principal or "") if signature.state is SignatureState.GOOD else None
        if person is None:
            return None, "its signature is not good"
        if person.mail is None or commit.committer != person.mail.casefold():
            return None, f"{person.id} signed it, yet it names {commit.committer} as its committer"
        return person, ""

    @cached_property
    def _claims(self) -> tuple[_Claim, ...]:
        return tuple(claim for commit in self.change.commits for claim in self._claim(commit))

    def _claim(self, commit: CommitMade) -> Iterator[_Claim]:
        named = _approvers_named(commit.message)
        merged = commit.id in self.change.merged_here
        if not named and not merged:
            return
        how = "merge" if merged else "trailer"
        person, fault = self._signer(commit)
        if person is None:
            if named:
                yield _Claim(commit, None, how, f"{commit.id[:10]} says Approved-by, but {fault}")
            return
        mail = (person.mail or "").casefold()
        if named and mail not in named:
            fault = f"{commit.id[:10]} says that {named[0]} approves, but {person.id} signed it"
            yield _Claim(commit, person.id, how, fault)
        else:
            yield _Claim(commit, person.id, how, None)


def _approvers_named(message: str) -> tuple[str, ...]:
    """Mail addresses of the trailers `Approved-by` in the last paragraph, in lower case."""
    last = message.rstrip().rpartition("\n\n")[2].splitlines()
    return tuple(found.group(1).casefold() for line in last if (found := _TRAILER.match(line)))
