"""What `lint` finds and says, whole, in every format."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from promptsync.linting import RULES
from tests.builders import Repo
from tests.cli.running import Ran, run

WRONG = "---\ntitel: Greeting\n---\n\nSay hello.\n"
INVISIBLE = "Say\u200b hello.\n"


@pytest.fixture
def findings(repo: Repo) -> None:
    """Give the repository an error and a warning, and a file without either."""
    repo.write("prompts/fine.md", "Say hello.\n")
    repo.write("prompts/hidden.md", INVISIBLE)
    repo.write("prompts/wrong.md", WRONG)


@pytest.mark.usefixtures("findings")
def test_findings_have_a_place_a_rule_and_a_hint() -> None:
    assert run("lint") == Ran(
        1,
        """\
prompts/hidden.md:1:4: PS010 warning: invisible character U+200B (zero width space)
  hint: delete it, unless a model is meant to see what people cannot
prompts/wrong.md:2:1: PS003 unknown key `titel`
  hint: did you mean `title`? anything else goes below `metadata:`

3 prompt files checked: 1 error, 1 warning
""",
        "",
    )


def test_no_findings_take_one_line(repo: Repo) -> None:
    repo.write("prompts/fine.md", "Say hello.\n")

    assert run("lint") == Ran(0, "1 prompt file checked, no findings\n", "")
    assert run("lint", "--quiet") == Ran(0, "", "")


def test_warnings_fail_only_when_strict(repo: Repo) -> None:
    repo.write("prompts/hidden.md", INVISIBLE)

    assert (run("lint").code, run("lint", "--strict").code) == (0, 1)
    assert run("lint", "--strict", "--quiet") == run("lint", "--strict")


@pytest.mark.usefixtures("findings")
def test_json() -> None:
    assert run("lint", "--format", "json") == Ran(
        1,
        """\
{
  "schema": 1,
  "checked": 3,
  "problems": [
    {
      "path": "prompts/hidden.md",
      "line": 1,
      "column": 4,
      "rule": "PS010",
      "severity": "warning",
      "message": "invisible character U+200B (zero width space)",
      "hint": "delete it, unless a model is meant to see what people cannot"
    },
    {
      "path": "prompts/wrong.md",
      "line": 2,
      "column": 1,
      "rule": "PS003",
      "severity": "error",
      "message": "unknown key `titel`",
      "hint": "did you mean `title`? anything else goes below `metadata:`"
    }
  ]
}
""",
        "",
    )


@pytest.mark.usefixtures("findings")
def test_markdown() -> None:
    assert run("lint", "--format", "markdown") == Ran(
        1,
        """\
### promptsync lint

3 prompt files checked: 1 error, 1 warning.

| place | rule | finding |
| --- | --- | --- |
| `prompts/hidden.md:1` | PS010 | `invisible character U+200B (zero width space)` |
| `prompts/wrong.md:2` | PS003 | `` unknown key `titel` `` |
""",
        "",
    )


@pytest.mark.usefixtures("findings")
def test_github_gets_errors_first() -> None:
    assert run("lint", "--format", "github") == Ran(
        1,
        """\
::error file=prompts/wrong.md,line=2,title=PS003 front matter has a wrong key or value::\
unknown key `titel`
::warning file=prompts/hidden.md,line=1,title=PS010 invisible or direction-changing characters::\
invisible character U+200B (zero width space)
3 prompt files checked: 1 error, 1 warning
""",
        "",
    )


@pytest.mark.usefixtures("findings")
def test_sarif_declares_every_rule() -> None:
    (document,) = run("lint", "--format", "sarif").json["runs"]

    assert [rule["id"] for rule in document["tool"]["driver"]["rules"]] == list(RULES)
    assert document["results"][1] == {
        "ruleId": "PS003",
        "level": "error",
        "message": {"text": "unknown key `titel`"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "prompts/wrong.md"},
                    "region": {"startLine": 2, "startColumn": 1},
                }
            }
        ],
    }


@pytest.mark.usefixtures("findings")
def test_findings_of_the_files_that_were_named() -> None:
    fine = run("lint", "prompts/fine.md")
    wrong = run("lint", "./prompts/wrong.md", "--format", "json")
    everything = run("lint", "prompts")

    assert fine == Ran(0, "1 prompt file checked, no findings\n", "")
    assert [each["path"] for each in wrong.json["problems"]] == ["prompts/wrong.md"]
    assert everything == run("lint", ".") == run("lint")


@pytest.mark.usefixtures("findings")
def test_files_are_found_from_a_folder_below(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path / "prompts")

    assert run("lint", "wrong.md").code == 1
    assert run("lint", "fine.md").code == 0


def test_a_file_that_is_no_prompt_is_left_out(repo: Repo) -> None:
    repo.write("prompts/fine.md", "Say hello.\n")
    repo.write("prompts/README.md", "# Prompts\n")

    assert run("lint", "prompts/README.md") == Ran(0, "0 prompt files checked, no findings\n", "")


def test_a_file_that_does_not_exist_is_an_error(repo: Repo) -> None:
    repo.write("prompts/fine.md", "Say hello.\n")

    assert run("lint", "prompts/fnie.md") == Ran(
        2,
        "",
        f"error: there is no file `{Path('prompts/fnie.md')}`\n\n"
        "hint: paths start at the current folder\n",
    )


def test_staged_content_is_checked(repo: Repo) -> None:
    repo.write("prompts/greeting.md", WRONG)
    repo.git("add", ".")
    repo.write("prompts/greeting.md", "Say hello.\n")

    assert (run("lint").code, run("lint", "--staged").code) == (0, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_a_link_is_found_under_its_own_name(repo: Repo) -> None:
    (repo.path / "prompts").mkdir()
    (repo.path / "prompts/link.md").symlink_to(repo.write("text.md", "Hello.\n"))

    result = run("lint", "prompts/link.md")

    assert (result.code, result.stdout.partition(":")[0]) == (1, "prompts/link.md")


def test_files_are_checked_outside_of_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "plain"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts/greeting.md").write_text("Say hello.\n")
    monkeypatch.chdir(folder)

    assert run("lint") == Ran(0, "1 prompt file checked, no findings\n", "")


# -- the rules --


def rules_found(repo: Repo, text: str) -> list[str]:
    repo.write("prompts/greeting.md", text)
    return [each["rule"] for each in run("lint", "--format", "json").json["problems"]]


@pytest.mark.parametrize(
    "character",
    ["\u00ad", "\u200b", "\u202e", "\u2066", "\ufffc\ufeff", "\u3164", "\U000e0041"],
    ids=lambda character: f"U+{ord(character[-1]):04X}",
)
def test_invisible_characters_are_found(repo: Repo, character: str) -> None:
    assert rules_found(repo, f"Say{character} hello.\n") == ["PS010"]


@pytest.mark.parametrize(
    "text", ["\U0001f468\u200d\U0001f467", "\u0915\u094d\u200d\u0937", "\u2764\ufe0f", "a\u00a0b"]
)
def test_characters_that_a_script_needs_are_fine(repo: Repo, text: str) -> None:
    assert rules_found(repo, f"Say {text}.\n") == []


def test_terminal_escape_sequences_are_found(repo: Repo) -> None:
    assert rules_found(repo, "Say \x1b[31mhello.\n") == ["PS013"]


@pytest.mark.parametrize(
    "line", ["# user: ", "# user:\t", "# User:", "#user:", "# user :", "#  SYSTEM :\u00a0"]
)
def test_what_is_nearly_a_role_marker_is_found(repo: Repo, line: str) -> None:
    assert rules_found(repo, f"Say hello.\n\n{line}\n\nHi.\n") == ["PS014"]


@pytest.mark.parametrize(
    "text",
    [
        "# system:\n\nBe kind.\n\n# user:\n\nHi.\n",
        "Say hello.\n\n\\# user:\n\nHi.\n",
        "Say hello.\n\n## User:\n\nHi.\n\n# user: Ada\n",
        "---\ntitle: Greeting\n# user: \n---\n\nSay hello.\n",
    ],
    ids=["markers", "escaped", "headings", "comment"],
)
def test_markers_headings_and_comments_are_fine(repo: Repo, text: str) -> None:
    assert rules_found(repo, text) == []


def test_a_variable_that_is_not_declared_is_found_at_its_place(repo: Repo) -> None:
    repo.write(
        "prompts/greeting.md", "---\ninputs:\n  name: {type: string}\n---\n\n{{name}}, {{nmae}}\n"
    )

    assert run("lint").stdout.splitlines()[:2] == [
        "prompts/greeting.md:6:11: PS011 warning: variable `nmae` is not among `inputs`",
        "  hint: declare it below `inputs:`, or correct the name; known: name",
    ]


def test_an_input_that_is_not_used_is_found_at_its_place(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "---\ninputs:\n  name: {type: string}\n---\n\nHello.\n")

    assert run("lint").stdout.splitlines()[0] == (
        "prompts/greeting.md:3:3: PS012 warning: input `name` is not used"
    )


@pytest.mark.parametrize(
    "body",
    [
        "{{name}}",
        "{{{name}}}",
        "{{& name }}",
        "{{#name}}Hello{{/name}}",
        "{{name.first}}",
        "{{^name}}Who are you?{{/name}}",
    ],
)
def test_every_way_to_use_an_input_counts(repo: Repo, body: str) -> None:
    text = f"---\ninputs:\n  name: {{type: string}}\n---\n\n{body}\n"

    assert rules_found(repo, text) == []


def test_a_variable_inside_a_section_may_belong_to_its_items(repo: Repo) -> None:
    text = "---\ninputs:\n  items: {type: array}\n---\n\n{{#items}}{{name}}{{/items}}\n"

    assert rules_found(repo, text) == []


def test_an_input_may_be_used_in_any_part_of_a_message(repo: Repo) -> None:
    text = """\
---
inputs:
  picture: {type: string}
  question: {type: string}
messages:
- role: user
  content:
  - {type: text, text: "{{question}}"}
  - {type: image_url, image_url: {url: "{{picture}}"}}
---
"""

    assert rules_found(repo, text) == []


def test_an_include_may_use_an_input(repo: Repo) -> None:
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nGreet {{name}}.\n")
    text = "---\ninputs:\n  name: {type: string}\n---\n\n{{> rules}}\n"

    assert rules_found(repo, text) == []


def test_other_dialects_are_not_searched_for_variables(repo: Repo) -> None:
    text = "---\ntemplate: jinja2\ninputs:\n  name: {type: string}\n---\n\n{{ nmae }}\n"

    assert rules_found(repo, text) == []


def test_a_rule_is_turned_off_in_a_file(repo: Repo) -> None:
    text = f"---\n# promptsync: disable=PS010, PS011\ntitle: Greeting\n---\n\n{INVISIBLE}"

    assert rules_found(repo, text) == []


def test_a_prompt_cannot_turn_a_rule_off(repo: Repo) -> None:
    assert rules_found(repo, f"# promptsync: disable=PS010\n\n{INVISIBLE}") == ["PS010"]


def test_a_file_full_of_findings_shows_the_first(repo: Repo) -> None:
    assert rules_found(repo, "\u200b" * 100_000) == ["PS010"] * 20


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("Hello.\n{{#if name}}\nHi.\n{{/if}}\n", 2, "mustache knows no `if`"),
        ("# system:\n\nHi.\n\n# user:\n\n{{#a}}\n", 7, "the section `a` is not closed"),
        ("---\ntemplate: jinja2\n---\n\nHi.\n{% if %}\n", 6, "Expected an expression"),
    ],
)
def test_a_template_that_cannot_be_filled_in_is_found_on_its_line(
    repo: Repo, text: str, line: int, message: str
) -> None:
    repo.write("prompts/a.md", text)

    (finding,) = run("lint", "--format", "json").json["problems"]

    assert (finding["rule"], finding["line"]) == ("PS015", line)
    assert finding["message"].startswith(message)
