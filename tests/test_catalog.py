"""All prompt files of a repository: read, expanded, hashed, and chosen by name."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from promptsync.catalog import Catalog, load_catalog, select
from promptsync.content_hash import content_hash
from promptsync.errors import ConfigError, GitError, Problem, PromptFileError, UsageError
from promptsync.local_prompt import file_sha256
from promptsync.prompt_sources import PromptSource
from promptsync.reading import changed_names, load_sources, read_catalog
from promptsync.status import LocalPrompt
from promptsync.workspace import open_workspace, prompt_names_by_path
from tests.builders import Repo, prompt

PARTIAL = "---\npartial: true\n---\n\nBe brief.\n"


def source(path: str, text: str | bytes, name: str | None = None) -> PromptSource:
    data = text if isinstance(text, bytes) else text.encode()
    stem = path.removeprefix("prompts/").removesuffix(".md").replace("/", ".")
    return PromptSource(path, name or stem, data)


def catalog(*files: tuple[str, str], kind: str | None = "local") -> Catalog:
    """Load prompt files given as names and texts."""
    sources = [source(f"prompts/{name}.md", text) for name, text in files]
    return load_catalog(sources, kind=kind)


# -- loading --


def test_a_file_is_read_expanded_and_hashed() -> None:
    loaded = catalog(("greeting", "{{> rules}}\n\nSay hello.\n"), ("rules", PARTIAL))

    expanded = prompt(text="Be brief.\n\nSay hello.")
    assert loaded.problems == ()
    assert loaded.prompts == {
        "greeting": LocalPrompt(
            prompt=prompt(text="{{> rules}}\n\nSay hello."),
            expanded=expanded,
            content_hash=content_hash(expanded, "local"),
            path="prompts/greeting.md",
            file_sha256=hashlib.sha256(b"{{> rules}}\n\nSay hello.\n").hexdigest(),
            partials=("rules",),
        )
    }
    assert set(loaded.files) == {"greeting", "rules"}


def test_an_escaped_include_is_text() -> None:
    loaded = catalog(("greeting", "\\{{> rules}}\n"))

    assert loaded.prompts["greeting"].expanded == prompt(text="{{> rules}}")


def test_the_bytes_of_a_file_are_hashed_as_git_stores_them() -> None:
    assert file_sha256(b"a\r\nb\r\n") == file_sha256(b"a\nb\n") != file_sha256(b"a\rb\n")


def test_what_is_wrong_with_one_file_hides_no_other() -> None:
    unreadable = PromptFileError(Problem("prompts/a.md", 1, "cannot be read"))
    sources: list[PromptSource | PromptFileError] = [
        unreadable,
        source("prompts/z.md", "---\nmodle: x\n---\n"),
        source("prompts/b.md", b"\xff"),
        source("prompts/loop.md", "\n{{> loop}}\n"),
        source("prompts/fine.md", "Hello\n"),
        source("prompts/lost.md", "\ufeff\r\n{{> missing}}\r\n"),
    ]

    loaded = load_catalog(sources)

    assert list(loaded.files) == ["fine"]
    assert [(each.path, each.line, each.message) for each in loaded.problems] == [
        ("prompts/a.md", 1, "cannot be read"),
        ("prompts/b.md", 1, "invalid UTF-8 byte 0xff; a prompt file is UTF-8 text"),
        ("prompts/loop.md", 2, "includes go in a circle: loop -> loop"),
        ("prompts/lost.md", 2, "there is no prompt `missing` to include: lost -> missing"),
        ("prompts/z.md", 2, "unknown key `modle`"),
    ]


def test_an_include_of_a_wrong_file_is_a_problem_of_its_own() -> None:
    loaded = catalog(("greeting", "{{> rules}}\n"), ("rules", "---\nx: 1\n---\n"))

    assert [each.path for each in loaded.problems] == ["prompts/greeting.md", "prompts/rules.md"]


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ("Hello\n", "---\nname: first\n---\n", "first"),
        ("Hello\n", "---\nname: FIRST\n---\n", "FIRST"),
        ("Hello\n", "---\nlocal:\n  name: first\n---\n", "first"),
        ("---\nlocal:\n  slug: same\n---\n", "---\nlocal:\n  slug: Same\n---\n", "Same"),
    ],
)
def test_a_name_that_two_files_have_is_refused(one: str, other: str, name: str) -> None:
    loaded = catalog(("first", one), ("second", other))

    assert list(loaded.prompts) == ["first"]
    assert loaded.problems == (
        Problem(
            "prompts/second.md",
            1,
            f"the name `{name}` is taken by `prompts/first.md`",
            hint="rename one of the files, or give it another `name:`; case makes no difference",
            rule="PS004",
        ),
    )


def test_the_served_name_of_another_kind_is_nobodys_business() -> None:
    loaded = catalog(("first", "Hello\n"), ("second", "---\nbraintrust:\n  slug: first\n---\n"))

    assert loaded.problems == ()
    assert loaded.name_by_served_name == {"first": "first", "second": "second"}


def test_the_served_name_belongs_to_one_kind() -> None:
    files = [source("prompts/greeting.md", "---\nbraintrust:\n  slug: hello\n---\n\nHello\n")]

    assert load_catalog(files, kind="braintrust").name_by_served_name == {"hello": "greeting"}
    assert load_catalog(files, kind="local").served_name("greeting") == "greeting"
    assert load_catalog(files).served_name("greeting") == "greeting"


def test_a_number_that_cannot_be_hashed_is_a_problem() -> None:
    loaded = catalog(("greeting", f"---\nparams:\n  n: {'9' * 320}\n---\n\nHello\n"))

    assert [each.path for each in loaded.problems] == ["prompts/greeting.md"]


def test_problems_are_raised_together() -> None:
    loaded = catalog(("a", "---\nx: 1\n---\n"), ("b", "---\ny: 1\n---\n"))

    with pytest.raises(PromptFileError) as raised:
        loaded.require_valid()

    assert raised.value.problems == loaded.problems
    assert [each.path for each in loaded.problems] == ["prompts/a.md", "prompts/b.md"]


@pytest.mark.parametrize("files", [(), (("rules", PARTIAL),)])
def test_no_prompt_at_all_is_an_error_with_advice(files: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(UsageError) as raised:
        catalog(*files).require_valid()

    assert raised.value.message == "there are no prompt files"
    assert "promptsync init" in (raised.value.hint or "")


def test_a_valid_catalog_raises_nothing() -> None:
    catalog(("greeting", "Hello\n")).require_valid()


# -- choosing --


@pytest.mark.parametrize(
    "wanted",
    ["forseti.persona", "Served", "prompts/forseti/persona.md", "./prompts/forseti/persona.md"],
)
def test_a_prompt_is_chosen_by_any_name_it_has(wanted: str) -> None:
    loaded = load_catalog(
        [
            source("prompts/forseti/persona.md", "---\nlocal:\n  name: Served\n---\n"),
            source("prompts/greeting.md", "Hello\n"),
        ],
        kind="local",
    )

    assert select(loaded, [wanted, wanted]) == ["forseti.persona"]


def test_a_path_may_be_spelled_as_on_windows() -> None:
    loaded = load_catalog([source("prompts/forseti/persona.md", "Hello\n")])

    assert select(loaded, ["prompts\\forseti\\persona.md"]) == ["forseti.persona"]


def test_whoever_names_nothing_means_all() -> None:
    loaded = catalog(("b", "Hello\n"), ("a", "Hello\n"), ("rules", PARTIAL))

    assert select(loaded, []) == ["a", "b"]


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UsageError) as raised:
        select(catalog(("greeting", "Hello\n")), ["greeting", "gretting"])

    assert raised.value.message == "there is no prompt file for `gretting`"
    assert raised.value.hint == "`promptsync status` lists the names"


@pytest.mark.parametrize("wanted", ["rules", "prompts/rules.md"])
def test_a_partial_cannot_be_chosen(wanted: str) -> None:
    with pytest.raises(UsageError) as raised:
        select(catalog(("greeting", "Hello\n"), ("rules", PARTIAL)), [wanted])

    assert raised.value.message == f"`{wanted}` is a partial, and never uploaded by itself"
    assert raised.value.hint == "name the prompts that include it"


# -- reading a workspace --


def test_the_catalog_of_work_tree_index_and_commit(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "committed\n")
    commit = repo.commit()
    repo.write("prompts/greeting.md", "staged\n")
    repo.git("add", "--all")
    repo.write("prompts/greeting.md", "on disk\n")
    workspace = open_workspace(repo.path)

    def text(loaded: Catalog) -> object:
        return loaded.prompts["greeting"].prompt.content

    assert text(read_catalog(workspace)) == "on disk"
    assert text(read_catalog(workspace, staged=True)) == "staged"
    assert text(read_catalog(workspace, revision=commit)) == "committed"


def test_what_was_read_before_is_read_alike(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "---\ntitle: Hello\nlocal:\n  slug: hi\n---\n\n\\{{> x}}\n")
    repo.write("prompts/rules.md", PARTIAL)
    workspace = open_workspace(repo.path)

    first, second = read_catalog(workspace), read_catalog(workspace)

    def seen(loaded: Catalog) -> list[object]:
        return [
            [each.prompt, each.expanded, each.content_hash, each.file_sha256, each.path]
            for each in loaded.files.values()
        ]

    assert seen(first) == seen(second)
    assert first.name_by_served_name == second.name_by_served_name == {"hi": "greeting"}


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b'{"a": 1}', b"\xff", b"[" * 100_000])
def test_a_spoilt_cache_changes_no_answer(repo: Repo, spoilt: bytes) -> None:
    repo.write("prompts/greeting.md", "Hello\n")
    workspace = open_workspace(repo.path)
    before = read_catalog(workspace).prompts["greeting"].content_hash
    caches = [each for each in workspace.state_folder.iterdir() if each.suffix == ".json"]
    assert caches
    for cache in caches:
        cache.write_bytes(spoilt)

    assert read_catalog(workspace).prompts["greeting"].content_hash == before


def test_a_cache_that_cannot_be_written_is_no_error(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello\n")
    repo.write(".git/promptsync", "a file where a folder belongs")

    assert list(read_catalog(open_workspace(repo.path)).prompts) == ["greeting"]


def test_outside_of_a_repository_files_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "greeting.md").write_text("Hello\n")
    workspace = open_workspace(tmp_path)

    assert list(read_catalog(workspace).prompts) == ["greeting"]
    assert workspace.state_folder == tmp_path / "cache" / "promptsync"
    with pytest.raises(GitError, match="is not in a git repository"):
        workspace.require_repository()


def test_sources_of_any_kind_are_loaded_for_the_workspaces_registry(repo: Repo) -> None:
    loaded = load_sources(open_workspace(repo.path), [source("prompts/x.md", "Hello\n")])

    assert (list(loaded.prompts), loaded.kind) == (["x"], "local")


def test_a_workspace_in_a_folder_of_a_repository(repo: Repo) -> None:
    repo.write("backend/promptsync.toml", "")
    repo.write("backend/prompts/greeting.md", "Hello\n")
    repo.write("backend/deep/x", "")

    workspace = open_workspace(repo.path / "backend" / "deep")

    assert workspace.roots.folders == ("backend/prompts",)
    assert workspace.state_folder == repo.path / ".git" / "promptsync"
    assert workspace.require_repository().top == repo.path
    assert list(read_catalog(workspace).prompts) == ["greeting"]


def test_an_unknown_registry_is_refused(repo: Repo) -> None:
    with pytest.raises(ConfigError, match="there is no registry `staging`"):
        open_workspace(repo.path, "staging")


def test_names_are_completed_without_reading_files(repo: Repo) -> None:
    repo.write("prompts/b.md", b"\xff")
    repo.write("prompts/deep/a.md", "Hello\n")
    repo.write("prompts/notes.txt", "Notes")

    assert prompt_names_by_path(repo.path) == ["b", "deep.a"]


# -- what changed --


@pytest.fixture
def feature(repo: Repo) -> Repo:
    """Return a repository on a branch that left main behind; main has moved on as well."""
    for name in ("same", "text", "details", "gone"):
        repo.write(f"prompts/{name}.md", f"{name}\n")
    repo.write("prompts/composite.md", "{{> rules}}\n")
    repo.write("prompts/rules.md", PARTIAL)
    repo.commit()
    repo.git("branch", "feature")
    repo.write("prompts/same.md", "moved on main\n")
    repo.commit()
    repo.git("switch", "--quiet", "feature")
    repo.write("prompts/text.md", "other\n")
    repo.write("prompts/details.md", "---\ntitle: Details\n---\n\ndetails\n")
    repo.write("prompts/rules.md", PARTIAL.replace("brief", "very brief"))
    (repo.path / "prompts" / "gone.md").unlink()
    repo.write("prompts/new.md", "new\n")
    repo.commit()
    return repo


def test_what_a_branch_changed(feature: Repo) -> None:
    workspace = open_workspace(feature.path)

    changed = changed_names(workspace, read_catalog(workspace), "main")

    assert changed == ["composite", "details", "new", "text"]


def test_what_a_commit_of_another_branch_changed(feature: Repo) -> None:
    feature.git("switch", "--quiet", "main")
    workspace = open_workspace(feature.path)
    loaded = read_catalog(workspace, revision="feature")

    assert changed_names(workspace, loaded, "main", revision="feature") == [
        "composite",
        "details",
        "new",
        "text",
    ]


def test_on_an_unborn_branch_everything_that_differs_changed(feature: Repo) -> None:
    feature.git("switch", "--quiet", "--orphan", "fresh")
    feature.write("prompts/same.md", "moved on main\n")
    feature.write("prompts/text.md", "fresh\n")
    workspace = open_workspace(feature.path)

    assert changed_names(workspace, read_catalog(workspace), "main") == ["text"]


def test_branches_without_a_common_commit_have_no_merge_base(feature: Repo) -> None:
    feature.git("switch", "--quiet", "--orphan", "alone")
    feature.write("prompts/same.md", "alone\n")
    feature.commit()
    workspace = open_workspace(feature.path)

    with pytest.raises(GitError) as raised:
        changed_names(workspace, read_catalog(workspace), "main")

    assert raised.value.message == "`main` has no merge base with what is compared here"
    assert raised.value.hint is None


def test_a_shallow_clone_without_the_merge_base_names_the_fix(
    feature: Repo, tmp_path: Path
) -> None:
    shallow = feature.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch")
    workspace = open_workspace(shallow.path)

    with pytest.raises(GitError) as raised:
        changed_names(workspace, read_catalog(workspace), "origin/main")

    assert "fetch-depth: 0" in (raised.value.hint or "")
