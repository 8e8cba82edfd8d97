"""Equal heads mean that nothing has changed; any change shows."""

from __future__ import annotations

from datetime import timedelta

from chart_builders import an_answer
from watch_builders import World, at_day

from careloop.ports.lake import Newest
from careloop.testing.lake_fake import LakeFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import small_repository
from careloop.workflows.run.stores_head import StoresHead, stores_head


def test_any_change_of_a_store_shows_in_the_head() -> None:
    repository = RepositoryFake.holding(small_repository(), at=at_day(0))
    world, lake = World(), LakeFake()
    heads = [stores_head(repository, ledger=world.ledger, lake=lake)]
    assert stores_head(repository, ledger=world.ledger, lake=lake) == heads[0]
    repository.write("roles.yaml", b"owner: nobody\n")
    heads.append(stores_head(repository, ledger=world.ledger, lake=lake))
    repository.commit(at_day(1))
    heads.append(stores_head(repository, ledger=world.ledger, lake=lake))
    world.pause(day=1)
    heads.append(stores_head(repository, ledger=world.ledger, lake=lake))
    lake.append([an_answer(1, at_day(1))], now=at_day(1) + timedelta(minutes=1))
    heads.append(stores_head(repository, ledger=world.ledger, lake=lake))
    assert all(one != other for n, one in enumerate(heads) for other in heads[n + 1 :])
    assert heads[-1].newest == {"credit": Newest(seq=1, received_at=at_day(1) + timedelta(minutes=1))}
    assert (heads[-1].commit, heads[-1].ledger_size, heads[-1].watermark) == (repository.resolve("HEAD"), 1, 1)


def test_what_is_not_there_is_none() -> None:
    head = stores_head(RepositoryFake(small_repository(), is_git=False), ledger=None, lake=None)
    assert isinstance(head, StoresHead)
    assert (head.commit, head.ledger_size, head.watermark, head.newest) == (None, None, None, {})
    assert head.documents
