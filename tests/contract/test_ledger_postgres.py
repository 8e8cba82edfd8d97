"""The ledger in a real PostgreSQL: tampering, many writers, crashes, and a server that goes away (issue 6, R51)."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from care_verify.export import verify_export
from care_verify.notes import read_key
from careloop.adapters.ledger_export import export_ledger
from careloop.adapters.ledger_fork import fork_postgres_ledger
from careloop.adapters.ledger_rotation import rotate_key, rotations_of
from careloop.adapters.log_tables import EntryRow
from careloop.adapters.postgres_ledger import open_postgres_ledger, verify_postgres_ledger
from careloop.adapters.postgres_tables import PostgresTables
from careloop.adapters.stored_ledger import StoredLedger
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable
from careloop.ledger.canonical import instant_text
from careloop.ledger.merkle import grown_nodes, leaf_hash, tree_root
from careloop.ledger.record import seal
from careloop.ledger.verify import Problem, ProblemKind
from careloop.testing.contracts.ledger import ADA, NOON, a_record
from careloop.testing.postgres_server import PostgresServer

ORIGIN = "acme.example/care"
WRITER = Path(__file__).with_name("postgres_writer.py")


def opened(url: str, folder: Path, *, create: bool = False, read_only: bool = False) -> StoredLedger:
    return open_postgres_ledger(url, folder, origin=ORIGIN, create=create, read_only=read_only)


def filled(postgres: PostgresServer, folder: Path, count: int = 5) -> str:
    """A ledger with a blob at entry 1, each entry in a commit of its own."""
    url = postgres.new_database()
    with opened(url, folder, create=True) as ledger:
        blob = ledger.put_blob(b"an attestation", media="application/json")
        for number in range(count):
            ledger.append([a_record(number, blobs=(blob,) if number == 1 else ())], recorded_at=NOON)
    return url


@contextmanager
def an_intruder(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Somebody with the rights of the database's owner, who took the triggers away first."""
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("SET search_path = care_ledger")
        for table in ("meta", "entry", "subject", "node", "head", "blob"):
            db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield db


def a_writer(url: str, folder: Path, first: int, count: int, threads: int = 1) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), url, str(folder), str(first), str(count), str(threads)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET body = ''",
        "DELETE FROM entry",
        "DELETE FROM head",
        "TRUNCATE node",
        "UPDATE meta SET value = ''",
    ],
)
def test_the_database_itself_refuses_change_and_deletion(
    tmp_path: Path, postgres: PostgresServer, statement: str
) -> None:
    url = filled(postgres, tmp_path)
    with psycopg.connect(url) as db:
        db.execute("SET search_path = care_ledger")
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            db.execute(statement)


@pytest.mark.parametrize("place", [7, 4, -1])
def test_the_database_itself_refuses_a_gap_and_a_second_entry(
    tmp_path: Path, postgres: PostgresServer, place: int
) -> None:
    url = filled(postgres, tmp_path)
    with psycopg.connect(url) as db:
        db.execute("SET search_path = care_ledger")
        with pytest.raises(psycopg.Error, match=r"follow one another|duplicate key"):
            db.execute("INSERT INTO entry VALUES (%s, 'x', 'x', 'x', 'x', 'x', '')", (place,))


TAMPERING = {
    "UPDATE entry SET body = set_byte(body, 40, 65) WHERE idx = 2": {Problem(2, ProblemKind.ALTERED_BODY)},
    "UPDATE entry SET type = 'gate.decision' WHERE idx = 2": {Problem(2, ProblemKind.ALTERED_INDEX_ROW)},
    "DELETE FROM subject WHERE idx = 1": {Problem(1, ProblemKind.ALTERED_INDEX_ROW)},
    "INSERT INTO subject VALUES ('systems/other', 4)": {Problem(4, ProblemKind.ALTERED_INDEX_ROW)},
    "DELETE FROM entry WHERE idx = 2": {Problem(2, ProblemKind.MISSING_INDEX)},
    "UPDATE blob SET data = ''": {Problem(None, ProblemKind.ALTERED_BLOB), Problem(1, ProblemKind.ALTERED_BLOB)},
    "DELETE FROM blob": {Problem(1, ProblemKind.MISSING_BLOB)},
    "UPDATE node SET hash = '' WHERE level = 1 AND pos = 1": {Problem(2, ProblemKind.ALTERED_NODE)},
    "INSERT INTO node VALUES (40, 1, '')": {Problem(None, ProblemKind.ALTERED_NODE)},
    "UPDATE head SET root = '' WHERE size = 3": {Problem(2, ProblemKind.BAD_ROOT)},
    "DELETE FROM head WHERE size = 5": {Problem(None, ProblemKind.BAD_ROOT)},
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_tampering_is_told_to_its_place(tmp_path: Path, postgres: PostgresServer, statement: str) -> None:
    url = filled(postgres, tmp_path)
    assert verify_postgres_ledger(url, tmp_path).sound
    with an_intruder(url) as db:
        db.execute(statement)
    assert TAMPERING[statement] <= set(verify_postgres_ledger(url, tmp_path).problems)


def test_a_tail_that_is_gone_is_told_by_the_anchor_and_the_ledger_refuses_to_run(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = filled(postgres, tmp_path)
    _cut(url)
    with pytest.raises(Refused, match=r"has 3 entries, but .* proves that it had 5"):
        opened(url, tmp_path)
    assert ProblemKind.BEHIND_ANCHOR in {p.kind for p in verify_postgres_ledger(url, tmp_path).problems}


def test_recording_goes_on_after_an_accepted_loss_with_a_new_key_and_a_record(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = filled(postgres, tmp_path)
    old_key = (tmp_path / "ledger.pub").read_text()
    record = replace(a_record(90), type="ledger.forked", data={"reason": "the disk lost its cache"})
    with pytest.raises(InvalidInput, match="no loss"):
        fork_postgres_ledger(url, tmp_path, origin=ORIGIN, record=record, recorded_at=NOON)
    _cut(url)
    receipt = fork_postgres_ledger(url, tmp_path, origin=ORIGIN, record=record, recorded_at=NOON)
    with opened(url, tmp_path) as ledger:
        assert (receipt.index, ledger.entry(3).record.data["anchor_size"]) == (3, 5)
        assert ledger.key != old_key.strip()
    assert verify_postgres_ledger(url, tmp_path).sound
    assert (tmp_path / "anchor.until-5").is_file()


def test_a_database_that_was_emptied_is_not_filled_anew(tmp_path: Path, postgres: PostgresServer) -> None:
    filled(postgres, tmp_path)
    with pytest.raises(Refused, match="holds no ledger, though its checkpoint is here"):
        opened(postgres.new_database(), tmp_path, create=True)


def test_only_the_owner_of_the_key_can_write(tmp_path: Path, postgres: PostgresServer) -> None:
    url = filled(postgres, tmp_path / "server")
    with pytest.raises(Unavailable, match="key is not here"):
        opened(url, tmp_path / "elsewhere", create=True)
    assert not (tmp_path / "elsewhere" / "keys").exists()
    for name in ("ledger.pub", "checkpoint", "anchor"):
        (tmp_path / "elsewhere" / name).write_bytes((tmp_path / "server" / name).read_bytes())
    with opened(url, tmp_path / "elsewhere", read_only=True) as reader:
        assert reader.size() == reader.head().size == 5
        with pytest.raises(Refused, match="reading only"):
            reader.append([a_record(9)], recorded_at=NOON)


def test_laying_out_twice_changes_nothing_and_another_name_is_refused(tmp_path: Path, postgres: PostgresServer) -> None:
    url = filled(postgres, tmp_path)
    with opened(url, tmp_path, create=True) as ledger:
        assert ledger.size() == 5
    with pytest.raises(Refused, match="not other"):
        open_postgres_ledger(url, tmp_path, origin="other", create=True)


def test_reading_where_no_ledger_is_makes_none(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with pytest.raises(NotFound, match="holds no ledger"):
        opened(url, tmp_path, read_only=True)
    with psycopg.connect(url) as db:
        assert db.execute("SELECT to_regnamespace('care_ledger')").fetchone() == (None,)


def test_a_server_out_of_reach_is_said_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://care:open-sesame@/care?host={tmp_path}"
    with pytest.raises(Unavailable) as caught:
        opened(url, tmp_path)
    assert "open-sesame" not in str(caught.value) + str(caught.value.hint)
    with pytest.raises(InvalidInput, match="no PostgreSQL address"):
        opened("postgresql://[", tmp_path)


def test_a_role_for_which_commits_are_not_durable_is_overruled(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("ALTER ROLE care SET synchronous_commit = off")
        try:
            tables = PostgresTables(url, read_only=False)
        finally:
            db.execute("ALTER ROLE care RESET synchronous_commit")
    assert tables.setting("synchronous_commit") == "on"
    tables.close()


def test_a_server_that_flushes_nothing_is_refused(tmp_path: Path) -> None:
    with _a_server() as server:
        server.stop()
        with (server.folder / "data" / "postgresql.conf").open("a") as file:
            file.write("fsync = off\n")
        server.start()
        with pytest.raises(Refused, match="nothing it acknowledges is durable"):
            opened(server.url, tmp_path, create=True)


def test_a_role_without_any_privilege_beyond_its_database_is_enough(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.new_database()
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("DROP ROLE IF EXISTS clerk")
        db.execute("CREATE ROLE clerk LOGIN")
        db.execute(f"ALTER DATABASE {url.split('@/')[1].split('?')[0]} OWNER TO clerk")
    with opened(url.replace("care@", "clerk@"), tmp_path, create=True) as ledger:
        assert ledger.append([a_record(1)], recorded_at=NOON)[0].index == 0
        assert ledger.head().size == 1
    assert verify_postgres_ledger(url.replace("care@", "clerk@"), tmp_path).sound


def test_a_checkpoint_is_never_ahead_of_what_the_server_would_find_again(tmp_path: Path) -> None:
    """What one process committed and did not yet flush is flushed before another signs for it."""
    with _a_server() as server:
        url = filled(server, tmp_path)
        with closing(PostgresTables(url, read_only=False)) as other, opened(url, tmp_path) as ledger:
            with other.writing(settled_later=True):
                edge = other.edge([])
                body = seal(a_record(70), recorded_at=NOON)
                row = EntryRow(
                    edge.size, a_record(70).id, "incident.opened", ADA.iss, ADA.sub, instant_text(NOON), body
                )
                made = grown_nodes(edge.size, [leaf_hash(body)], other.node)
                nodes = {(level, at): found for level, at, found in made}
                root = tree_root(6, lambda level, at: nodes.get((level, at)) or other.node(level, at))
                other.add([row], [("systems/credit-decision", 5)], made, (6, root))
            assert ledger.head().size == 6
            server.kill()
        server.start()
        with opened(url, tmp_path) as ledger:
            assert (ledger.size(), ledger.head().root) == (6, root)
        assert verify_postgres_ledger(url, tmp_path).sound


def test_names_with_a_nul_are_refused_by_every_ledger(tmp_path: Path, postgres: PostgresServer) -> None:
    with (
        opened(filled(postgres, tmp_path), tmp_path) as ledger,
        pytest.raises(InvalidInput, match=r"subject\[0\]\.name: holds a NUL"),
    ):
        ledger.append([a_record(9, system="a\0b")], recorded_at=NOON)


def test_four_processes_interleave_without_loss(tmp_path: Path, postgres: PostgresServer) -> None:
    url = filled(postgres, tmp_path, 1)
    writers = [a_writer(url, tmp_path, first, 40, threads=4) for first in (1000, 2000, 3000, 4000)]
    outputs = [writer.communicate()[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    said = {int(index): record_id for output in outputs for record_id, index in map(str.split, output.splitlines())}
    with opened(url, tmp_path) as ledger:
        assert said == {entry.index: entry.record.id for entry in ledger.entries(1, 161)}
        assert ledger.head().size == 161
    found = verify_postgres_ledger(url, tmp_path)
    assert (found.sound, found.checked) == (True, 161)


def test_its_key_is_changed_and_its_export_verifies_as_that_of_a_file_does(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    url = filled(postgres, tmp_path)
    home = tmp_path / "ledger.postgresql"
    told = read_key((tmp_path / "ledger.pub").read_text().strip())
    change = replace(a_record(900, data={"reason": "yearly"}), type="ledger.key_rotated")
    with opened(url, tmp_path) as busy:
        new = rotate_key(home, lambda: opened(url, tmp_path), record=change, recorded_at=NOON)
        assert busy.append([a_record(901)], recorded_at=NOON)[0].index == 6, "a writer goes on under the new key"
        assert busy.key == new
        export_ledger(busy, tmp_path / "export.zip", rotations=rotations_of(home))
    assert verify_postgres_ledger(url, tmp_path).problems == ()
    verdict = verify_export((tmp_path / "export.zip").read_bytes(), trust=told)
    assert (verdict.problems, verdict.sound) == ((), True), "who trusts the old key is led to the new one"


def test_a_commit_reads_as_little_of_a_long_log_as_of_a_short_one(tmp_path: Path, postgres: PostgresServer) -> None:
    """What it looks up it finds by index: a plan that reads a table whole makes each commit dearer than the last."""
    url = postgres.new_database()
    with opened(url, tmp_path, create=True) as ledger, psycopg.connect(url, autocommit=True) as db:

        def read() -> int:
            db.execute("SELECT pg_stat_clear_snapshot()")
            asked = "SELECT sum(seq_tup_read + idx_tup_fetch) FROM pg_stat_user_tables WHERE schemaname = 'care_ledger'"
            return int(db.execute(asked).fetchone()[0])  # type: ignore[index]

        def read_by_commits(first: int) -> int:
            ledger._tables._db.execute("SELECT pg_stat_force_next_flush()")  # type: ignore[attr-defined]
            before = read()
            for number in range(first, first + 10):
                ledger.append([a_record(number)], recorded_at=NOON)
            ledger._tables._db.execute("SELECT pg_stat_force_next_flush()")  # type: ignore[attr-defined]
            return read() - before

        early = read_by_commits(0)
        ledger.append([a_record(number) for number in range(100, 3_100)], recorded_at=NOON)
        late = read_by_commits(4_000)
    assert 0 < late < early + 10 * 40, "some 12 hashes of the tree's edge a commit more, and not its 6,000"


@pytest.mark.parametrize("what", ["postmaster", "backend"])
def test_nothing_acknowledged_is_lost_when_the_server_is_killed_amid_commits(tmp_path: Path, what: str) -> None:
    """Issue 6, faults: PostgreSQL killed mid-commit (`kill -9`), several times."""
    acknowledged: dict[str, int] = {}
    with _a_server() as server:
        url = filled(server, tmp_path, 1)
        for round_number, patience in enumerate((3, 40, 90), start=1):
            writer = a_writer(url, tmp_path, round_number * 100_000, 100_000, threads=4)
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(patience)]
            if what == "postmaster":
                server.kill()
            else:
                with psycopg.connect(url) as db:
                    ask = "SELECT pid FROM pg_stat_activity WHERE application_name = 'careloop'"
                    found = db.execute(ask).fetchone()
                assert found is not None
                server.kill_one(found[0])
            rest, _ = writer.communicate()
            assert writer.returncode != 0
            lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
            acknowledged |= {record_id: int(index) for record_id, index in map(str.split, lines)}
            if what == "postmaster":
                server.start()
            with opened(url, tmp_path) as ledger:
                kept = {entry.record.id: entry.index for entry in ledger.entries(0, ledger.size())}
            assert acknowledged.items() <= kept.items()
            assert verify_postgres_ledger(url, tmp_path).sound
    assert len(acknowledged) >= 133


def test_a_ledger_goes_on_after_the_server_came_back(tmp_path: Path) -> None:
    with _a_server() as server:
        url = filled(server, tmp_path)
        with opened(url, tmp_path) as ledger:
            server.kill()
            with pytest.raises(Unavailable, match="cannot be used"):
                ledger.append([a_record(9)], recorded_at=NOON)
            server.start()
            assert ledger.append([a_record(9)], recorded_at=NOON)[0].index == 5
            assert ledger.size() == 6


def _cut(url: str) -> None:
    """Take everything from entry 3 on away, so that the rest is consistent."""
    with an_intruder(url) as db:
        db.execute("DELETE FROM entry WHERE idx >= 3")
        db.execute("DELETE FROM subject WHERE idx >= 3")
        db.execute("DELETE FROM node WHERE (pos + 1) << level > 3")
        db.execute("DELETE FROM head WHERE size > 3")


@contextmanager
def _a_server() -> Iterator[PostgresServer]:
    """One that a test may kill without disturbing others."""
    try:
        server = PostgresServer()
    except Unavailable as error:
        pytest.skip(error.message)
    with server:
        yield server
