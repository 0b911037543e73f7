"""A prompt whose file got another name is renamed in the registry, told and done by `upload`."""

from __future__ import annotations

import pytest

from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import registry_of, save_in_registry, stamp_of
from tests.fakes.braintrust import BraintrustServer

RENAME = """\
upload to registry `local`

~ rename  greeting -> salutation

note: `greeting` is served no more then: applications need `salutation`

1 to rename
"""


def with_renamed_greeting(repo: Repo) -> None:
    """Upload a greeting twice, and give its file another name."""
    repo.write(".gitignore", ".promptsync/\n")
    for text in ("Hi.\n", "Hello.\n"):
        repo.write("prompts/greeting.md", text)
        repo.commit("Change greeting")
        assert run("upload", "--yes").code == 0
    repo.git("mv", "prompts/greeting.md", "prompts/salutation.md")


def stored(repo: Repo) -> dict[str, int]:
    """Return how many versions each prompt of the registry has."""
    registry = registry_of(repo)
    names = [each.name for each in registry.list_prompts()]
    found = {name: len(registry.list_versions(name)) for name in names}
    registry.close()
    return found


@pytest.mark.parametrize("committed", [True, False])
def test_a_renamed_file_renames_its_prompt(repo: Repo, committed: bool) -> None:
    with_renamed_greeting(repo)
    if committed:
        repo.commit("Call it salutation")

    assert run("upload", "--yes") == Ran(
        0, "renamed `greeting` to `salutation` (version 2)\n", f"{RENAME}\n"
    )
    assert stored(repo) == {"salutation": 2}
    assert run("verify", "--strict").code == 0
    assert run("upload", "--yes").stdout == "nothing to upload to registry `local`\n"


def test_the_commits_of_a_renamed_prompt_are_still_known(repo: Repo) -> None:
    with_renamed_greeting(repo)
    before = run("history", "greeting", "--format", "json").json["versions"]
    repo.commit("Call it salutation")
    run("upload", "--yes")

    assert run("history", "salutation", "--format", "json").json["versions"] == before


def test_a_renamed_prompt_is_changed_and_rolled_back_as_ever(repo: Repo) -> None:
    with_renamed_greeting(repo)
    run("upload", "--yes")
    repo.write("prompts/salutation.md", "Good day.\n")
    repo.commit("Change it")

    assert run("upload", "--yes", "--alias", "live").code == 0
    assert stored(repo) == {"salutation": 3}
    assert run("rollback", "salutation", "--alias", "live", "--yes").code == 0


def test_a_prompt_that_is_named_is_renamed_too(repo: Repo) -> None:
    with_renamed_greeting(repo)

    assert run("upload", "salutation", "--yes").stdout == (
        "renamed `greeting` to `salutation` (version 2)\n"
    )


def test_a_name_in_the_front_matter_renames_as_well(repo: Repo) -> None:
    with_renamed_greeting(repo)
    repo.git("mv", "prompts/salutation.md", "prompts/greeting.md")
    repo.write("prompts/greeting.md", "---\nname: welcome\n---\n\nHello.\n")

    assert run("upload", "--yes").stdout == "renamed `greeting` to `welcome` (version 2)\n"


def test_pruning_does_not_remove_what_is_renamed(repo: Repo) -> None:
    with_renamed_greeting(repo)

    run("upload", "--yes", "--prune")

    assert stored(repo) == {"salutation": 2}


def test_without_renames_the_old_name_stays_or_is_pruned(repo: Repo) -> None:
    with_renamed_greeting(repo)

    kept = run("upload", "--yes", "--no-renames")
    assert kept.stdout == "created `salutation` (version 1)\n"
    assert stored(repo) == {"greeting": 2, "salutation": 1}

    run("upload", "--yes", "--no-renames", "--prune")
    assert stored(repo) == {"salutation": 1}


def test_only_the_case_of_a_name_may_change(repo: Repo) -> None:
    with_renamed_greeting(repo)
    repo.git("mv", "prompts/salutation.md", "prompts/Greeting.md")

    assert run("upload", "--yes").stdout == "renamed `greeting` to `Greeting` (version 2)\n"


def test_a_file_that_changed_as_well_is_another_prompt(repo: Repo) -> None:
    with_renamed_greeting(repo)
    repo.write("prompts/salutation.md", "Hello, you.\n")

    assert run("upload", "--yes").stdout == "created `salutation` (version 1)\n"
    assert stored(repo) == {"greeting": 2, "salutation": 1}


def test_which_of_several_was_renamed_is_not_guessed(repo: Repo) -> None:
    with_renamed_greeting(repo)
    repo.write("prompts/welcome.md", "Hello.\n")

    result = run("upload", "--dry-run")

    assert (
        """\
note: `salutation` has the content of `greeting`, now gone: which became which is not guessed
note: `welcome` has the content of `greeting`, now gone: which became which is not guessed

2 to create
"""
        in result.stdout
    )


def test_a_prompt_of_a_branch_that_is_not_here_is_not_taken(repo: Repo) -> None:
    theirs = prompt("theirs", "Hello.")
    save_in_registry(repo, theirs, stamp_of(theirs, "prompts/theirs.md"))
    repo.write("prompts/mine.md", "Hello.\n")

    assert run("upload", "--yes").stdout == "created `mine` (version 1)\n"
    assert stored(repo) == {"mine": 1, "theirs": 1}


def test_status_says_what_an_upload_renames(repo: Repo) -> None:
    with_renamed_greeting(repo)
    checksum = run("upload", "--dry-run", "--format", "json").json["plan_checksum"]

    assert (
        run("status").stdout
        == """\
registry `local`: sqlite:///.promptsync/registry.db

removed  greeting    prompts/greeting.md
new      salutation  prompts/salutation.md

new: not in the registry yet
  promptsync upload salutation
note: was `greeting` before: an upload renames that: salutation

1 new, 1 removed
"""
    )
    assert run("status", "--format", "json").json["plan_checksum"] == checksum
    assert run("verify").code == 1


def test_a_rename_in_json(repo: Repo) -> None:
    with_renamed_greeting(repo)

    document = run("upload", "--yes", "--format", "json").json

    (change,) = document["changes"]
    assert (change["name"], change["action"], change["renamed_from"]) == (
        "salutation",
        "rename",
        "greeting",
    )
    assert document["notes"] == [
        "`greeting` is served no more then: applications need `salutation`"
    ]
    assert [each["done"] for each in document["results"]] == [True]


def test_a_rename_in_markdown(repo: Repo) -> None:
    with_renamed_greeting(repo)

    text = run("upload", "--dry-run", "--format", "markdown").stdout

    assert "| rename | `greeting` -> `salutation` |" in text
    assert "- note: `` `greeting` is served no more then:" in text


def test_a_clone_too_shallow_to_tell_guesses_nothing(
    repo: Repo, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = f"sqlite:///{repo.path}/shared.db"
    repo.write("promptsync.toml", f'[registries.local]\nkind = "local"\nurl = "{database}"\n')
    with_renamed_greeting(repo)
    repo.commit("Call it salutation")
    shallow = repo.clone(tmp_path_factory.mktemp("clones") / "shallow", "--depth=1")
    monkeypatch.chdir(shallow.path)

    uploaded = run("upload", "--yes")

    assert uploaded.code == 2
    assert "too shallow to tell whether `greeting` moved here or elsewhere" in uploaded.stderr
    assert "fetch-depth: 0" in uploaded.stderr
    assert run("status").code == 0


@pytest.mark.parametrize("options", [[], ["--all"], ["--policy", "registry-wins"]])
def test_a_sync_renames_too_and_brings_nothing_back(repo: Repo, options: list[str]) -> None:
    with_renamed_greeting(repo)
    repo.commit("Call it salutation")

    synced = run("sync", "--yes", *options)

    assert synced.code == 0
    assert synced.stdout.startswith("renamed to `salutation` (version 2)\n")
    assert stored(repo) == {"salutation": 2}
    assert not (repo.path / "prompts/greeting.md").exists()


def test_a_file_that_is_wrong_is_not_gone(repo: Repo) -> None:
    with_renamed_greeting(repo)
    repo.write("prompts/greeting.md", "---\ntitel: wrong\n---\n\nHello.\n")
    repo.commit("Copy it, and break the first one")

    run("sync", "--yes")

    assert stored(repo) == {"greeting": 2, "salutation": 1}


def test_an_entry_of_a_catalog_file_is_renamed_by_its_key(repo: Repo) -> None:
    repo.write(
        "promptsync.toml",
        'prompts = ["all.json"]\n[registries.local]\nkind = "local"\n'
        'url = "sqlite:///.promptsync/registry.db"\n',
    )
    repo.write("all.json", '{"greeting": "Hello.", "other": "Other."}\n')
    repo.commit("Add prompts")
    run("upload", "--yes")
    repo.write("all.json", '{"salutation": "Hello.", "other": "Other."}\n')

    assert run("upload", "--yes").stdout == "renamed `greeting` to `salutation` (version 1)\n"


@pytest.mark.network
def test_a_prompt_is_renamed_in_braintrust(repo: Repo, trader: BraintrustServer) -> None:
    with_renamed_greeting(repo)
    identifier = trader.store.prompt_named("greeting").id

    renamed = run("upload", "--yes")

    assert renamed.stdout.startswith("renamed `greeting` to `salutation` (version ")
    assert trader.store.prompt_named("salutation").id == identifier
    assert run("verify", "--strict").code == 0
    repo.commit("Call it salutation")
    assert len(run("history", "salutation", "--format", "json").json["versions"]) == 3
