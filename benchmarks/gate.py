"""`care gate` on warm data: a decision that was asked for before; one JSON row a line.

The repository is the example organisation in git, with its ledger; all results are good, so that every rule and every
risk is looked at. Rows, in CPU milliseconds (user and system), the median of `--repeat`:

- gate_warm: the decision in a process that has made one before, as `care serve` and a worker are; the goal is 300 ms.
- gate_process: the whole command in a process of its own, less an interpreter that does nothing. `parts` says what
  importing the command takes; the rest over gate_warm is what is made ready once a process: schemas, standards, rules.

There is no peer.
"""

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
BIN = PROJECT / ".venv" / "bin"
SYSTEM = "credit-decision"
GOAL_MS = 300
MEASURES = ("impact_ratio", "membership_advantage", "importance_stability")
WAITS = 3


def main() -> None:
    """Prepare, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=11)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), options.repeat):
            print(json.dumps(row), flush=True)


def measure(folder: Path, repeat: int) -> Iterator[dict[str, object]]:
    """The rows."""
    command, environment = prepared(folder)
    for _ in range(2):  # the request is recorded, bytecode is written
        cpu_ms(command, environment, expected=(1, WAITS))
    asked = [str(BIN / "python"), "-c", AGAIN, str(repeat), *command[1:]]
    done = subprocess.run(asked, capture_output=True, text=True, env=environment, check=True)
    yield row("gate_warm", [float(line) for line in done.stdout.split()], goal=GOAL_MS)
    start = statistics.median(cpu_ms([str(BIN / "python"), "-c", "pass"], environment) for _ in range(repeat))
    loaded = [str(BIN / "python"), "-c", "import careloop.cli.main, careloop.cli.gate"]
    imports = statistics.median(cpu_ms(loaded, environment) for _ in range(repeat)) - start
    whole = [cpu_ms(command, environment, expected=(1, WAITS)) - start for _ in range(repeat)]
    yield row("gate_process", whole, parts={"interpreter": round(start, 1), "imports": round(imports, 1)})


AGAIN = """
import contextlib, io, sys, time
from careloop.cli.main import run
repeat, sys.argv = int(sys.argv[1]), ["care", *sys.argv[2:]]
for turn in range(repeat + 1):
    began = time.process_time()
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        run()
    if turn:
        print(1000 * (time.process_time() - began))
"""


def row(name: str, found: list[float], **more: object) -> dict[str, object]:
    """One row of the contract."""
    return {
        "name": name,
        "ours": round(statistics.median(found), 1),
        "peer": None,
        "ratio": None,
        "unit": "CPU ms",
        "n": len(found),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "least": round(min(found), 1),
        **more,
    }


def cpu_ms(command: list[str], environment: dict[str, str], *, expected: tuple[int, ...] = (0,)) -> float:
    """CPU milliseconds of a command that must end with one of the codes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in expected:
        sys.exit(f"{' '.join(command)[:200]} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def prepared(folder: Path) -> tuple[list[str], dict[str, str]]:
    """The example in git with a locked model and its results, and the command that asks the gate about it."""
    repository = folder / "acme"
    shutil.copytree(PROJECT / "examples" / "acme", repository)
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "a"), ("EMAIL", "a@b.example"))
    }
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"CARELOOP_CACHE": str(folder / "cache"), "GIT_CONFIG_GLOBAL": os.devnull, **who}
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", *words], cwd=repository, env=environment, check=True)
    (repository / "models").mkdir()
    (repository / "models" / "weights.json").write_text('{"income": 1.5}\n')
    lock = folder / "lock.json"
    words = ["release", "lock", SYSTEM, "--artifact", str(repository / "models" / "weights.json"), "--out", str(lock)]
    said = subprocess.run(
        [str(BIN / "care"), *words, "--repo", str(repository)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    results = folder / "results.json"
    digest = f"sha256:{'d' * 64}"
    rows = [{"measure": name, "value": 0.9, "n": 4102, "outcome": "shown_safe"} for name in MEASURES]
    about = {"system": SYSTEM, "lock": said.stdout.split()[-1], "data_digest": digest, "config_digest": digest}
    results.write_text(json.dumps(about | {"measured_at": datetime.now(UTC).isoformat(), "results": rows}))
    gate = ["gate", SYSTEM, "--release", str(lock), "--results", str(results), "--requester", "daniel-osei"]
    return [str(BIN / "care"), *gate, "--repo", str(repository), "--format", "json"], environment


if __name__ == "__main__":
    main()
