"""What `import` says and does, whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, run

HINT = "\nhint: `promptsync lint` checks them; commit, then `promptsync upload`\n"
PROMPT_YML = """\
name: Ticket summary
model: openai/gpt-5-mini
messages:
- role: user
  content: Sum up {{ticket}}.
evaluators: []
"""
SUMMARY = """\
---
title: Ticket summary
model: openai/gpt-5-mini
metadata:
  github:
    evaluators: []
---

# user:

Sum up {{{ticket}}}.
"""
CHAT = '[{"role": "system", "content": "Be kind."}]'
KIND = "# system:\n\nBe kind.\n"


def test_a_file_becomes_a_prompt_file(repo: Repo) -> None:
    repo.write("there/summary.prompt.yml", PROMPT_YML)

    assert run("import", "there/summary.prompt.yml") == Ran(
        0,
        """\
wrote prompts/summary.md from there/summary.prompt.yml (github)
  note: with three braces now, so that nothing is escaped: `{{ticket}}`
  note: kept below `metadata.github`, and not used: `evaluators`
""",
        HINT,
    )
    assert repo.read("prompts/summary.md") == SUMMARY
    assert run("lint").code == 0


def test_a_dry_run_writes_nothing(repo: Repo) -> None:
    repo.write("summary.prompt.yml", PROMPT_YML)

    result = run("import", "--dry-run", "summary.prompt.yml")

    assert (result.code, result.stderr) == (0, "")
    assert result.stdout.startswith("would write prompts/summary.md from summary.prompt.yml")
    assert not (repo.path / "prompts").exists()


def test_stdin_needs_a_name_and_sometimes_a_format(repo: Repo) -> None:
    nameless = run("import", "-", typed=CHAT)
    unclear = run("import", "-", "--name", "kind", typed="user:\nHi\n")
    named = run("import", "-", "--name", "kind", typed=CHAT)

    assert nameless == Ran(
        2, "", "error: nothing gives the prompt a name\n\nhint: say it with `--name`\n"
    )
    assert unclear == Ran(
        2,
        "",
        "error: nothing says which format `-` is in\n\n"
        "hint: say it with `--from`: prompty, dotprompt, github, promptfoo, langsmith\n",
    )
    assert named == Ran(0, "wrote prompts/kind.md from - (langsmith)\n", HINT)
    assert repo.read("prompts/kind.md") == KIND


def test_from_decides_where_the_name_does_not(repo: Repo) -> None:
    repo.write("greet.txt", "user:\nHi\n")

    assert run("import", "--from", "prompty", "greet.txt").code == 0
    assert repo.read("prompts/greet.md") == "---\ntemplate: jinja2\n---\n\n# user:\n\nHi\n"


def test_a_configuration_makes_several_prompt_files(repo: Repo) -> None:
    repo.write("foo/in/one.txt", "One\n")
    repo.write("foo/promptfooconfig.yaml", "prompts: [file://in/one.txt, {id: two, raw: Two}]\n")

    result = run("import", "foo/promptfooconfig.yaml", "--to", "prompts/foo")

    assert result.stdout == (
        "wrote prompts/foo/one.md from foo/promptfooconfig.yaml (promptfoo)\n"
        "wrote prompts/foo/two.md from foo/promptfooconfig.yaml (promptfoo)\n"
    )
    assert run("status", "--format", "json").json["summary"] == {"new": 2}


def test_an_includes_directive_of_nobody_here_stays_literal(repo: Repo) -> None:
    repo.write("x.json", '[{"role": "user", "content": "{{> rules}}"}]')

    run("import", "x.json")

    assert repo.read("prompts/x.md") == "# user:\n\n\\{{> rules}}\n"
    assert run("lint").code == 0


def test_a_prompt_that_is_there_is_not_replaced(repo: Repo) -> None:
    repo.write("kind.json", CHAT)
    repo.write("other.json", CHAT)
    repo.write("prompts/kind.md", "Mine.\n")
    repo.commit("Add kind")

    assert run("import", "other.json", "kind.json") == Ran(
        2,
        "",
        """\
error: nothing was imported:
  prompts/kind.md: it is there already and says something else

hint: `--name` gives another name, and `--force` replaces files that are committed
""",
    )
    assert not (repo.path / "prompts/other.md").exists()


def test_force_replaces_what_git_has_a_copy_of(repo: Repo) -> None:
    repo.write("kind.json", CHAT)
    repo.write("prompts/kind.md", "Mine.\n")

    uncommitted = run("import", "--force", "kind.json")
    repo.commit("Add kind")
    committed = run("import", "--force", "kind.json")
    again = run("import", "kind.json")

    assert uncommitted.code == 2
    assert "prompts/kind.md: it has changes that no commit holds; commit" in uncommitted.stderr
    assert committed == Ran(0, "replaced prompts/kind.md from kind.json (langsmith)\n", HINT)
    assert again == Ran(0, "unchanged prompts/kind.md from kind.json (langsmith)\n", "")
    assert repo.read("prompts/kind.md") == KIND


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "names have letters, digits, `_`, `.` and `-`, at most 255 of them"),
        ("con", "Windows reserves it"),
        (".hidden", "it starts or ends with a dot, or has two in a row"),
        ("KIND", "`prompts/kind.md` has that name"),
        ("served", "`prompts/kind.md` has that name"),
        ("readme", "a README is not a prompt"),
    ],
)
def test_names_are_data(repo: Repo, name: str, reason: str) -> None:
    repo.write("x.json", CHAT)
    repo.write("prompts/kind.md", "---\nname: served\n---\nMine.\n")

    result = run("import", "x.json", "--name", name)

    assert result.code == 2
    assert f".md: {reason}\n" in result.stderr
    assert [each.name for each in (repo.path / "prompts").iterdir()] == ["kind.md"]


def test_two_files_with_one_name_are_refused_together(repo: Repo) -> None:
    repo.write("a/kind.json", CHAT)
    repo.write("b/kind.json", CHAT)

    result = run("import", "a/kind.json", "b/kind.json")

    assert result.code == 2
    assert "prompts/kind.md: `a/kind.json` has a prompt of that name too\n" in result.stderr
    assert not (repo.path / "prompts").exists()


def test_a_folder_outside_of_the_roots_is_refused(repo: Repo) -> None:
    repo.write("x.json", CHAT)

    assert run("import", "x.json", "--to", "elsewhere") == Ran(
        2,
        "",
        "error: `elsewhere` is not at or below a prompt root\n\n"
        "hint: prompt roots are `prompts`; `prompts` in the configuration says so\n",
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
def test_a_link_on_the_way_is_refused(repo: Repo, tmp_path: Path) -> None:
    repo.write("x.json", CHAT)
    repo.write("prompts/.keep", "")
    (repo.path / "prompts/out").symlink_to(tmp_path, target_is_directory=True)

    result = run("import", "x.json", "--to", "prompts/out")

    assert result.code == 2
    assert not (tmp_path / "x.md").exists()


def test_files_elsewhere_are_not_read(repo: Repo) -> None:
    repo.write("secret.txt", "sk-1")
    repo.write("in/secret.txt", "sk-1")
    repo.write("foo/promptfooconfig.yaml", "a: b\nprompts: [file://../secret.txt]\n")
    repo.write("foo/x.prompty", "---\nsample: ${file:/etc/passwd}\n---\nuser:\nHi\n")

    one = run("import", "foo/promptfooconfig.yaml")
    other = run("import", "foo/x.prompty")

    assert (one.code, one.stderr) == (
        2,
        "error: foo/promptfooconfig.yaml:2:1: `../secret.txt` leads out of the folder of this "
        "file, and is not read\n",
    )
    assert other.stderr.startswith("error: foo/x.prompty:2:1: `/etc/passwd` leads out of")


def test_strict_refuses_what_gets_lost(repo: Repo) -> None:
    repo.write("x.prompt", "A {{history}} B\n")

    result = run("import", "--strict", "x.prompt")

    assert result == Ran(
        1,
        "would write prompts/x.md from x.prompt (dotprompt)\n"
        "  lost: Mustache has no equivalent, and the text stays: `{{history}}`\n",
        "\nnothing was written: with `--strict` nothing may get lost\n",
    )
    assert not (repo.path / "prompts").exists()


def test_the_result_in_json(repo: Repo) -> None:
    repo.write("x.prompt", "A {{history}} B\n")

    assert run("import", "--format", "json", "x.prompt").json == {
        "schema": 1,
        "prompts": [
            {
                "name": "x",
                "path": "prompts/x.md",
                "source": "x.prompt",
                "format": "dotprompt",
                "action": "write",
                "done": True,
                "notes": [
                    {
                        "field": "content",
                        "message": "Mustache has no equivalent, and the text stays: `{{history}}`",
                        "lost": True,
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\x89PNG\r\n\0", "x.json:2:1: NUL byte"),
        (b"\xff[", "x.json:1:1: invalid UTF-8 byte 0xff"),
        (b"[" + b" " * 2**20, "x.json:1:1: the file has 1,048,577 bytes"),
        (b"", "nothing says which format `x.json` is in"),
        (b"[\n  5 5]", "x.json:2:5: invalid JSON: expecting ',' delimiter"),
        (b'{"a": 1}', "nothing says which format `x.json` is in"),
    ],
    ids=["binary", "no UTF-8", "too large", "empty", "no JSON", "unknown"],
)
def test_bad_files_are_named(repo: Repo, data: bytes, problem: str) -> None:
    repo.write("x.json", data)

    result = run("import", "x.json")

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {problem}"), result.stderr


@pytest.mark.parametrize(
    ("file", "problem"),
    [("nothing.json", "there is no file `nothing.json`"), ("prompts", "`prompts` is a folder")],
)
def test_what_is_no_file_is_named(repo: Repo, file: str, problem: str) -> None:
    repo.write("prompts/kind.md", "Kind.\n")

    assert run("import", file).stderr.startswith(f"error: {problem}")


def test_a_name_is_for_one_prompt(repo: Repo) -> None:
    repo.write("a.json", CHAT)
    repo.write("b.json", CHAT)

    assert run("import", "a.json", "b.json", "--name", "x") == Ran(
        2,
        "",
        "error: `--name` is for one prompt, and there are 2\n\n"
        "hint: import the others without it, or file by file\n",
    )
