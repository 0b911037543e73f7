"""What `status` and `verify` say, whole, in every format."""

from __future__ import annotations

import pytest

from promptsync.cli.next_command import Given
from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import (
    edit_in_registry,
    registry_of,
    save_in_registry,
    stamp_of,
    with_every_status,
    with_greeting,
)

EVERY_STATUS = """\
registry `local`: sqlite:///.promptsync/registry.db

behind     behind    prompts/behind.md
diverged   diverged  prompts/diverged.md
drifted    drifted   prompts/drifted.md
unmanaged  foreign
new        fresh     prompts/fresh.md
removed    gone      prompts/gone.md
modified   modified  prompts/modified.md

new: not in the registry yet
  promptsync upload fresh
modified: git is ahead of the registry
  promptsync upload modified
behind: uploaded from a branch or clone you do not have
  merge the branch that has it, or `promptsync upload --force behind` to replace it
drifted: edited in the registry
  promptsync download drifted
diverged: edited in the registry and in git
  promptsync download diverged
removed: in the registry, and its file is gone here
  `promptsync upload --prune` removes it, `promptsync download gone` brings it back
unmanaged: in the registry only, never uploaded from git
  promptsync download foreign

1 in sync, 1 new, 1 modified, 1 behind, 1 drifted, 1 diverged, 1 removed, 1 unmanaged
"""


@pytest.mark.parametrize(("command", "code"), [("status", 0), ("verify", 1)])
def test_every_status_comes_with_its_meaning_and_what_helps(
    repo: Repo, command: str, code: int
) -> None:
    with_every_status(repo)

    assert run(command) == Ran(code, EVERY_STATUS, "")


@pytest.mark.parametrize("command", ["status", "verify"])
def test_agreement_takes_one_line(repo: Repo, command: str) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run(command) == Ran(
        0, "registry `local`: sqlite:///.promptsync/registry.db\n\n1 in sync\n", ""
    )


def test_status_lists_prompts_in_sync_when_asked(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    listed = """\
registry `local`: sqlite:///.promptsync/registry.db

in_sync  greeting  prompts/greeting.md

1 in sync
"""

    assert run("status", "--all") == Ran(0, listed, "")
    assert run("status", "greeting") == Ran(0, listed, "")
    assert run("status", "prompts/greeting.md") == Ran(0, listed, "")


def test_status_answers_with_its_exit_code_when_asked(repo: Repo) -> None:
    with_greeting(repo)
    different = run("status", "--exit-code").code
    run("upload", "--yes")

    assert (different, run("status", "--exit-code").code) == (1, 0)


def test_json_names_each_prompt_with_whole_hashes(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edited = edit_in_registry(repo, "greeting", "people", "friends")
    local = edited.stamped_hash
    result = run("status", "--format", "json")

    assert (result.code, result.stderr) == (0, "")
    assert (
        result.stdout
        == f"""\
{{
  "schema": 1,
  "registry": "local",
  "kind": "local",
  "alias": null,
  "in_sync": false,
  "plan_checksum": "{result.json["plan_checksum"]}",
  "prompts": [
    {{
      "name": "greeting",
      "status": "drifted",
      "path": "prompts/greeting.md",
      "local_hash": "{local}",
      "stamped_hash": "{local}",
      "remote_hash": "{edited.content_hash}",
      "version": "2",
      "uploaded_version": null,
      "details_differ": false,
      "note": null,
      "changed_partials": null,
      "aliases": {{}}
    }}
  ],
  "summary": {{
    "drifted": 1
  }}
}}
"""
    )


def test_json_has_every_status(repo: Repo) -> None:
    with_every_status(repo)

    document = run("verify", "--format", "json").json

    assert {each["name"]: each["status"] for each in document["prompts"]} == {
        "agreed": "in_sync",
        "behind": "behind",
        "diverged": "diverged",
        "drifted": "drifted",
        "foreign": "unmanaged",
        "fresh": "new",
        "gone": "removed",
        "modified": "modified",
    }
    assert document["summary"]["in_sync"] == 1


def test_markdown_is_a_comment_for_a_pull_request(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\nBe brief.\n")
    repo.write("prompts/fresh.md", "This is fresh.\n")
    run("upload", "--yes", "farewell")
    edit_in_registry(repo, "farewell", "brief", "kind")
    checksum = run("status", "--format", "json").json["plan_checksum"]

    assert run("verify", "--format", "markdown") == Ran(
        1,
        f"""\
### promptsync: not in sync

Registry `local` (`sqlite:///.promptsync/registry.db`): 1 new, 1 drifted.

| status | prompt | registry | git |
| --- | --- | --- | --- |
| drifted | `farewell` | `sha256:429e718c76d9` | `sha256:937fe31c8bf9` |
| new | `fresh` | `-` | `sha256:39eb7c3ec8ea` |

Upload plan `{checksum}`

<details><summary><code>farewell</code>: edited in the registry</summary>

```diff
--- registry
+++ prompts/farewell.md
@@ -1,2 +1,2 @@
 Say goodbye.
-Be kind.
+Be brief.
```

</details>

<details><summary><code>fresh</code>: not in the registry yet</summary>

```diff
--- registry
+++ prompts/fresh.md
@@ -0,0 +1 @@
+This is fresh.
```

</details>
""",
        "",
    )


def test_github_annotates_the_line_that_differs(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    assert run("verify", "--format", "github") == Ran(
        1,
        "::error file=prompts/greeting.md,line=8,title=greeting is drifted::edited in the "
        "registry: `promptsync download greeting`\n1 drifted\n",
        "",
    )


def test_github_gets_no_more_annotations_than_it_shows(repo: Repo) -> None:
    for number in range(12):
        repo.write(f"prompts/p{number:02}.md", "Hello.\n")

    lines = run("verify", "--format", "github").stdout.splitlines()

    assert sum(line.startswith("::error file=prompts/p") for line in lines) == 10
    assert lines[10:] == ["2 more are not annotated: GitHub shows 10", "12 new"]


def test_sarif_has_a_rule_for_each_status_and_a_place_for_each_result(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    result = run("verify", "--format", "sarif")

    assert (result.code, result.stderr) == (1, "")
    assert result.json == {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "promptsync",
                        "version": result.json["runs"][0]["tool"]["driver"]["version"],
                        "rules": [
                            {
                                "id": "drifted",
                                "shortDescription": {"text": "edited in the registry"},
                            }
                        ],
                    }
                },
                "results": [
                    {
                        "ruleId": "drifted",
                        "level": "error",
                        "message": {
                            "text": "greeting: edited in the registry; "
                            "`promptsync download greeting`"
                        },
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "prompts/greeting.md"},
                                    "region": {"startLine": 8, "startColumn": 1},
                                }
                            }
                        ],
                    }
                ],
            }
        ],
    }


def test_code_scanning_takes_every_result(repo: Repo) -> None:
    with_every_status(repo)

    (document,) = run("verify", "--strict", "--format", "sarif").json["runs"]
    rules = [rule["id"] for rule in document["tool"]["driver"]["rules"]]
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in document["results"]
    ]

    assert len(set(rules)) == len(rules)
    assert {result["ruleId"] for result in document["results"]} == set(rules)
    assert "promptsync.toml" in places
    assert all(place and not place.startswith("/") for place in places)
    assert len(places) == 7


def test_code_scanning_takes_any_path(repo: Repo) -> None:
    repo.write("prompts/Grüße an alle.md", "---\nname: greeting\n---\n\nHello.\n")

    (result,) = run("verify", "--format", "sarif").json["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]

    assert place == "prompts/Gr%C3%BC%C3%9Fe%20an%20alle.md"


def test_extras_fail_only_when_strict(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    save_in_registry(repo, prompt("foreign", "This is foreign."))

    assert (run("verify").code, run("verify", "--strict").code) == (0, 1)


def test_more_prompts_than_a_line_holds_get_one_command_for_all(repo: Repo) -> None:
    for name in "abcd":
        repo.write(f"prompts/{name}.md", f"This is {name}.\n")
    run("upload", "--yes")
    for name in "abcd":
        edit_in_registry(repo, name, "This", "That")

    assert "edited in the registry\n  promptsync download\n" in run("status").stdout


def test_details_that_differ_are_said_and_are_no_difference(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("title: Greeting", "title: Welcome"))

    assert run("verify") == Ran(
        0,
        """\
registry `local`: sqlite:///.promptsync/registry.db

in_sync  greeting  prompts/greeting.md

title, description, tags or metadata differ: greeting
  promptsync upload greeting

1 in sync
""",
        "",
    )


def test_a_prompt_of_another_repository_says_where_it_came_from(repo: Repo) -> None:
    with_greeting(repo)
    repo.git("remote", "add", "origin", "https://example.com/here.git")
    run("upload", "--yes")
    there = prompt("theirs", "This is theirs.")
    stamp = stamp_of(there, "prompts/theirs.md")
    elsewhere = type(stamp)(
        content_hash=stamp.content_hash,
        path=stamp.path,
        file_sha256=stamp.file_sha256,
        repository="https://example.com/there.git",
    )
    save_in_registry(repo, there, elsewhere)

    assert "note: uploaded from https://example.com/there.git: theirs\n" in run("status").stdout


def test_commands_that_help_repeat_the_registry_and_the_alias(repo: Repo) -> None:
    with_greeting(repo)
    repo.write(
        "promptsync.toml",
        'default-registry = "one"\n'
        '[registries.one]\nkind = "local"\nurl = "sqlite:///.promptsync/one.db"\n'
        '[registries.two]\nkind = "local"\nurl = "sqlite:///.promptsync/two.db"\n',
    )

    assert "  promptsync upload greeting\n" in run("status").stdout
    assert (
        "  promptsync upload --registry two --alias live greeting\n"
        in run("status", "-r", "two", "--alias", "live").stdout
    )


def test_a_command_without_an_alias_is_given_none() -> None:
    given = Given(registry="two", alias="live")

    assert given.repeated("`promptsync history greeting`, `promptsync diff`") == (
        "`promptsync history --registry two greeting`, "
        "`promptsync diff --registry two --alias live`"
    )


def test_an_error_repeats_the_registry_too(repo: Repo) -> None:
    with_greeting(repo)
    repo.write(
        "promptsync.toml",
        'default-registry = "one"\n'
        '[registries.one]\nkind = "local"\nurl = "sqlite:///.promptsync/one.db"\n'
        '[registries.two]\nkind = "local"\nurl = "sqlite:///.promptsync/two.db"\n',
    )
    run("upload", "--yes", "--registry", "two")

    unknown = run("restore", "greeting", "9", "--registry", "two")
    nobody = run("status", "nobody", "--registry", "two", "--alias", "live")

    assert "`promptsync history --registry two greeting` lists them" in unknown.stderr
    assert "`promptsync status --registry two --alias live` lists the names" in nobody.stderr


def test_an_alias_is_looked_at_instead_of_the_latest_version(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes", "--alias", "live")
    edit_in_registry(repo, "greeting", "people", "friends")
    registry = registry_of(repo)
    there = registry.get_prompt("greeting", alias="live")
    registry.close()

    assert there is not None
    assert there.version == "1"
    assert run("verify", "--alias", "live") == Ran(
        0,
        "registry `local`: sqlite:///.promptsync/registry.db, alias `live`\n\n1 in sync\n",
        "",
    )
    assert run("verify").code == 1


def test_an_alias_that_points_at_nothing_is_explained(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run("verify", "--alias", "live") == Ran(
        1,
        """\
registry `local`: sqlite:///.promptsync/registry.db, alias `live`

new  greeting  prompts/greeting.md

new: not in the registry yet
  promptsync upload --alias live greeting
note: alias `live` points at no version: greeting

1 new
""",
        "",
    )


def test_long_names_push_the_path_out_of_the_table(repo: Repo) -> None:
    name = "a" * 50
    repo.write(f"prompts/{name}.md", "Hello.\n")
    repo.write("prompts/b.md", "Hello.\n")

    lines = run("status").stdout.splitlines()

    assert lines[2:4] == [f"new  {name}", "new  b"]


def test_the_registry_below_a_folder_above_is_named_in_full(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    monkeypatch.chdir(repo.path / "prompts")

    first = run("verify").stdout.splitlines()[0]

    assert (
        first == f"registry `local`: sqlite:///{(repo.path / '.promptsync').as_posix()}/registry.db"
    )


def test_composites_that_changed_only_by_a_partial_are_marked(repo: Repo) -> None:
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/persona.md", "You are a clerk.\n")
    for name in ("category", "charter"):
        repo.write(f"prompts/{name}.md", f"{{{{> persona}}}}\n\nThis is {name}.\n")
    repo.commit("Add prompts")
    run("upload", "--yes")
    repo.write("prompts/persona.md", "You are a judge.\n")

    status = run("status")
    states = {each["name"]: each for each in run("status", "--format", "json").json["prompts"]}
    markdown = run("verify", "--format", "markdown").stdout

    assert status.stdout.endswith(
        """\
modified: git is ahead of the registry
  promptsync upload category charter persona
note: only its partial `persona` changed: category, charter

3 modified
"""
    )
    assert [states[name]["changed_partials"] for name in ("category", "persona")] == [
        ["persona"],
        None,
    ]
    assert (
        "<code>charter</code>: git is ahead of the registry; only its partial `persona` changed"
        in markdown
    )
