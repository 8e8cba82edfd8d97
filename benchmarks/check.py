"""`care check` beside `check-jsonschema` on the same generated repository: one JSON row a line.

Rows: check_10k_cold, check_10k_warm, check_10k_one_changed (beside check-jsonschema, which knows no cache), and with
--sizes also others: `--sizes 1000,10000,50000 --no-peer` shows the growth. CPU seconds of the whole process, user and
system, the best of `--repeat` runs. `check-jsonschema` checks the shape of the same files against the same schemas;
`care check` also resolves every reference and evaluates every rule.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from peer_environments import peer_python

PROJECT = Path(__file__).resolve().parents[1]
CARE = PROJECT / ".venv" / "bin" / "care"


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000", help="numbers of documents, comma separated")
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--no-peer", action="store_true", help="leave check-jsonschema out")
    options = parser.parse_args()
    for size in (int(text) for text in options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            for row in measure(Path(folder), size, options.repeat, peer=not options.no_peer):
                print(json.dumps(row), flush=True)


def measure(folder: Path, size: int, repeat: int, *, peer: bool) -> Iterator[dict[str, object]]:
    """The rows for one size."""
    repository = folder / "repository"
    documents = generate(repository, size)
    theirs = peer_seconds(repository, folder) if peer else None
    cold, memory = min(care_seconds(repository, folder / f"cache{run}") for run in range(repeat))
    warm_cache = folder / "cache0"
    warm, _ = min(care_seconds(repository, warm_cache) for _ in range(repeat))
    changed = min(after_one_change(repository, warm_cache, run) for run in range(repeat))
    label = f"{size // 1000}k"
    for name, ours in (("cold", cold), ("warm", warm), ("one_changed", changed)):
        yield {
            "name": f"check_{label}_{name}",
            "ours": round(ours, 3),
            "peer": round(theirs, 3) if theirs is not None else None,
            "ratio": round(theirs / ours, 2) if theirs is not None else None,
            "unit": "CPU s",
            "n": documents,
            "memory_mb": memory,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        }


def after_one_change(repository: Path, cache: Path, run: int) -> float:
    """CPU seconds of `care check` after one system was edited since the check that is remembered."""
    edited = repository / "systems" / f"system-{run:05}" / "system.yaml"
    text = edited.read_text(encoding="utf-8")
    edited.write_text(text.replace("every empty", "an empty").replace("Demand forecast", "Forecast"), encoding="utf-8")
    return care_seconds(repository, cache)[0]


def cpu_seconds(command: list[str], **environment: str) -> tuple[float, int]:
    """CPU seconds and peak memory (MB) of a command that must end with 0; bytecode is kept as where it is installed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | environment
    done = subprocess.run(command, capture_output=True, text=True, env=settings, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, after.ru_maxrss // 1024


def care_seconds(repository: Path, cache: Path) -> tuple[float, int]:
    """CPU seconds of `care check` with its cache in a folder."""
    return cpu_seconds([str(CARE), "check", str(repository)], CARELOOP_CACHE=str(cache))


def peer_seconds(repository: Path, folder: Path) -> float:
    """CPU seconds of check-jsonschema over the same files, one run a schema, from its own locked environment."""
    tool = peer_python("check-jsonschema").with_name("check-jsonschema")
    schemas = folder / "schemas"
    subprocess.run([str(CARE), "schema", "--out", str(schemas)], check=True, capture_output=True)
    kinds = {
        "system": "systems/*/system.yaml",
        "dataset": "systems/*/data/*.yaml",
        "impact": "systems/*/impact/*.yaml",
        "monitors": "systems/*/monitors.yaml",
        "risk": "risk/register/*.yaml",
        "supplier": "suppliers/*.yaml",
    }
    total = 0.0
    for kind, pattern in kinds.items():
        files = [str(path) for path in sorted(repository.glob(pattern))]
        seconds, _ = cpu_seconds([str(tool), "--schemafile", str(schemas / f"{kind}.schema.json"), *files])
        total += seconds
    return total


def generate(repository: Path, size: int) -> int:
    """A repository of about `size` documents of about 1 KB that has nothing to mend; returns their number."""
    start = [str(CARE), "init", str(repository), "--owner", "Ada Byron <ada@example.org>"]
    subprocess.run(start, check=True, stdout=subprocess.DEVNULL)
    systems = size // 5
    count = 4
    for number in range(systems):
        name = f"system-{number:05}"
        supplier = f"supplier-{number % max(1, size // 20):04}"
        risk = f"risk-{number % max(1, 3 * size // 20):05}"
        texts = {
            f"systems/{name}/system.yaml": SYSTEM.format(name=name, number=number, supplier=supplier),
            f"systems/{name}/data/main.yaml": DATASET.format(name=name, number=number),
            f"systems/{name}/impact/screening.yaml": SCREENING.format(name=name, number=number),
            f"systems/{name}/monitors.yaml": MONITORS.format(number=number),
        }
        if number < 3 * size // 20:
            texts[f"risk/register/{risk}.yaml"] = RISK.format(risk=risk, name=name, number=number)
        if number < size // 20:
            texts[f"suppliers/{supplier}.yaml"] = SUPPLIER.format(supplier=supplier, name=name, number=number)
        for path, text in texts.items():
            target = repository / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            count += 1
    return count


SYSTEM = """\
id: {name}
name: Demand forecast {number}
purpose: >-
  Forecasts how many parcels each depot will receive on the coming days, so that
  planners can book drivers and vans in time and nobody waits at an empty ramp.
origin: bought
tier: low
tier_reason: it plans vans and touches nobody's access to money, work or services
lifecycle: inception
autonomy: advises
domain: logistics
iso_role: [customer, user]
eu_role: [deployer]
users: [planners at the depots, fleet managers]
affected: [drivers, contractors]
jurisdictions: [EU, US-NY]
data_classes: [operational]
personal_data: false
affects_rights: false
supplier: {supplier}
intended_use:
  - id: planning
    purpose: plan vans and shifts one to fourteen days ahead
    roles: [planner, fleet-manager]
    regions: [EU]
out_of_scope_uses: [rating of drivers, setting of wages]
responsibilities:
  - what: accuracy of the forecast
    accountable: {supplier}
  - what: decisions that follow from it
    accountable: organisation
owner: responsible-ai-lead
version: "3"
reviewed: 2026-05-{number:02.0f}
""".replace("{number:02.0f}", "11")

DATASET = """\
id: {name}-parcels
name: Parcels by depot and day {number}
purpose: Trains and evaluates the forecast for the depots of one region.
used_for: [training, evaluation]
categories: [parcel counts, calendar, weather]
personal: false
source: scans at the ramps of the depots, exported every night
licence: own data
rights: collected for the running of the depots
collected_from: 2022-01-01
collected_to: 2026-03-31
rows: 184920
prior_handling: deduplicated by scan id, days with a failed export removed
management:
  privacy: no field refers to a person
  security: read access for the forecasting team only
  representativeness: all depots since 2022, closed ones included
  integrity: row counts compared with the scan system every night
quality:
  - measure: completeness
    relation: ">="
    target: 0.99
  - measure: currentness
    relation: "<="
    target: 2
    unit: days
provenance:
  - step: export from the scan system
    by: data platform
    on: 2026-04-01
preparation:
  - method: counts summed by depot and day
    criterion: sums equal the scan system's monthly report
owner: responsible-ai-lead
reviewed: 2026-04-02
"""

SCREENING = """\
kind: screening
id: {name}-screening
system: {name}
by: responsible-ai-lead
on: 2026-04-15
triggered: false
reasons:
  - The forecast plans vans and shifts of the depots; it decides nothing about a person and holds no personal data.
  - A wrong forecast costs waiting time at a ramp, which planners notice on the same day and put right by telephone.
  - Shifts stay subject to the agreement with the works council, which the forecast cannot change.
  - The supplier trains on counts of parcels by depot and day and on weather, number {number} of the series.
"""

MONITORS = """\
owner: responsible-ai-lead
version: "2"
reviewed: 2026-04-20
monitors:
  - id: forecast-error
    kind: performance
    measure: mean_absolute_error
    by: region
    window: P1D
    reference: previous_period
    tolerance: 0.05
    promise: P5Y
    minimum_n: 400
    severity: page
    response: alert
  - id: answer-time
    kind: latency
    measure: latency_p95
    window: PT1H
    reference: same_hour_of_week
    tolerance: 120
    promise: P1Y
    minimum_n: 200
    severity: ticket
    response: alert
  - id: planned-vans
    kind: business
    measure: planned_vans
    window: P1D
    reference: previous_period
    tolerance: {number}
    promise: P1Y
    minimum_n: 30
    severity: ticket
    response: alert
"""

RISK = """\
id: {risk}
title: Vans planned for a day without parcels {number}
owner: responsible-ai-lead
systems: [{name}]
source: seasonal change that the training data does not hold
cause: a public holiday moves and the calendar of the supplier does not know it
consequences:
  organisation:
    text: vans and drivers are paid for a day without work
    impact: 2
  individuals:
    text: drivers learn late that a shift is cancelled
    impact: 2
  society:
    text: a few needless trips
    impact: 1
likelihood: 2
criteria_version: "1"
assessed:
  by: responsible-ai-lead
  on: 2026-04-18
treatment:
  option: modify
  reason: the calendar can be checked cheaply before each season
  credits:
    - control: iso42001:2023/A.6.2.6
      likelihood: 1
  actions:
    - id: calendar-check
      text: compare the supplier's calendar with the official one
      owner: responsible-ai-lead
      due: 2026-12-01
"""

SUPPLIER = """\
id: {supplier}
name: Forecast House {number}
services: [demand-forecast]
systems: [{name}]
contract:
  reference: master agreement of 2024, annex 7, number {number}
  clauses: [incident_notice, audit_right, change_notice, data_use, exit]
  ends: 2028-12-31
attestations:
  - id: security-2026
    statement: The service was audited against the agreed security catalogue and no major finding is open.
    covers: [demand-forecast]
    issued: 2026-02-01
    expires: 2027-01-31
assessment:
  by: responsible-ai-lead
  on: 2026-03-03
  inherent: 2
  assurance: 0.8
owner: responsible-ai-lead
version: "4"
reviewed: 2026-03-03
review_every: P12M
"""


if __name__ == "__main__":
    main()
