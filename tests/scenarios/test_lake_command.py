"""`care lake` at acme: what lies there, what goes by its time, and a person's rows, and the ledger's word for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from acme_releases import Acme, Said

from careloop.wiring import trust
from careloop.workflows.evolve.erase_personal import place_hold

SYSTEM = "product-recommender"
LOCK = "sha256:" + "5" * 64


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    """Acme with a recorded release, a person who may erase, and forty answers of which some are old."""
    made = Acme.founded(tmp_path)
    made.edit("roles.yaml", "[approve_release, approve_thresholds,", "[erase, approve_release, approve_thresholds,")
    made.commit("daniel.osei@acme.example")
    made.locked()
    made.gate(str(tmp_path / "lock.json"), made.results("sha256:" + "0" * 64))
    with trust.clerk_for(made.root) as clerk:
        data = {"system": SYSTEM, "lock": LOCK, "environment": "live", "version": "5.4.1"}
        clerk.append(clerk.record("release.recorded", data))
    ingest(made, [answer(n, unit=f"customer-{n % 4}", days=500 * (n >= 30)) for n in range(40)])
    return made


def answer(number: int, *, unit: str, days: int = 0, **more: object) -> dict[str, object]:
    at = (datetime.now(UTC) - timedelta(days=days, hours=1)).isoformat()
    return {"id": f"a-{number}", "release": LOCK, "kind": "inference", "occurred_at": at, "unit": unit, **more}


def ingest(acme: Acme, rows: list[dict[str, object]]) -> None:
    path = acme.keys / "events.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = acme.care("ingest", "--system", SYSTEM, str(path))
    assert said.code == 0, said.out + said.err


def lake(acme: Acme, *words: str) -> Said:
    return acme.care("lake", *words)


def rows_left(acme: Acme) -> int:
    return int(lake(acme, "stats", "--format", "json").json["systems"][0]["rows"])


def test_it_is_compacted_with_its_digest_in_the_ledger_and_counted(acme: Acme) -> None:
    said = lake(acme, "compact")
    assert (said.code, said.out.strip()[:41]) == (0, "40 rows of 1 segments are now in 2 Parque")
    (segment,) = acme.care("ledger", "show", "--type", "ingest.segment", "--format", "json").json["entries"]
    assert segment["data"]["last_seq"] == 40
    told = lake(acme, "stats").out
    assert f"{SYSTEM}: 40 rows in 2 files" in told
    assert "0 newer in segments" in told


def test_a_person_is_erased_by_whoever_may_and_the_ledger_says_how_many_and_not_whom(acme: Acme) -> None:
    asked = ("erase", "--unit", "customer-1", "--reason", "Request 12/26")
    assert "10 rows would be erased" in lake(acme, *asked, "--dry-run").out
    refused = lake(acme, *asked, "--key", str(acme.key("anna-keller")))
    assert (refused.code, rows_left(acme)) == (1, 40), refused.err
    done = lake(acme, *asked, "--key", str(acme.key("marta-kowalska")))
    assert done.code == 0, done.err
    assert f"{SYSTEM}: 10 rows erased, Request 12/26 (ledger entry " in done.out
    assert rows_left(acme) == 30
    entries = acme.care("ledger", "show", "--type", "lake.erased", "--format", "json")
    assert entries.json["entries"][0]["data"]["rows"] == 10
    assert "customer-1" not in acme.care("ledger", "show", "--format", "json").out
    assert "not recomputable from rows: 10" in lake(acme, "stats").out
    named = lake(acme, "erase", "--unit", "customer-2", "--reason", "customer-2 asked", "--dry-run")
    assert (named.code, "the reason names the unit" in named.err) == (2, True)


def test_what_is_past_its_time_goes_but_not_under_a_hold_and_not_before_its_law(acme: Acme) -> None:
    assert "10 rows would be erased, kept for 390 days" in lake(acme, "retain", "--dry-run").out
    with trust.clerk_for(acme.root) as clerk:
        hold = place_hold(clerk, {"subject": f"systems/{SYSTEM}"}, reason="Court case 12/26")
    held = lake(acme, "retain")
    assert "10 rows kept: legal hold" in held.out
    person = lake(acme, "erase", "--unit", "customer-1", "--reason", "x", "--key", str(acme.key("marta-kowalska")))
    assert (person.code, "under the legal hold" in person.err, rows_left(acme)) == (1, True, 40)
    with trust.clerk_for(acme.root) as clerk:
        clerk.append(clerk.record("ledger.hold_released", {"reason": "settled", "hold": hold.id}))
    assert "10 rows erased" in lake(acme, "retain").out
    assert (lake(acme, "retain").out.strip(), rows_left(acme)) == (
        "0 rows erased; not recomputable from rows: 0",
        30,
    )
    acme.edit(f"systems/{SYSTEM}/system.yaml", "logs: {retention: P13M}", "logs: {retention: P1D, law: eu-ai-act}")
    ingest(acme, [answer(100, unit="u", days=100), answer(101, unit="u", days=200)])
    assert "1 rows erased, kept for 183 days (eu-ai-act asks for at least 183)" in lake(acme, "retain").out


def test_a_purpose_has_a_time_of_its_own(acme: Acme) -> None:
    declared = "logs: {retention: P13M, purposes: {marketing: P1M}}"
    acme.edit(f"systems/{SYSTEM}/system.yaml", "logs: {retention: P13M}", declared)
    ingest(acme, [answer(n, unit="u", days=40, purpose="marketing" if n % 2 else "service") for n in range(50, 54)])
    told = lake(acme, "retain", "--format", "json").json["erasures"]
    assert [(one["purpose"], one["rows"]) for one in told] == [(None, 10), ("marketing", 2)]


def test_the_first_compaction_starts_the_ledger_it_needs(tmp_path: Path) -> None:
    made = Acme.founded(tmp_path)
    path = tmp_path / "events.ndjson"
    path.write_text('{"id": "1"}\n')
    assert made.care("ingest", "--system", SYSTEM, str(path)).code == 1
    assert not (made.root / ".care" / "ledger.sqlite").exists()
    for words in (("stats",), ("retain", "--dry-run"), ("compact",)):
        assert lake(made, *words).code == 0, words
    assert (made.root / ".care" / "ledger.sqlite").exists()


def test_without_a_lake_it_is_said_so(tmp_path: Path) -> None:
    said = Acme.founded(tmp_path).care("lake", "stats")
    assert (said.code, "no event was ever taken in" in said.err) == (2, True)
