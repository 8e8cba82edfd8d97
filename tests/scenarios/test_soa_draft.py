"""R6: `care soa --draft` lists all 38 controls undecided; none passes for a decision until it has a reason."""

from __future__ import annotations

import re
from pathlib import Path

from care_rooms import care


def test_all_38_controls_are_drafted_and_none_counts_until_it_has_a_reason(tmp_path: Path) -> None:
    care("init", ".", "--owner", "Ada Byron <ada@harbour.example>", at=tmp_path)
    refused = care("soa", at=tmp_path)
    assert refused.code == 1
    assert "`care soa --draft` writes it" in refused.err
    drafted = care("soa", "--draft", "--format", "json", at=tmp_path)
    assert (drafted.code, drafted.answer["file"], drafted.answer["controls"]) == (0, "controls.yaml", 38)
    told = care("check", "--format", "json", at=tmp_path)
    assert [one["rule"] for one in told.answer["findings"]] == ["reason-stated"] * 38
    assert care("soa", at=tmp_path).code == 1, "a statement with reasons left open is not built"
    path = tmp_path / "controls.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("justification: TBD", "justification: It matters here", 1), encoding="utf-8")
    assert len(care("check", "--format", "json", at=tmp_path).answer["findings"]) == 37
    path.write_text(re.sub("justification: TBD", "justification: It matters here", text), encoding="utf-8")
    assert care("check", at=tmp_path).code == 0
    assert care("soa", at=tmp_path).code == 0


def test_what_is_decided_already_is_not_written_over(tmp_path: Path) -> None:
    care("init", ".", "--owner", "Ada Byron <ada@harbour.example>", at=tmp_path)
    care("soa", "--draft", at=tmp_path)
    before = (tmp_path / "controls.yaml").read_bytes()
    again = care("soa", "--draft", at=tmp_path)
    assert again.code == 1
    assert "controls.yaml is there already" in again.err
    assert (tmp_path / "controls.yaml").read_bytes() == before
