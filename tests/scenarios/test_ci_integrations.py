"""R39, R40: what a team puts into its CI is run: the Action's steps, the GitLab component, pre-commit.

Jenkins itself and the forges' own runners are not run here; docs/how-to/ci.md says so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from care_rooms import FIRST_DAY, a_repository
from junitparser import JUnitXml

from careloop.testing.git_folder import GitFolder
from careloop.testing.source_tree_builder import edited, small_repository

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
GITLAB = ROOT / ".cache/npm/node_modules/.bin/gitlab-ci-local"
FINDER = "systems/book-finder/system.yaml"
WORKFLOWS = ("github/check", "github/gate", "gitea/check")
DRAFTED = edited(small_repository(), FINDER, "jurisdictions: [Ireland]\n", "")
"""The bookshop, whose system says nowhere where it is used: a finding that blocks."""


def run(*words: object, at: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in a folder, in an environment that knows nothing of this machine; `care` is found on its PATH."""
    home = at.parent / "home"
    home.mkdir(exist_ok=True)
    who = {f"GIT_{one}_{what}": f"{one}@shop.example" for one in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    own = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(home), "LC_ALL": "C.UTF-8", **who}
    env = {**own, "GIT_CONFIG_NOSYSTEM": "1", "XDG_CACHE_HOME": str(home / "cache"), **more}
    command = [str(word) for word in words]
    return subprocess.run(command, cwd=at, env=env, capture_output=True, text=True, timeout=240, check=False)


def git(at: Path, *words: object) -> str:
    """Run git."""
    done = run("git", *words, at=at)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def a_change(folder: Path, *, broken: bool) -> GitFolder:
    """The bookshop with a second commit, which breaks a rule or does not."""
    shop = a_repository(folder / "shop")
    shop.write(*((FINDER, DRAFTED[FINDER]) if broken else ("README.md", b"words\n")))
    shop.commit(FIRST_DAY + timedelta(days=1))
    return shop


# --- the GitHub Action ------------------------------------------------------------------------------------------------


class Runner:
    """Runs a composite action's steps as the GitHub runner does: inputs as variables, files for outputs and summary."""

    def __init__(self, folder: Path, at: Path) -> None:
        self.action = yaml.safe_load((ROOT / "action.yml").read_text())
        self.at, self.output, self.summary = at, folder / "output", folder / "summary"
        self.output.touch()

    def step(self, name: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        """One step of the action with these inputs; the others as they are when left out."""
        given = {key: str(one.get("default", "")) for key, one in self.action["inputs"].items()} | inputs
        (found,) = [one for one in self.action["runs"]["steps"] if one.get("id") == name]
        env = {key: self._value(value, given) for key, value in found["env"].items()}
        env |= {"GITHUB_OUTPUT": str(self.output), "GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_ACTIONS": "true"}
        return run("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", found["run"], at=self.at, **env)

    def _value(self, expression: str, given: Mapping[str, str]) -> str:
        found = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", expression)
        assert found, f"{expression}: the test knows no other expression"
        return given[found.group(1)]

    @property
    def outputs(self) -> dict[str, str]:
        """What the steps said to later ones."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


def test_the_action_fails_a_change_that_breaks_a_rule_and_leaves_every_report(tmp_path: Path) -> None:
    shop = a_change(tmp_path, broken=True)
    runner = Runner(tmp_path, shop.folder)
    done = runner.step("care", diff="HEAD~1..HEAD")
    assert done.returncode == 1, done.stderr
    assert f"::error file={FINDER},line=" in done.stdout
    assert runner.outputs["exit-code"] == "1"
    assert "to mend before this can be merged" in runner.summary.read_text()
    files = {name: shop.folder / runner.outputs[name] for name in ("sarif", "junit", "json", "markdown")}
    assert json.loads(files["sarif"].read_text())["runs"][0]["results"]
    assert JUnitXml.fromfile(str(files["junit"])).failures >= 1
    assert json.loads(files["json"].read_text())["summary"]["exit_code"] == 1
    assert files["markdown"].read_text().startswith("<!-- careloop:check -->\n")
    assert set(runner.action["outputs"]) == set(runner.outputs)


def test_the_action_lets_a_good_change_pass(tmp_path: Path) -> None:
    runner = Runner(tmp_path, a_change(tmp_path, broken=False).folder)
    done = runner.step("care", diff="HEAD~1..HEAD", on="2026-03-20")
    assert (done.returncode, runner.outputs["exit-code"]) == (0, "0"), done.stdout + done.stderr


def test_no_input_of_the_action_becomes_a_command(tmp_path: Path) -> None:
    runner = Runner(tmp_path, a_change(tmp_path, broken=False).folder)
    for evil in ("$(touch hacked)", "`touch hacked`", "'; touch hacked; '", "--help", "*"):
        for name in ("diff", "on"):
            done = runner.step("care", **{name: evil})
            assert done.returncode == 2, (evil, done.stdout, done.stderr)
        assert runner.step("care", command=evil).returncode == 2
        assert runner.step("care", command="gate", system="book-finder", results=evil, release=evil).returncode == 2
    assert not (runner.at / "hacked").exists()
    scripts = [step["run"] for step in runner.action["runs"]["steps"]]
    assert not any("${{" in script for script in scripts), "expressions in a script are pasted into it"


def test_the_action_asks_the_gate_with_each_file_that_is_named(tmp_path: Path) -> None:
    shop = a_change(tmp_path, broken=False)
    shop.write("a model.bin", b"weights")
    runner = Runner(tmp_path, shop.folder)
    done = runner.step(
        "care",
        command="gate",
        system="book-finder",
        artifact="a model.bin\nREADME.md\n",
        requester="ada-byron",
        version="1",
    )
    answer = json.loads((shop.folder / runner.outputs["json"]).read_text())
    assert (answer["system"], answer["schema"]) == ("book-finder", "careloop/gate/v1"), done.stderr
    assert str(done.returncode) == runner.outputs["exit-code"]
    assert "care gate: book-finder" in runner.summary.read_text()


# --- GitLab -----------------------------------------------------------------------------------------------------------


def gitlab(
    shop: GitFolder, pipeline: Mapping[str, Any], job: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """A job of a pipeline that includes our component, run by gitlab-ci-local with the shell."""
    if shutil.which("node") is None or not GITLAB.exists():
        pytest.skip("gitlab-ci-local is not installed: run `make setup` where Node.js is")
    shutil.copytree(ROOT / "templates", shop.folder / "templates", dirs_exist_ok=True)
    (shop.folder / ".gitlab-ci.yml").write_text(yaml.safe_dump(pipeline))
    git(shop.folder, "add", "templates", ".gitlab-ci.yml")  # it finds what git knows
    git(shop.folder, "remote", "add", "origin", "git@gitlab.example.org:shop/aims.git")
    said = [word for name, value in variables.items() for word in ("--variable", f"{name}={value}")]
    more: dict[str, str] = {}
    if shutil.which("rsync") is None:
        # It copies the files for containers, which the shell executor does without.
        stand_in = shop.folder.parent / "bin" / "rsync"
        stand_in.parent.mkdir()
        stand_in.write_text('#!/bin/sh\nfor last; do :; done\nmkdir -p "$last"\n')
        stand_in.chmod(0o755)
        more["PATH"] = f"{stand_in.parent}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}"
    return run("node", GITLAB, "--force-shell-executor", "--no-shell-isolation", *said, job, at=shop.folder, **more)


@pytest.mark.parametrize("broken", [True, False])
def test_the_component_checks_a_merge_request(tmp_path: Path, broken: bool) -> None:
    shop = a_change(tmp_path, broken=broken)
    inputs = {"install": "care --version", "job": "our-check"}
    pipeline = {"include": [{"local": "templates/check.yml", "inputs": inputs}]}
    base, head = (git(shop.folder, "rev-parse", name) for name in ("HEAD~1", "HEAD"))
    about = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "CI_COMMIT_SHA": head}
    done = gitlab(shop, pipeline, "our-check", **about)
    assert (done.returncode != 0) is broken, done.stdout + done.stderr
    rows = json.loads((shop.folder / "care-reports/code-quality.json").read_text())
    assert [row["location"]["path"] for row in rows if row["severity"] == "critical"] == ([FINDER] if broken else [])
    assert JUnitXml.fromfile(str(shop.folder / "care-reports/junit.xml")).failures == (1 if broken else 0)


def test_the_component_asks_the_gate(tmp_path: Path) -> None:
    shop = a_change(tmp_path, broken=False)
    lock = ("care", "release", "lock", "book-finder", "--artifact", "README.md", "--version", "1")
    assert run(*lock, "--out", "lock.json", at=shop.folder).returncode == 0
    inputs = {"install": "care --version", "system": "book-finder", "wait": "PT1S"}
    (shop.folder / "results.json").write_text("{}")
    pipeline = {"stages": ["deploy"], "include": [{"local": "templates/gate.yml", "inputs": inputs}]}
    done = gitlab(shop, pipeline, "care-gate", GITLAB_USER_EMAIL="cara@shop.example")
    assert done.returncode != 0
    assert "results.json:1: neither" in done.stdout + done.stderr, (
        "results that are none cannot be read: " + done.stdout + done.stderr
    )


# --- pre-commit -------------------------------------------------------------------------------------------------------


def test_pre_commit_refuses_a_commit_that_breaks_a_rule(tmp_path: Path) -> None:
    """With the hook that takes `care` as installed. Its twin, which pre-commit installs, has the same entry."""
    hooks = tmp_path / "careloop"
    hooks.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", hooks)
    git(hooks, "init", "-q", "-b", "main")
    git(hooks, "add", ".")
    git(hooks, "commit", "-q", "-m", "The hooks")
    shop = a_repository(tmp_path / "shop")
    config = yaml.safe_load((ROOT / "integrations/pre-commit/pre-commit-config.yaml").read_text())
    config["repos"][0] |= {"repo": str(hooks), "rev": git(hooks, "rev-parse", "HEAD")}
    config["repos"][0]["hooks"] = [{"id": "care-check-installed"}]
    (shop.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    git(shop.folder, "add", ".pre-commit-config.yaml")
    assert run("pre-commit", "install", at=shop.folder).returncode == 0
    git(shop.folder, "commit", "-q", "-m", "Use pre-commit")
    (shop.folder / FINDER).write_bytes(DRAFTED[FINDER])
    git(shop.folder, "add", FINDER)
    refused = run("git", "commit", "-m", "Break a rule", at=shop.folder)
    assert refused.returncode == 1
    assert f"{FINDER}:" in refused.stderr + refused.stdout
    (shop.folder / FINDER).write_bytes(small_repository()[FINDER] + b"# better\n")
    git(shop.folder, "add", FINDER)
    git(shop.folder, "commit", "-q", "-m", "Break none")
    twins = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert len({(one["entry"], one["pass_filenames"], one["always_run"]) for one in twins}) == 1


# --- schemas and documents --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        *(("vendor.github-workflows", f"integrations/{one}.yml") for one in WORKFLOWS),
        ("vendor.gitlab-ci", "integrations/gitlab/gitlab-ci.yml"),
    ],
)  # fmt: skip
def test_each_file_fits_the_schema_of_its_forge(schema: str, file: str) -> None:
    done = run(BIN / "check-jsonschema", "--builtin-schema", schema, ROOT / file, at=ROOT / "integrations")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["check", "gate"])
def test_each_component_says_its_inputs_and_is_a_pipeline(name: str, tmp_path: Path) -> None:
    text = (ROOT / f"templates/{name}.yml").read_text()
    header, job = text.split("\n---\n")
    inputs = set(yaml.safe_load(header)["spec"]["inputs"])
    assert set(re.findall(r"\$\[\[ inputs\.([a-z]+) \]\]", job)) == inputs, "each input is used, and none is unknown"
    plain = tmp_path / "job.yml"
    plain.write_text(re.sub(r"\$\[\[ inputs\.([a-z]+) \]\]", r"\1", job))
    done = run(BIN / "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", plain, at=tmp_path)
    assert done.returncode == 0, done.stdout


def test_pre_commit_takes_our_manifest_and_the_example() -> None:
    assert run("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml", at=ROOT).returncode == 0
    example = "integrations/pre-commit/pre-commit-config.yaml"
    assert run("pre-commit", "validate-config", example, at=ROOT).returncode == 0


def test_the_guide_shows_each_file_as_it_is() -> None:
    guide = (ROOT / "docs/how-to/ci.md").read_text()
    shown = re.findall(r"<!-- file: (\S+) -->\n```\w*\n(.*?)```\n", guide, re.DOTALL)
    assert {name for name, _ in shown} == {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "integrations").rglob("*") if path.is_file()
    }
    assert [name for name, text in shown if (ROOT / name).read_text() != text] == []
