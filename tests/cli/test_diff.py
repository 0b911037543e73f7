"""What `diff` says, whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsync.registries.local import LocalRegistry
from tests.builders import Repo, chat, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import (
    edit_in_registry,
    save_in_registry,
    with_every_status,
    with_greeting,
)


def test_the_registry_is_minus_and_the_file_is_plus(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\nBe brief.\n")
    run("upload", "--yes")
    edit_in_registry(repo, "farewell", "brief", "kind")

    assert run("diff") == Ran(
        1,
        """\
--- local/farewell (version 2)
+++ prompts/farewell.md
@@ -1,2 +1,2 @@
 Say goodbye.
-Be kind.
+Be brief.
""",
        "",
    )


def test_no_difference_is_no_output(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run("diff") == Ran(0, "", "")


def test_every_prompt_that_has_a_file_is_compared(repo: Repo) -> None:
    with_every_status(repo)

    result = run("diff")

    assert [line for line in result.stdout.splitlines() if line.startswith(("---", "+++"))] == [
        "--- local/behind (version 1)",
        "+++ prompts/behind.md",
        "--- local/diverged (version 2)",
        "+++ prompts/diverged.md",
        "--- local/drifted (version 2)",
        "+++ prompts/drifted.md",
        "--- /dev/null",
        "+++ prompts/fresh.md",
        "--- local/modified (version 1)",
        "+++ prompts/modified.md",
    ]
    assert result.code == 1


def test_one_prompt_is_compared_when_it_is_named(repo: Repo) -> None:
    with_every_status(repo)

    assert run("diff", "agreed") == Ran(0, "", "")
    assert (
        run("diff", "fresh").stdout
        == """\
--- /dev/null
+++ prompts/fresh.md
@@ -0,0 +1 @@
+This is fresh.
"""
    )


def test_json_has_the_state_and_the_diff(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    run("upload", "--yes")
    edited = edit_in_registry(repo, "farewell", "goodbye", "farewell")
    local = edited.stamped_hash

    assert run("diff", "--format", "json") == Ran(
        1,
        f"""\
{{
  "schema": 1,
  "registry": "local",
  "in_sync": false,
  "prompts": [
    {{
      "name": "farewell",
      "status": "drifted",
      "path": "prompts/farewell.md",
      "local_hash": "{local}",
      "stamped_hash": "{local}",
      "remote_hash": "{edited.content_hash}",
      "version": "2",
      "uploaded_version": null,
      "details_differ": false,
      "note": null,
      "changed_partials": null,
      "diff": "--- local/farewell (version 2)\\n+++ prompts/farewell.md\\n@@ -1 +1 @@\\n\
-Say farewell.\\n+Say goodbye."
    }}
  ]
}}
""",
        "",
    )


def test_other_formats_are_those_of_status(repo: Repo) -> None:
    with_every_status(repo)

    for format_ in ("markdown", "github", "sarif"):
        assert run("diff", "--format", format_) == run("verify", "--format", format_)


def test_details_are_shown_and_are_no_difference(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("title: Greeting", "title: Welcome"))

    assert run("diff") == Ran(
        0,
        """\
--- local/greeting (version 1)
+++ prompts/greeting.md
@@ -1,5 +1,5 @@
 ---
-title: Greeting
+title: Welcome
 model: gpt-5-mini
 ---
\x20
""",
        "",
    )


def test_a_composite_is_compared_as_the_registry_has_it(repo: Repo) -> None:
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe brief.\n")
    repo.write("prompts/farewell.md", "Say goodbye.\n{{> rules}}\n")
    run("upload", "--yes")
    edit_in_registry(repo, "farewell", "brief", "kind")

    assert (
        run("diff").stdout
        == """\
--- local/farewell (version 2)
+++ prompts/farewell.md
@@ -1,2 +1,2 @@
 Say goodbye.
-Be kind.
+Be brief.
"""
    )


def test_a_prompt_that_changed_its_kind_is_compared(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    run("upload", "--yes")
    save_in_registry(repo, chat("farewell", system="Say goodbye."))

    assert (
        run("diff").stdout
        == """\
--- local/farewell (version 2)
+++ prompts/farewell.md
@@ -1,3 +1 @@
-# system:
-
 Say goodbye.
"""
    )


def test_lines_of_prompts_are_no_commands_to_github(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    repo.write("prompts/farewell.md", "::error::Say goodbye.\nBe brief.\n")
    run("upload", "--yes")
    edit_in_registry(repo, "farewell", "brief", "kind")

    first, *diff, last = run("diff").stdout.splitlines()

    assert diff[3] == " ::error::Say goodbye."
    assert first.removeprefix("::stop-commands::") == last.removeprefix("::").removesuffix("::")
    assert len(last) == 36


def test_a_file_in_another_folder_is_named_from_the_top(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    monkeypatch.chdir(repo.path / "prompts")

    assert "+++ prompts/farewell.md\n" in run("diff").stdout


def test_a_registry_elsewhere_can_be_asked(repo: Repo, tmp_path: Path) -> None:
    database = (tmp_path / "elsewhere.db").as_posix()
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write(
        "promptsync.toml", f'[registries.shared]\nkind = "local"\nurl = "sqlite:///{database}"\n'
    )
    registry = LocalRegistry(f"sqlite:///{database}")
    registry.save_prompt(prompt("farewell", "Say farewell."), None)
    registry.close()

    assert "--- shared/farewell (version 1)\n" in run("diff").stdout
