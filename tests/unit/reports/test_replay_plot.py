"""The picture of a replay shows every alarm in words, and is sound XML whatever a monitor is called (R48)."""

from __future__ import annotations

from xml.etree import ElementTree

from careloop.reports.replay_plot import ReplayedDetector, replay_svg

DAY = 86_400


def a_detector(**changed: object) -> ReplayedDetector:
    values: dict[str, object] = {
        "name": "gap <by> sex & age",
        "told": "1 unexplained alarm",
        "threshold": 1825.0,
        "trace": tuple((day * DAY, float(2**day)) for day in range(12)),
        "alarms": (11 * DAY,),
        **changed,
    }
    return ReplayedDetector(**values)  # type: ignore[arg-type]


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("text")]


def test_threshold_days_and_alarms_stand_there_as_text() -> None:
    said = texts(replay_svg("credit", [a_detector()]))
    assert {"gap <by> sex & age", "1 unexplained alarm", "1,825", "1970-01-01", "alarm 1970-01-12"} <= set(said)


def test_the_curve_rises_with_the_evidence_and_meets_the_threshold() -> None:
    svg = ElementTree.fromstring(replay_svg("credit", [a_detector(trace=((0, 0.0), (DAY, 42.0), (2 * DAY, 1824.0)))]))
    line = next(node for node in svg.iter() if node.tag.endswith("polyline")).attrib["points"].split()
    heights = [float(point.split(",")[1]) for point in line]
    dashed = next(n for n in svg.iter() if n.attrib.get("stroke-dasharray")).attrib["d"]
    assert heights == sorted(heights, reverse=True)
    assert abs(heights[-1] - float(dashed.split()[1].partition("H")[0])) < 0.5


def test_nothing_to_draw_is_said() -> None:
    assert "no windows to replay" in texts(replay_svg("credit", [a_detector(trace=(), alarms=())]))
    assert "no detector ran" in texts(replay_svg("credit", []))
    assert len(texts(replay_svg("credit", [a_detector(trace=((0, 1.0),), alarms=())]))) > 4
