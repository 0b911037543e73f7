"""Runs a composite action as GitHub does: its steps with bash, its inputs through the environment.

Expressions are the few that action.yml uses; any other fails the test that meets it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_COMPARISON = re.compile(r"(\S+) (==|!=) '([^']*)'")


@dataclass
class Result:
    """What a job ended with: whether it failed, its log, its outputs, and its summary."""

    failed: bool
    log: str
    outputs: Mapping[str, str]
    summary: str


@dataclass
class Job:
    """A job on a machine of its own: variables, a place for files, and a repository checked out."""

    folder: Path
    checkout: Path
    variables: Mapping[str, str]
    token: str
    #: Outputs of steps that are not run: those that set up Python and install promptsync.
    given: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: {
            "python": {"python-path": sys.executable},
            "install": {"python": sys.executable},
        }
    )

    def run(self, action: Path, inputs: Mapping[str, str]) -> Result:
        """Run an action with some inputs, the others at their defaults."""
        text = yaml.safe_load(action.read_text(encoding="utf-8"))
        unknown = inputs.keys() - text["inputs"].keys()
        assert not unknown, f"the action has no input {sorted(unknown)}"
        values = {name: str(each.get("default", "")) for name, each in text["inputs"].items()}
        context = _Context({**values, **inputs}, dict(self.given), self.token)
        self.folder.mkdir(exist_ok=True)
        summary = self.folder / "summary.md"
        summary.touch()
        log, failed = "", False
        for step in text["runs"]["steps"]:
            if failed:
                break
            if step.get("id") in self.given or not context.holds(step.get("if", "")):
                continue
            ended = self._run_step(step, context, action.parent)
            log += ended.stdout
            failed = ended.returncode != 0
        outputs = {name: context.filled(each["value"]) for name, each in text["outputs"].items()}
        return Result(failed, log, outputs, summary.read_text(encoding="utf-8"))

    def _run_step(
        self, step: Mapping[str, Any], context: _Context, action_path: Path
    ) -> subprocess.CompletedProcess[str]:
        assert step["shell"] == "bash", "composite steps name their shell"
        assert "${{" not in step["run"], "values reach scripts through the environment only"
        output = self.folder / "output"
        output.write_text("")
        environment = {
            **os.environ,
            **self.variables,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action_path),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "RUNNER_TEMP": str(self.folder),
            **{name: context.filled(str(each)) for name, each in step.get("env", {}).items()},
        }
        folder = self.checkout / context.filled(step.get("working-directory", "."))
        # https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepsshell
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        ended = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        lines = (line.partition("=") for line in output.read_text(encoding="utf-8").splitlines())
        context.outputs.setdefault(step.get("id", ""), {})
        context.outputs[step.get("id", "")] = {name: value for name, _, value in lines}
        return ended


@dataclass
class _Context:
    inputs: Mapping[str, str]
    outputs: dict[str, Mapping[str, str]]
    token: str

    def filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def holds(self, condition: str) -> bool:
        if not condition:
            return True
        found = _COMPARISON.fullmatch(condition)
        assert found is not None, f"an expression the tests cannot evaluate: {condition}"
        return (self._value(found[1]) == found[3]) is (found[2] == "==")

    def _value(self, expression: str) -> str:
        match expression.split("."):
            case ["inputs", name]:
                return self.inputs[name]
            case ["steps", step, "outputs", name]:
                return self.outputs.get(step, {}).get(name, "")
            case ["github", "token"]:
                return self.token
        raise AssertionError(f"an expression the tests cannot evaluate: {expression}")
