"""Texts that `init` adds something to keep everything else, byte for byte."""

from __future__ import annotations

import tomllib

import pytest
import yaml

from promptsync.errors import UsageError
from promptsync.scaffold import (
    RegistryChoice,
    config_text,
    with_ignored_folder,
    with_pre_commit_hook,
    with_section,
)

ENTRY = """\
- repo: local
  hooks:
    - id: promptsync-verify
      name: promptsync verify
      entry: promptsync verify --staged
      language: system
      pass_filenames: false
      always_run: true
"""
RUFF = """\
- repo: https://github.com/astral-sh/ruff-pre-commit
  rev: v0.17.5  # kept by a bot
  hooks: [{id: ruff-check}]
"""


def indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("name", ["Trader", 'a "quoted" \\ name', "Ünïcode", "line\nbreak"])
def test_any_project_name_survives_the_configuration(name: str) -> None:
    config = tomllib.loads(
        config_text(prompts=["prompts"], registry=RegistryChoice("braintrust", {"project": name}))
    )

    assert config == {
        "prompts": ["prompts"],
        "registries": {"production": {"kind": "braintrust", "project": name}},
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# The local registry of promptsync\n.promptsync/\n"),
        ("*.pyc\n", "*.pyc\n\n# The local registry of promptsync\n.promptsync/\n"),
        ("*.pyc", "*.pyc\n\n# The local registry of promptsync\n.promptsync/\n"),
        ("*.pyc\r\n", "*.pyc\r\n\r\n# The local registry of promptsync\r\n.promptsync/\r\n"),
        ("  .promptsync/\n", "  .promptsync/\n"),
        ("/.promptsync\n", "/.promptsync\n"),
    ],
)
def test_the_local_registry_is_ignored_once(before: str, after: str) -> None:
    assert with_ignored_folder(before) == after
    assert with_ignored_folder(after) == after


def test_a_section_is_added_at_the_end_and_replaced_where_it_stands() -> None:
    before = "# Rules\n\nBe kind.\n"

    added = with_section(before, "## Prompts\n\nOld text with \\1.\n")
    moved = f"{added}\n## Later\n"
    replaced = with_section(moved, "## Prompts\n\nNew text.\n")

    assert added == (
        "# Rules\n\nBe kind.\n\n"
        "<!-- promptsync:begin, kept up to date by `promptsync init --agents` -->\n"
        "## Prompts\n\nOld text with \\1.\n<!-- promptsync:end -->\n"
    )
    assert replaced == moved.replace("Old text with \\1.", "New text.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"repos:\n{indented(ENTRY)}"),
        (f"repos:\n{RUFF}", f"repos:\n{RUFF}{ENTRY}"),
        (f"repos:\n{indented(RUFF)}", f"repos:\n{indented(RUFF)}{indented(ENTRY)}"),
        (f"repos:\n{RUFF}".rstrip("\n"), f"repos:\n{RUFF}{ENTRY}"),
        (
            f"repos:\n{RUFF}\n# Services\nci:\n  skip: [a]\n",
            f"repos:\n{RUFF}{ENTRY}\n# Services\nci:\n  skip: [a]\n",
        ),
        (
            f"# Top\nrepos:\n{RUFF}# The end\n",
            f"# Top\nrepos:\n{RUFF}{ENTRY}# The end\n",
        ),
        (
            f"repos:\n{RUFF}".replace("\n", "\r\n"),
            f"repos:\n{RUFF}{ENTRY}".replace("\n", "\r\n"),
        ),
    ],
    ids=["empty", "flat", "indented", "no final newline", "more keys", "comment", "crlf"],
)
def test_the_hook_is_added_to_pre_commit_once_and_nothing_else_moves(
    before: str, after: str
) -> None:
    assert with_pre_commit_hook(before) == after
    assert with_pre_commit_hook(after) == after


def test_a_hook_of_promptsync_from_elsewhere_is_enough() -> None:
    before = "repos:\n- repo: https://example.com/promptsync\n  hooks: [{id: promptsync-verify}]\n"

    assert with_pre_commit_hook(before) == before


def test_the_hook_runs_where_the_configuration_is() -> None:
    (repo,) = yaml.safe_load(with_pre_commit_hook("", folder="my service"))["repos"]

    assert repo["hooks"][0]["entry"] == "sh -c \"cd 'my service' && promptsync verify --staged\""


@pytest.mark.parametrize(
    "before",
    [
        "repos: []\n",
        "{repos: []}\n",
        "ci: {}\n",
        "- a list\n",
        "repos:\n- repo: local\n  hooks:\n  - entry: |\n      run\n      # no comment\n",
    ],
    ids=["empty list", "flow", "no list", "a list", "text that looks like a comment"],
)
def test_a_configuration_that_cannot_be_added_to_is_left_to_the_person(before: str) -> None:
    with pytest.raises(UsageError, match="cannot be added to") as caught:
        with_pre_commit_hook(before)

    assert caught.value.hint == f"add this below `repos:`\n\n{indented(ENTRY)}".rstrip("\n")


def test_a_broken_configuration_of_pre_commit_is_named() -> None:
    with pytest.raises(UsageError, match="not valid YAML"):
        with_pre_commit_hook("repos: [\n")
