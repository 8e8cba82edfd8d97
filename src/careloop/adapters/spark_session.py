"""A Spark session of this process: of the Spark that is there, else of a local one on every core."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

from careloop.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import DataFrame, Row, SparkSession

    from careloop.ports.row_files import Progress

__all__ = ["collected", "first_line", "java_version", "spark_session"]

_LEAST_JAVA: Final = 17
_LOOK_SECONDS: Final = 0.25
_SETTINGS: Final = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.variable.substitute": "false",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
}
"""Of our own session only: overflow is an error, names are exact, moments are what the files say."""


def spark_session() -> SparkSession:
    """A session with settings of its own on the Spark of this process, which is started when there is none.

    Where Spark runs is Spark's own configuration (spark-defaults.conf, `PYSPARK_SUBMIT_ARGS`); unset, it is `local[*]`.
    Raises `UsageError` without Java 17 or newer, `Unavailable` when Spark does not start.
    """
    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # of pandas, which we do not use
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        session = SparkSession.getActiveSession()
        if session is None and SparkContext._active_spark_context is None:
            _start()
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            ours = (session or SparkSession.builder.getOrCreate()).newSession()
            for name, value in _SETTINGS.items():
                ours.conf.set(name, value)
        except (PySparkException, Py4JError) as error:
            raise Unavailable(
                f"Spark is not there: {first_line(error)}", hint="is its master the right one?"
            ) from error
    return cast("SparkSession", ours)


def collected(frame: DataFrame, told: Progress | None) -> list[Row]:
    """All rows of a frame; meanwhile `told` hears which share of the tasks begun so far is done."""
    if told is None:
        return list(frame.collect())
    seen: dict[int, tuple[int, int]] = {}
    told(0.0)
    with ThreadPoolExecutor(1) as pool:
        asked, share = pool.submit(frame.collect), 0.0
        while not wait([asked], timeout=_LOOK_SECONDS).done:
            seen |= _stages(frame.sparkSession.sparkContext)
            done, tasks = (sum(column) for column in zip((0, 1), *seen.values(), strict=True))
            share = max(share, done / tasks)
            told(share)
    told(1.0)
    return list(asked.result())


def _stages(context: SparkContext) -> dict[int, tuple[int, int]]:
    """Tasks done, and tasks, of each stage that runs."""
    tracker = context.statusTracker()
    found = {stage: tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()}
    return {stage: (info.numCompletedTasks, info.numTasks) for stage, info in found.items() if info is not None}


def first_line(error: Exception) -> str:
    """What Spark says went wrong, in its first line: below it stands the JVM's stack."""
    thrown = getattr(error, "java_exception", None)
    said = str(error) if thrown is None else str(thrown.toString())
    return said.strip().partition("\n")[0]


def java_version(java: str) -> int | None:
    """The major version of this `java`; None when it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return None
    found = re.search(r'version "(\d+)(?:\.(\d+))?', said)
    if found is None:
        return None
    return int(found[2] if found[1] == "1" and found[2] else found[1])


def _start() -> None:
    """Start Spark's JVM; what it says on starting goes to a file, and is told when it fails."""
    _check_java()
    from py4j.protocol import Py4JError
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkException
    from pyspark.java_gateway import launch_gateway

    conf = SparkConf(loadDefaults=False).set("spark.ui.enabled", "false").set("spark.log.level", "ERROR")
    conf.set("spark.ui.showConsoleProgress", "false")
    with tempfile.TemporaryFile() as said:
        try:
            gateway = launch_gateway(conf, popen_kwargs={"stderr": said})
            whole = SparkConf(_jvm=gateway.jvm).setIfMissing("spark.app.name", "careloop")
            if whole.get("spark.master") is None:
                whole.set("spark.master", "local[*]").setIfMissing("spark.sql.shuffle.partitions", "8")
            SparkContext(conf=whole, gateway=gateway)
        except (PySparkException, Py4JError) as error:
            raise Unavailable(f"Spark did not start: {first_line(error)}", hint=_last_lines(said)) from error


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    version = java_version(java) if java else None
    if version is None or version < _LEAST_JAVA:
        found = "there is none" if not version else f"{java} is Java {version}"
        raise UsageError(
            f"Spark needs Java {_LEAST_JAVA} or newer, and {found}",
            hint="install one (Debian: apt-get install openjdk-17-jre-headless) and put it on PATH or in JAVA_HOME",
        )


def _last_lines(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    told = [line for line in lines if line.strip() and "WARN" not in line and not line.startswith("\t")]
    return " / ".join(told) or "it said nothing"
