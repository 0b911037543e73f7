"""What `download` says and does, whole."""

from __future__ import annotations

from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import (
    edit_in_registry,
    save_in_registry,
    with_every_status,
    with_greeting,
)

NOTHING = "nothing to download from registry `local`\n"


def with_an_edit(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")


def test_an_edit_comes_into_the_file(repo: Repo) -> None:
    with_an_edit(repo)

    assert run("download", "--yes") == Ran(
        0,
        "wrote prompts/greeting.md\n",
        """\
download from registry `local`

~ write  greeting  sha256:3e19fa7c5cbc -> sha256:61fdd7dae84e

1 to write


hint: `git diff` shows the edits; commit them, and the registry is in sync
""",
    )
    assert repo.git("diff", "--unified=0").splitlines()[-2:] == [
        "-You greet people.",
        "+You greet friends.",
    ]
    assert run("verify").code == 0


def test_agreement_is_nothing_to_download(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run("download", "--yes") == Ran(0, NOTHING, "")


def test_a_dry_run_shows_the_plan_and_writes_nothing(repo: Repo) -> None:
    with_every_status(repo)
    result = run("download", "--dry-run")
    checksum = run("download", "--dry-run", "--format", "json").json["plan_checksum"]

    assert result == Ran(
        3,
        f"""\
download from registry `local`

~ merge  diverged  sha256:bb7c4476b9f2 with sha256:b779f3a4fc3e
~ write  drifted   sha256:536d1ac7c573 -> sha256:3d06e6fa3185

! left alone  behind: uploaded from a branch or clone you do not have
              merge that branch, or download `--force` to take its text

1 to write, 1 to merge, 1 left alone
checksum {checksum}
""",
        "",
    )
    assert repo.git("status", "--porcelain") == ""


def test_results_in_json(repo: Repo) -> None:
    with_an_edit(repo)

    result = run("download", "--yes", "--format", "json")

    assert (result.code, result.json["results"]) == (
        0,
        [
            {
                "name": "greeting",
                "action": "write",
                "done": True,
                "path": "prompts/greeting.md",
                "paths": ["prompts/greeting.md"],
                "conflict": False,
                "error": None,
            }
        ],
    )


def test_results_in_markdown_follow_the_plan(repo: Repo) -> None:
    with_an_edit(repo)
    checksum = run("download", "--dry-run", "--format", "json").json["plan_checksum"]

    assert (
        run("download", "--yes", "--format", "markdown").stdout
        == f"""\
### promptsync: download plan

Download from registry `local`: 1 to write.

| action | prompt | before | after |
| --- | --- | --- | --- |
| write | `greeting` | `sha256:3e19fa7c5cbc` | `sha256:61fdd7dae84e` |

Plan checksum `{checksum}`

- wrote `prompts/greeting.md`
"""
    )


def test_both_edits_are_merged(repo: Repo) -> None:
    with_an_edit(repo)
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("{{{name}}}", "I am {{{name}}}."))
    repo.commit("Introduce the user")

    merged = run("download", "--yes")

    assert (merged.code, merged.stdout) == (0, "wrote prompts/greeting.md\n")
    assert repo.read("prompts/greeting.md") == greeting.replace(
        "You greet people.", "You greet friends."
    ).replace("{{{name}}}", "I am {{{name}}}.")


def test_an_overlap_is_left_as_conflict_markers_for_a_person(repo: Repo) -> None:
    with_an_edit(repo)
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("people", "everybody"))
    repo.commit("Greet everybody")

    merged = run("download", "--yes")

    assert (merged.code, merged.stdout) == (3, "wrote prompts/greeting.md with conflict markers\n")
    assert merged.stderr.endswith(
        "\n\nhint: resolve the conflicts in these files, then `git add` and `promptsync upload`\n"
    )
    assert "<<<<<<<" in repo.read("prompts/greeting.md")
    assert run("verify").code == 2


def test_files_with_uncommitted_changes_are_refused(repo: Repo) -> None:
    with_an_edit(repo)
    mine = repo.read("prompts/greeting.md") + "Thanks.\n"
    repo.write("prompts/greeting.md", mine)

    assert run("download", "--yes") == Ran(
        2,
        "",
        """\
error: these files have uncommitted changes, and the download would write them:
  prompts/greeting.md

hint: commit or stash them; `--force` overwrites them
""",
    )
    assert repo.read("prompts/greeting.md") == mine


def test_force_lets_the_registry_win(repo: Repo) -> None:
    with_an_edit(repo)
    mine = repo.read("prompts/greeting.md") + "Thanks.\n"
    repo.write("prompts/greeting.md", mine)

    assert run("download", "--yes", "--force").code == 0
    assert "friends" in repo.read("prompts/greeting.md")
    assert "Thanks" not in repo.read("prompts/greeting.md")


def test_prompts_that_only_the_registry_has_come_when_asked(repo: Repo) -> None:
    save_in_registry(repo, prompt("first", "This is first."))
    save_in_registry(repo, prompt("second", "This is second."))

    nothing = run("download", "--yes")
    named = run("download", "--yes", "first")
    everything = run("download", "--yes", "--all")

    assert nothing == Ran(0, NOTHING, "")
    assert (named.code, named.stdout) == (0, "wrote prompts/first.md\n")
    assert "+ write  first  sha256:" in named.stderr
    assert (everything.code, everything.stdout) == (0, "wrote prompts/second.md\n")
    assert repo.read("prompts/second.md") == "This is second.\n"


def test_a_name_that_nobody_has_is_an_error(repo: Repo) -> None:
    with_greeting(repo)

    assert run("download", "nobody") == Ran(
        2,
        "",
        "error: there is no prompt file for `nobody`\n\n"
        "hint: `promptsync status` lists the names\n",
    )


def test_exactly_the_reviewed_plan_is_applied(repo: Repo) -> None:
    with_an_edit(repo)
    reviewed = run("download", "--dry-run", "--format", "json").json["plan_checksum"]

    assert run("download", "--plan-checksum", "sha256:" + "0" * 64).code == 3
    assert run("download", "--plan-checksum", reviewed).code == 0


def test_without_a_terminal_nothing_is_done_unless_told_so(repo: Repo) -> None:
    with_an_edit(repo)

    result = run("download", "--format", "json")

    assert (result.code, result.json["error"]["code"]) == (2, 2)
    assert result.json["error"]["message"].startswith("nothing was done")
    assert repo.git("status", "--porcelain") == ""


# -- composites --


def with_composites(repo: Repo) -> None:
    """Give a repository three prompts, two of which include the third, all uploaded."""
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/persona.md", "You are a clerk.\nYou are brief.\n")
    for name, task in (("category", "Classify"), ("charter", "Validate")):
        text = f"# system:\n\n{{{{> persona}}}}\n\n{task} the text.\n\n# user:\n\n{{{{text}}}}\n"
        repo.write(f"prompts/{name}.md", text)
    repo.commit("Add prompts")
    assert run("upload", "--yes").code == 0


def test_an_edit_of_a_composite_comes_into_its_partial_and_warns(repo: Repo) -> None:
    with_composites(repo)
    edit_in_registry(repo, "charter", "clerk", "judge")

    assert run("download", "--yes") == Ran(
        0,
        "wrote prompts/persona.md\n",
        """\
download from registry `local`

~ write  charter  sha256:f41e942e5696 -> sha256:4286af720b81
         prompts/persona.md

warning: `persona` is shared; these are modified until uploaded:
  category, persona
  after the commit: promptsync upload category persona

1 to write


hint: `git diff` shows the edits; commit them, then `promptsync upload category persona`
""",
    )
    assert repo.read("prompts/persona.md") == "You are a judge.\nYou are brief.\n"


def test_different_edits_of_one_partial_are_shown_side_by_side(repo: Repo) -> None:
    with_composites(repo)
    edit_in_registry(repo, "category", "clerk", "notary")
    edit_in_registry(repo, "charter", "clerk", "judge")

    assert run("download", "--yes") == Ran(
        3,
        """\
download from registry `local`

! left alone  category, charter: partial `persona` was changed in different ways
              category:
                You are a notary.
              charter:
                You are a judge.
              `promptsync download category` takes one; commit, then merge the other

2 left alone
""",
        "",
    )
    assert repo.git("status", "--porcelain") == ""


def test_a_partial_with_uncommitted_changes_is_refused(repo: Repo) -> None:
    with_composites(repo)
    edit_in_registry(repo, "charter", "Validate", "Check")
    repo.write("prompts/other.md", "Other.\n")

    assert run("download", "--yes").code == 0
    repo.commit("Take the edit")
    edit_in_registry(repo, "charter", "clerk", "judge")
    repo.write("prompts/persona.md", "You are a clerk.\nYou are brief.\n\n")

    refused = run("download", "--yes")

    assert refused.code == 2
    assert "the download would write them:\n  prompts/persona.md\n" in refused.stderr


def test_the_files_of_a_composite_in_json_and_markdown(repo: Repo) -> None:
    with_composites(repo)
    edit_in_registry(repo, "charter", "clerk", "judge")
    edit_in_registry(repo, "charter", "Validate", "Check")
    files = ["prompts/charter.md", "prompts/persona.md"]

    document = run("download", "--dry-run", "--format", "json").json
    markdown = run("download", "--dry-run", "--format", "markdown").stdout
    done = run("download", "--yes", "--format", "json").json

    assert document["changes"][0]["files"] == files
    assert document["shared"] == [
        {"name": "persona", "path": files[1], "touched": ["category", "persona"]}
    ]
    assert "| | `prompts/charter.md`, `prompts/persona.md` | | |\n" in markdown
    assert (
        "- warning: `persona` is shared; modified until uploaded: `category`, `persona`\n"
        in markdown
    )
    assert [each["paths"] for each in done["results"]] == [files]


def test_a_sync_takes_an_edit_into_the_partial_and_uploads_what_it_touches(repo: Repo) -> None:
    with_composites(repo)
    edit_in_registry(repo, "charter", "clerk", "judge")

    synced = run("sync", "--yes", "--commit")

    assert synced.code == 0, synced.text
    assert repo.read("prompts/persona.md") == "You are a judge.\nYou are brief.\n"
    assert repo.git("status", "--porcelain") == ""
    assert run("verify").code == 0


def test_a_second_edit_is_merged_with_the_first_one_as_the_base(repo: Repo) -> None:
    with_composites(repo)
    edit_in_registry(repo, "charter", "clerk", "judge")
    run("download", "--yes")
    repo.commit("Take the edit")
    repo.write("prompts/persona.md", "You are a judge.\nYou are brief.\nYou are kind.\n")
    repo.commit("Be kind")
    edit_in_registry(repo, "charter", "a judge", "a fair judge")

    merged = run("download", "--yes")

    assert (merged.code, merged.stdout) == (0, "wrote prompts/persona.md\n")
    assert repo.read("prompts/persona.md") == (
        "You are a fair judge.\nYou are brief.\nYou are kind.\n"
    )
