"""The first load of a process from a bundle, against what Python alone needs to read one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.measuring import Command, Figure, side_by_side
from promptsync.bundle import Bundle, save_bundle
from promptsync.content_hash import content_hash
from promptsync.registry_config import RegistryConfig
from promptsync.status import LocalPrompt
from tests.builders import prompt

PROMPTS = 11
RUNS = 41
# 2 kB with a variable.
TEXT = "Cite the signal you judge, {{name}}. " * 60

_LOADS = """
import promptsync
promptsync.Client("promptsync-bundle.json", offline=True).load("prompt-7")
"""
# A bundle is JSON, and one hash is computed: nobody gets below it.
_FLOOR = """
import hashlib, json
bundle = json.load(open("promptsync-bundle.json", encoding="utf-8"))
entry = next(each for each in bundle["prompts"] if each["name"] == "prompt-7")
hashlib.sha256(json.dumps(entry["prompt"], sort_keys=True).encode()).hexdigest()
"""


def cold_start_figures(folder: Path) -> Iterator[Figure]:
    """Compare a program that loads one prompt of a bundle and ends with 40 ms, and with a floor."""
    folder.mkdir(parents=True)
    save_bundle(folder / "promptsync-bundle.json", _bundle())
    ours = Command([sys.executable, "-c", _LOADS], folder, {})
    bare = Command([sys.executable, "-c", "pass"], folder, {})
    mine, python = side_by_side(ours, bare, runs=RUNS)
    yield Figure("first load from a bundle, whole program / 40 ms", mine, 0.040, 1.0)
    yield Figure("the same without the start of Python itself / 40 ms", mine - python, 0.040, 1.0)
    floor = Command([sys.executable, "-c", _FLOOR], folder, {})
    mine, theirs = side_by_side(ours, floor, runs=RUNS)
    yield Figure("the whole program / json, hashlib", mine, theirs, 2.0)


def _bundle() -> Bundle:
    locals_ = [_local(number) for number in range(PROMPTS)]
    registry = RegistryConfig(name="production", kind="braintrust", options={"project": "Trader"})
    return Bundle(registry=registry, prompts=tuple(locals_))


def _local(number: int) -> LocalPrompt:
    made = replace(prompt(f"prompt-{number}", TEXT), model="gpt-5-mini")
    return LocalPrompt(
        prompt=made,
        expanded=made,
        content_hash=content_hash(made, "braintrust"),
        path=f"prompts/{made.name}.md",
        file_sha256="0" * 64,
    )
