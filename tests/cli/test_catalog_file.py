"""What commands say and do where many prompts stand in one JSON or YAML file."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.early_verify import is_nothing_staged
from promptsync.errors import ConflictError, UsageError
from promptsync.file_writer import path_for, taken_names
from promptsync.prompt_writer import create_prompt, current_text, write_prompt
from promptsync.reading import read_catalog
from promptsync.remote_prompt import Stamp
from promptsync.workspace import open_workspace, prompt_names_by_path
from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import edit_in_registry, folder_of, registry_of, save_in_registry

FILE = "forseti/forseti_charter.json"
CONFIGURATION = f'prompts = ["prompts", "{FILE}", "forseti/more.yaml"]\n'
CHARTER = """\
{
  "persona": {"partial": true, "text": "You are Forseti."},
  "validation": {
    "title": "Validation",
    "messages": [
      {"role": "system", "content": "{{> persona}}\\n\\nValidate."},
      {"role": "user", "content": "{{{contribution}}}"}
    ]
  },
  "greeting": "Hello.\\nWelcome.\\nBye."
}
"""
MORE = """\
# what else there is
thanks: |-
  Thank you.
  Come again.

sorry: Sorry.  # short
"""


@pytest.fixture
def forseti(repo: Repo) -> Repo:
    """Return a repository with two catalog files beside a folder, all of it committed."""
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("promptsync.toml", CONFIGURATION)
    repo.write(FILE, CHARTER)
    repo.write("forseti/more.yaml", MORE)
    repo.write("prompts/rules.md", "Be brief.\n")
    repo.commit("Add prompts")
    return repo


@pytest.fixture
def uploaded(forseti: Repo) -> Repo:
    assert run("upload", "--yes").code == 0
    return forseti


def replaced(repo: Repo, path: str, old: str, new: str) -> None:
    text = repo.read(path)
    assert old in text
    repo.write(path, text.replace(old, new))


def stamp(repo: Repo, name: str) -> Stamp:
    registry = registry_of(repo)
    (stored,) = registry.get_prompts([name])
    registry.close()
    assert stored.stamp is not None
    return stored.stamp


# -- reading --


def test_each_entry_is_a_prompt(forseti: Repo) -> None:
    result = run("status")

    assert result == Ran(
        0,
        """\
registry `local`: sqlite:///.promptsync/registry.db

new  greeting    forseti/forseti_charter.json#greeting
new  rules       prompts/rules.md
new  sorry       forseti/more.yaml#sorry
new  thanks      forseti/more.yaml#thanks
new  validation  forseti/forseti_charter.json#validation

new: not in the registry yet
  promptsync upload

5 new
""",
        "",
    )
    assert run("lint").stdout == "6 prompt files checked, no findings\n"
    assert prompt_names_by_path(forseti.path) == [
        "greeting",
        "persona",
        "rules",
        "sorry",
        "thanks",
        "validation",
    ]


def test_work_tree_index_and_commit_are_read_alike(forseti: Repo) -> None:
    replaced(forseti, FILE, "Hello", "Staged")
    forseti.git("add", "--all")
    replaced(forseti, FILE, "Staged", "On disk")
    workspace = open_workspace(forseti.path)

    found = [
        read_catalog(workspace).files["greeting"].prompt.content,
        read_catalog(workspace, staged=True).files["greeting"].prompt.content,
        read_catalog(workspace, revision="HEAD").files["greeting"].prompt.content,
    ]

    assert found == [f"{word}.\nWelcome.\nBye." for word in ("On disk", "Staged", "Hello")]


def test_includes_reach_from_file_to_file(forseti: Repo) -> None:
    forseti.write("prompts/house.md", "{{> persona}} {{> sorry}}\n")

    catalog = read_catalog(open_workspace(forseti.path))

    assert catalog.files["house"].expanded.content == "You are Forseti. Sorry."


def test_findings_are_on_the_lines_of_the_file(forseti: Repo) -> None:
    replaced(forseti, FILE, "{{> persona}}", "{{> nobody}}")
    replaced(forseti, FILE, '"Hello.', '"Hello\\u200b.')
    replaced(forseti, "forseti/more.yaml", "Sorry.", "5")
    forseti.write("prompts/Thanks.md", "Thanks\n")

    result = run("lint")

    assert result.code == 1
    assert (
        result.stdout
        == """\
forseti/forseti_charter.json:3:1: PS005 there is no prompt `nobody` to include: validation -> nobody
forseti/forseti_charter.json:10:1: PS010 warning: invisible character U+200B (zero width space)
  hint: delete it, unless a model is meant to see what people cannot
forseti/more.yaml:2:1: PS004 the name `thanks` is taken by `prompts/Thanks.md`
  hint: rename one of the files, or give it another `name:`; case makes no difference
forseti/more.yaml:6:1: PS003 `sorry` must be text or an object with `text` or `messages`
  hint: put it in quotes

7 prompt files checked: 3 errors, 1 warning
"""
    )
    assert run("lint", FILE).stdout.endswith("3 prompt files checked: 1 error, 1 warning\n")


def test_a_catalog_file_that_is_not_there_is_an_error(forseti: Repo) -> None:
    (forseti.path / FILE).unlink()

    assert (
        run("lint").stdout
        == """\
forseti/forseti_charter.json:1:1: PS001 there is no such catalog file
  hint: take it out of `prompts` in the configuration, or write it

4 prompt files checked: 1 error, 0 warnings
"""
    )


def test_a_catalog_file_behind_a_link_is_an_error(forseti: Repo) -> None:
    (forseti.path / FILE).rename(forseti.path / "elsewhere.json")
    (forseti.path / FILE).symlink_to("../elsewhere.json")
    forseti.git("add", "--all")

    for option in ((), ("--staged",)):
        assert f"{FILE}:1:1: PS001 a symbolic link" in run("lint", *option).stdout


def test_a_catalog_file_may_lie_in_a_prompt_root(repo: Repo) -> None:
    repo.write("promptsync.toml", 'prompts = ["prompts", "prompts/all.yml"]\n')
    repo.write("prompts/all.yml", "a: x\n")
    repo.write("prompts/b.md", "y\n")
    repo.commit()
    workspace = open_workspace(repo.path)

    assert sorted(read_catalog(workspace).files) == ["a", "b"]
    assert sorted(read_catalog(workspace, staged=True).files) == ["a", "b"]
    assert sorted(read_catalog(workspace, revision="HEAD").files) == ["a", "b"]


@pytest.mark.usefixtures("forseti")
@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (FILE, ["greeting", "validation"]),
        (f"{FILE}#greeting", ["greeting"]),
        ("greeting", ["greeting"]),
    ],
)
def test_a_file_names_all_its_prompts(wanted: str, names: list[str]) -> None:
    result = run("status", wanted, "--format", "json")

    assert [each["name"] for each in result.json["prompts"]] == names


# -- stamps --


def test_a_stamp_says_nothing_about_the_neighbours(uploaded: Repo) -> None:
    before = stamp(uploaded, "greeting")
    replaced(uploaded, FILE, "Validate", "Validate it")
    replaced(uploaded, FILE, '  "greeting"', '     "greeting"')

    assert run("upload", "--yes").stdout == "updated `validation` (version 2)\n"
    assert stamp(uploaded, "greeting") == before
    assert before.path == f"{FILE}#greeting"
    assert before.commit == uploaded.git("rev-parse", "HEAD")


def test_a_stamp_names_the_commit_that_changed_the_entry(forseti: Repo) -> None:
    first = forseti.git("rev-parse", "HEAD")
    replaced(forseti, FILE, "Validate", "Validate it")
    second = forseti.commit()
    replaced(forseti, FILE, '"You are Forseti', '"You are Forseti the just')
    third = forseti.commit()
    replaced(forseti, "forseti/more.yaml", "Sorry.", "So sorry.")
    replaced(forseti, FILE, "Hello", "Good day")
    forseti.write("prompts/house.md", "{{> sorry}}\n{{> greeting}}\n")
    forseti.write("prompts/wise.md", "{{> thanks}}\n")
    fourth = forseti.commit()
    replaced(forseti, "forseti/more.yaml", "So sorry.", "Not committed.")

    run("upload", "--yes")

    names = ("thanks", "validation", "greeting", "wise", "sorry", "house")
    found = [stamp(forseti, name).commit for name in names]
    assert found == [first, third, fourth, fourth, None, None]
    assert second not in found


def test_where_and_history_name_the_commit_of_an_entry(uploaded: Repo) -> None:
    first = uploaded.git("rev-parse", "HEAD")
    replaced(uploaded, FILE, "Hello", "Good day")
    second = uploaded.commit("Greet")
    run("upload", "--yes")
    digest = stamp(uploaded, "greeting").content_hash

    versions = run("history", "greeting", "--format", "json").json["versions"]
    origins = run("where", digest, "--format", "json").json["origins"]

    assert [each["commit"] for each in versions] == [second, first]
    assert [(each["path"], each["commit"]) for each in origins] == [
        (f"{FILE}#greeting", second),
        (f"{FILE}#greeting", second),
    ]


def test_history_finds_entries_that_were_uploaded_before_they_were_committed(repo: Repo) -> None:
    repo.write("promptsync.toml", 'prompts = ["all.json"]\n')
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("all.json", '{"a": "x", "b": "{{> a}}"}\n')
    run("upload", "--yes")
    commit = repo.commit()

    for name in ("a", "b"):
        (version,) = run("history", name, "--format", "json").json["versions"]
        assert version["commit"] == commit


# -- what changed --


def test_only_entries_that_changed_count(uploaded: Repo) -> None:
    replaced(uploaded, FILE, "Hello", "Good day")
    uploaded.git("add", "--all")

    staged = run("verify", "--staged", "--format", "json")
    assert [each["name"] for each in staged.json["prompts"]] == ["greeting"]
    assert not is_nothing_staged(open_workspace(uploaded.path))
    assert "needs" not in staged.stderr

    uploaded.commit()
    since = run("verify", "--changed-since", "HEAD~1", "--format", "json")
    assert [each["name"] for each in since.json["prompts"]] == ["greeting"]


def test_a_commit_of_something_else_asks_nobody(uploaded: Repo) -> None:
    uploaded.write("README.md", "Read me\n")
    uploaded.git("add", "--all")

    assert is_nothing_staged(open_workspace(uploaded.path))


def test_what_is_not_staged_of_a_catalog_file_is_named(uploaded: Repo) -> None:
    replaced(uploaded, FILE, "Hello", "Good day")
    uploaded.git("add", "--all")
    replaced(uploaded, FILE, "Welcome", "Come in")

    assert f"these have unstaged changes: {FILE}\n" in run("verify", "--staged").stderr


def test_annotations_stand_at_the_entry(uploaded: Repo) -> None:
    replaced(uploaded, FILE, "Hello", "Good day")

    github = run("verify", "--format", "github").stdout
    sarif = run("verify", "--format", "sarif").json
    markdown = run("verify", "--format", "markdown").stdout

    assert github.startswith(f"::error file={FILE},line=10,title=greeting is modified::")
    (result,) = sarif["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": FILE},
        "region": {"startLine": 10, "startColumn": 1},
    }
    assert "-Hello.\n+Good day.\n Welcome." in markdown


def test_an_entry_that_goes_is_removed(uploaded: Repo) -> None:
    replaced(uploaded, FILE, ',\n  "greeting": "Hello.\\nWelcome.\\nBye."', "")
    uploaded.commit()

    assert "\nremoved  greeting  forseti/forseti_charter.json#greeting\n" in run("status").stdout
    assert run("upload", "--prune", "--yes").stdout == "removed `greeting`\n"


def test_a_bundle_knows_its_commit(forseti: Repo) -> None:
    commit = forseti.git("rev-parse", "HEAD")
    clean = json.loads(run("bundle", "--output", "-").stdout)
    replaced(forseti, FILE, "Hello", "Good day")
    changed = json.loads(run("bundle", "--output", "-").stdout)

    assert (clean["commit"], changed["commit"]) == (commit, None)
    assert clean["prompts"][0]["path"] == f"{FILE}#greeting"


# -- back into the file --


def test_edits_come_into_their_entries_and_nowhere_else(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")
    edit_in_registry(uploaded, "thanks", "Come again.", "Come again\nsoon.")
    edit_in_registry(uploaded, "sorry", "Sorry", "So sorry")

    result = run("download", "--yes")

    assert (result.code, result.stdout) == (
        0,
        "wrote forseti/forseti_charter.json#greeting\n"
        "wrote forseti/more.yaml#sorry\n"
        "wrote forseti/more.yaml#thanks\n",
    )
    assert uploaded.read(FILE) == CHARTER.replace("Hello", "Good day")
    assert uploaded.read("forseti/more.yaml") == MORE.replace("again.", "again\n  soon.").replace(
        "Sorry.", "So sorry."
    )
    assert run("verify").code == 0


def test_an_edit_of_a_composite_goes_into_the_entry_that_says_it(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "validation", "You are Forseti.", "You are Forseti the just.")
    edit_in_registry(uploaded, "validation", "Validate.", "Validate it.")

    result = run("download", "--yes")

    assert (result.code, result.stdout) == (0, f"wrote {FILE}#validation\nwrote {FILE}#persona\n")
    assert uploaded.read(FILE) == CHARTER.replace("Forseti.", "Forseti the just.").replace(
        "Validate.", "Validate it."
    )
    assert run("verify").code == 0


def test_line_ends_and_a_byte_order_mark_stay(uploaded: Repo) -> None:
    data = b"\xef\xbb\xbf" + CHARTER.replace("\n", "\r\n").encode()
    uploaded.write(FILE, data)
    uploaded.commit()
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")

    assert run("download", "--yes").code == 0
    assert (uploaded.path / FILE).read_bytes() == data.replace(b"Hello", b"Good day")


def test_edits_of_different_lines_are_merged(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")
    replaced(uploaded, FILE, "Bye.", "See you.")
    uploaded.commit()

    merged = run("download", "--yes")

    assert (merged.code, merged.stdout) == (0, f"wrote {FILE}#greeting\n")
    assert uploaded.read(FILE) == CHARTER.replace("Hello", "Good day").replace("Bye.", "See you.")


def test_edits_of_different_keys_are_merged(uploaded: Repo) -> None:
    registry = registry_of(uploaded)
    registry.edit_prompt("sorry", lambda there: replace(there, model="m"), author="Grace")
    registry.close()
    replaced(
        uploaded, "forseti/more.yaml", "sorry: Sorry.", "sorry:\n  params: {n: 1}\n  text: Sorry."
    )
    uploaded.commit()

    assert run("download", "--yes").stdout == "wrote forseti/more.yaml#sorry\n"
    assert uploaded.read("forseti/more.yaml").endswith(
        "sorry:\n  params: {n: 1}\n  text: Sorry.  # short\n  model: m\n"
    )


def test_edits_of_one_line_are_shown_and_nothing_is_written(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")
    replaced(uploaded, FILE, "Hello", "Hi")
    uploaded.commit()
    before = uploaded.read(FILE)

    conflict = run("download", "--yes")

    assert (conflict.code, conflict.stdout, uploaded.read(FILE)) == (3, "", before)
    assert conflict.stderr.endswith(
        """\
error: git and the registry changed the same lines of `forseti/forseti_charter.json#greeting`, and \
`forseti/forseti_charter.json` cannot hold conflict markers; it is unchanged

<<<<<<< forseti/forseti_charter.json#greeting
Hi.
=======
Good day.
>>>>>>> registry version 2
Welcome.
Bye.


hint: write what you want into the entry, commit, and `promptsync upload --force greeting`; \
`promptsync download --force greeting` takes the registry's text
"""
    )
    assert run("download", "--yes", "--force", "greeting").code == 0
    assert uploaded.read(FILE) == CHARTER.replace("Hello", "Good day")


def test_a_prompt_that_moved_into_a_catalog_file_still_has_its_past(uploaded: Repo) -> None:
    (uploaded.path / "prompts/rules.md").unlink()
    replaced(uploaded, "forseti/more.yaml", "sorry:", "rules: Be brief.\nsorry:")
    uploaded.commit("Move the rules")
    replaced(uploaded, "forseti/more.yaml", "Be brief.", "Be very brief.")
    uploaded.commit("Change the rules")

    assert "modified  rules  forseti/more.yaml#rules\n" in run("status").stdout
    assert run("upload", "--yes").stdout == "updated `rules` (version 2)\n"


def test_an_entry_that_moved_into_a_file_of_its_own_is_merged(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")
    replaced(uploaded, FILE, ',\n  "greeting": "Hello.\\nWelcome.\\nBye."', "")
    uploaded.write("prompts/greeting.md", "Hello.\nWelcome.\nSee you.\n")
    uploaded.commit()

    assert run("download", "--yes").stdout == "wrote prompts/greeting.md\n"
    assert uploaded.read("prompts/greeting.md") == "Good day.\nWelcome.\nSee you.\n"


def test_a_file_with_uncommitted_changes_is_refused(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")
    replaced(uploaded, FILE, "Validate", "Validate it")

    assert f"  {FILE}\n" in run("download", "--yes").stderr
    assert f"`{FILE}` has uncommitted changes" in run("restore", "greeting", "1").stderr


def test_an_older_version_is_restored_in_place(uploaded: Repo) -> None:
    replaced(uploaded, FILE, "Hello", "Good day")
    uploaded.commit()
    run("upload", "--yes")

    restored = run("restore", "greeting", "1")

    assert restored.stdout.startswith(f"wrote {FILE}#greeting as of version 1 ")
    assert uploaded.read(FILE) == CHARTER


def test_an_entry_that_was_edited_meanwhile_is_left_alone(forseti: Repo) -> None:
    workspace = open_workspace(forseti.path)
    local = read_catalog(workspace).files["greeting"]
    edited = CHARTER.replace("Hello", "By hand")
    gone = CHARTER.replace('"greeting"', '"farewell"')
    for text in (edited, gone, "{", '{"greeting": 1}'):
        forseti.write(FILE, text)
        with pytest.raises(ConflictError, match="changed since the plan was made"):
            current_text(workspace.roots, local)
        with pytest.raises(ConflictError, match="changed since the plan was made"):
            write_prompt(workspace.roots, local, "New\n")
        assert forseti.read(FILE) == text
    (forseti.path / FILE).unlink()
    with pytest.raises(ConflictError, match="cannot be read"):
        write_prompt(workspace.roots, local, "New\n")


def test_a_neighbour_may_change_meanwhile(forseti: Repo) -> None:
    workspace = open_workspace(forseti.path)
    local = read_catalog(workspace).files["greeting"]
    replaced(forseti, FILE, "Validate", "Validate it")

    write_prompt(workspace.roots, local, "New\n")

    assert forseti.read(FILE) == CHARTER.replace("Validate.", "Validate it.").replace(
        "Hello.\\nWelcome.\\nBye.", "New"
    )


def test_new_prompts_go_to_the_folder(uploaded: Repo) -> None:
    save_in_registry(uploaded, prompt("foreign", "From afar."))

    assert run("download", "--all", "--yes").stdout == "wrote prompts/foreign.md\n"


def test_without_a_folder_new_prompts_go_to_the_first_catalog_file(repo: Repo) -> None:
    repo.write("promptsync.toml", 'prompts = ["all.json"]\n')
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("all.json", '{\n  "a": "x"\n}\n')
    repo.commit()
    run("upload", "--yes")
    save_in_registry(repo, replace(prompt("foreign", "From afar."), model="m"))

    assert run("download", "--all", "--yes").stdout == "wrote all.json#foreign\n"
    assert json.loads(repo.read("all.json")) == {
        "a": "x",
        "foreign": {"text": "From afar.", "model": "m"},
    }
    assert repo.read("all.json").startswith('{\n  "a": "x",\n  "foreign": {\n    ')
    assert run("verify", "--strict").code == 0


def test_a_name_that_an_entry_has_is_taken(forseti: Repo) -> None:
    roots = open_workspace(forseti.path).roots

    with pytest.raises(UsageError, match=f"`{FILE}#greeting` has that name"):
        path_for(roots, "Greeting", taken_names(roots))


@pytest.mark.parametrize("text", ["{", '{"greeting": 5}'])
def test_a_catalog_file_that_is_wrong_may_have_any_name(forseti: Repo, text: str) -> None:
    roots = open_workspace(forseti.path).roots
    forseti.write(FILE, text)

    with pytest.raises(UsageError) as raised:
        path_for(roots, "greeting", taken_names(roots))

    assert raised.value.message == (
        f"`greeting` cannot become a prompt file: `{FILE}` is wrong, and may have that name"
    )


def test_a_catalog_file_that_went_meanwhile_gets_no_new_prompt(forseti: Repo) -> None:
    (forseti.path / FILE).unlink()

    with pytest.raises(ConflictError, match=f"`{FILE}` cannot be read"):
        create_prompt(open_workspace(forseti.path).roots, f"{FILE}#new", "New\n")


def test_init_leaves_catalog_files_alone(repo: Repo) -> None:
    repo.write("promptsync.toml", 'prompts = ["all.json"]\n')
    repo.write("all.json", '{"a": "x"}\n')

    assert run("init", "--yes").code == 0
    assert repo.read("all.json") == '{"a": "x"}\n'
    assert not Path(repo.path, "prompts").exists()
    refused = run("init", "--yes", "--starter", "classifier")
    assert (refused.code, "`prompts` names no folder" in refused.stderr) == (2, True)


def test_a_sync_pulls_into_one_entry_and_pushes_another(uploaded: Repo) -> None:
    edit_in_registry(uploaded, "greeting", "Hello", "Good day")
    replaced(uploaded, "forseti/more.yaml", "Sorry.", "So sorry.")
    uploaded.commit()

    result = run("sync", "--commit", "--yes")

    assert result.code == 0
    assert uploaded.read(FILE) == CHARTER.replace("Hello", "Good day")
    assert uploaded.git("show", "--name-only", "--format=") == FILE
    assert uploaded.git("status", "--porcelain") == ""
    assert run("verify").code == 0


def test_what_another_branch_uploaded_of_a_shared_file_is_behind(uploaded: Repo) -> None:
    uploaded.git("switch", "--quiet", "--create", "feature")
    replaced(uploaded, FILE, "Hello", "Good day")
    replaced(uploaded, FILE, "You are Forseti.", "You are Forseti the just.")
    uploaded.commit()
    run("upload", "--yes")
    uploaded.git("switch", "--quiet", "main")
    replaced(uploaded, "forseti/more.yaml", "Sorry.", "So sorry.")
    uploaded.commit()

    found = run("status", "--format", "json").json["prompts"]

    assert {each["name"]: each["status"] for each in found} == {
        "greeting": "behind",
        "rules": "in_sync",
        "sorry": "modified",
        "thanks": "in_sync",
        "validation": "behind",
    }


def test_a_shallow_clone_says_that_it_cannot_tell(
    uploaded: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced(uploaded, FILE, "Hello", "Good day")
    uploaded.commit()
    shallow = uploaded.clone(tmp_path / "shallow", "--depth=1")
    folder_of(shallow, ".promptsync")
    shutil.copy(uploaded.path / ".promptsync/registry.db", shallow.path / ".promptsync")
    monkeypatch.chdir(shallow.path)

    result = run("status")

    assert (result.code, "too shallow to tell whether `greeting`" in result.stderr) == (2, True)
