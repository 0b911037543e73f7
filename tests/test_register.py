"""Registering: a program writes a prompt as an upload does, and git and programs never mix up."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from promptsync import (
    ConflictError,
    Message,
    Prompt,
    RegisteredPrompt,
    RegistryUnavailableError,
    RenderError,
    Template,
    UsageError,
    register,
    seed,
)
from promptsync.bundle import save_bundle
from promptsync.content_hash import content_hash
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import Stamp
from tests.builders import Repo, prompt
from tests.cli.running import run
from tests.deployment import COMMIT, braintrust_with_key, bundle_of, deploy, hash_of
from tests.fakes.braintrust import BraintrustServer, Hangs
from tests.fakes.opik import opik_server
from tests.local_registry import pointed_at, versions

GREETING = prompt("greeting", "Greet {{name}}.")

NOTHING: Any = None
NESTED: dict[str, Any] = functools.reduce(lambda inner, _: {"in": inner}, range(70), {})
ENDLESS: dict[str, Any] = {}
ENDLESS["in"] = ENDLESS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of a program: no repository, no prompt file, nothing."""
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    """Return a running Braintrust whose key is in the environment."""
    with braintrust_with_key(monkeypatch, "production", "candidate") as service:
        yield service


def edit(folder: Path, text: str) -> None:
    """Change a prompt as the web interface of a service does: the stamp stays as it was."""
    registry = LocalRegistry(folder=folder)
    registry.edit_prompt("greeting", lambda old: replace(old, content=text))
    registry.close()


# -- what is written --


def test_a_new_prompt_is_created_with_a_stamp_that_names_no_file(folder: Path) -> None:
    registered = register("greeting", "Greet {{name}}.")

    (stored,) = versions(folder)
    digest = content_hash(GREETING, "local")
    assert registered == RegisteredPrompt(
        name="greeting",
        version="1",
        content_hash=digest,
        created=True,
        alias=None,
        registry="local",
    )
    assert (stored.content_hash, stored.stamp) == (digest, Stamp(content_hash=digest))


def test_a_text_or_messages_take_a_model_and_parameters(folder: Path) -> None:
    register("greeting", "Greet {{name}}.", model="gpt-5-mini", params={"temperature": 0})
    register("talk", [{"role": "system", "content": "Be kind."}, Message("user", "{{question}}")])

    (greeting,), (talk,) = versions(folder), versions(folder, "talk")
    assert (greeting.prompt.model, greeting.prompt.params) == ("gpt-5-mini", {"temperature": 0})
    assert talk.prompt.content == (Message("system", "Be kind."), Message("user", "{{question}}"))


def test_a_whole_prompt_keeps_all_that_it_says(folder: Path) -> None:
    whole = Prompt(
        name="greeting",
        content=(Message("user", "Greet {{ name }}."),),
        title="Greeting",
        model="gpt-5-mini",
        response_format={"type": "json_object"},
        template=Template.JINJA2,
        tags=("kind",),
    )

    register(whole)

    assert [each.prompt for each in versions(folder)] == [whole]


def test_equal_content_writes_nothing(folder: Path) -> None:
    first = register("greeting", "Greet {{name}}.")

    again = register("greeting", "Greet {{name}}.")

    assert again == replace(first, created=False)
    assert len(versions(folder)) == 1


@pytest.mark.usefixtures("folder")
def test_other_content_is_a_new_version() -> None:
    register("greeting", "Greet {{name}}.")

    registered = register("greeting", "Greet {{name}} warmly.")

    assert (registered.version, registered.created) == ("2", True)


def test_another_title_is_stored_as_well(folder: Path) -> None:
    first = register(GREETING)

    second = register(replace(GREETING, title="Greeting"))

    assert second == replace(first, version="2")
    assert [each.prompt.title for each in versions(folder)] == ["Greeting", None]


def test_the_alias_points_at_what_was_registered(folder: Path) -> None:
    registered = register("greeting", "Greet {{name}}.", alias="production")

    assert registered.alias == "production"
    assert pointed_at(folder, "production") == "1"


def test_an_alias_is_pointed_at_a_version_that_is_there_already(folder: Path) -> None:
    register("greeting", "Greet {{name}}.")

    registered = register("greeting", "Greet {{name}}.", alias="candidate")

    assert (registered.version, registered.created, registered.alias) == ("1", False, "candidate")
    assert pointed_at(folder, "candidate") == "1"


def test_a_candidate_leaves_production_where_it_is(folder: Path) -> None:
    register("greeting", "Greet {{name}}.", alias="production")

    register("greeting", "Greet {{name}} warmly.", alias="candidate")

    assert (pointed_at(folder, "production"), pointed_at(folder, "candidate")) == ("1", "2")


def test_the_alias_of_the_configuration_is_the_one_that_moves(folder: Path) -> None:
    text = '[registries.staging]\nkind = "local"\nalias = "live"\n'
    (folder / "promptsync.toml").write_text(text)

    registered = register("greeting", "Greet {{name}}.")

    assert (registered.registry, registered.alias) == ("staging", "live")
    assert pointed_at(folder, "live") == "1"


def test_workers_that_start_at_once_and_register_the_same_make_one_version(folder: Path) -> None:
    start = Barrier(8)

    def work(_: int) -> str:
        start.wait()
        return register("greeting", "Greet {{name}}.", alias="production", timeout=60).version

    with ThreadPoolExecutor(8) as workers:
        assert set(workers.map(work, range(8))) == {"1"}
    assert len(versions(folder)) == 1


# -- what is refused --


def test_what_was_edited_in_the_registry_is_left_alone(folder: Path) -> None:
    register("greeting", "Greet {{name}}.")
    edit(folder, "Somebody else's.")

    with pytest.raises(ConflictError, match="version 2 of `greeting` was edited in the registry"):
        register("greeting", "Greet {{name}} warmly.")

    assert [each.prompt.content for each in versions(folder)] == [
        "Somebody else's.",
        "Greet {{name}}.",
    ]


def test_what_others_wrote_is_left_alone(folder: Path) -> None:
    registry = LocalRegistry(folder=folder)
    registry.save_prompt(prompt(text="Somebody else's."), None)
    registry.close()

    with pytest.raises(ConflictError, match="was not written by promptsync"):
        register("greeting", "Greet {{name}}.")


def test_force_replaces_what_is_there(folder: Path) -> None:
    register("greeting", "Greet {{name}}.")
    edit(folder, "Somebody else's.")

    assert register("greeting", "Greet {{name}} warmly.", force=True).version == "3"


def test_an_edit_that_the_alias_does_not_have_is_told_when_a_version_follows_it(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    register("greeting", "Greet {{name}}.", alias="production")
    edit(folder, "Somebody else's.")

    registered = register("greeting", "Greet {{name}} warmly.", alias="production")

    assert (registered.version, registered.passed_over) == ("3", "2")
    assert caplog.messages == [
        "version 3 of `greeting` was registered for alias `production` after version 2, an edit "
        "in the registry that the alias did not have: `promptsync history greeting` shows who "
        "made it"
    ]


def test_an_edit_that_no_version_follows_is_not_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    register("greeting", "Greet {{name}}.", alias="production")
    edit(folder, "Somebody else's.")

    same = register("greeting", "Greet {{name}}.", alias="production")
    moved = register("greeting", "Greet {{name}}.", alias="candidate")

    assert [same.passed_over, moved.passed_over] == [None, None]
    assert caplog.messages == []


def test_who_forces_a_version_after_an_edit_is_not_warned(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    register("greeting", "Greet {{name}}.", alias="production")
    edit(folder, "Somebody else's.")

    registered = register("greeting", "Greet {{name}} warmly.", alias="production", force=True)

    assert registered.passed_over == "2"
    assert caplog.messages == []


def test_what_another_program_registered_is_not_passed_over(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    register("greeting", "Greet {{name}}.", alias="production")
    register("greeting", "Greet {{name}} warmly.", alias="candidate")

    registered = register("greeting", "Greet {{name}} briefly.", alias="production")

    assert (registered.passed_over, caplog.messages) == (None, [])
    assert pointed_at(folder, "production") == "3"


def test_an_older_release_does_not_undo_what_a_newer_one_registered(folder: Path) -> None:
    register("greeting", "Greet {{name}}.", alias="production")
    register("greeting", "Greet {{name}} warmly.", alias="production")

    with pytest.raises(ConflictError, match="version 1 said this, and version 2 replaced it") as it:
        register("greeting", "Greet {{name}}.", alias="production")

    assert it.value.hint == (
        "`promptsync.set_alias` can point an alias at version 1; `force=True` replaces it"
    )
    assert pointed_at(folder, "production") == "2"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("gr eet", "Hello."), "'gr eet' is no name of a prompt"),
        (("greeting",), "`greeting` needs a text, or a list of messages"),
        (("greeting", b"Hello."), "`greeting` needs a text, or a list of messages"),
        (("greeting", {"role": "user"}), "`greeting` needs a text, or a list of messages"),
        (("greeting", [{"role": 1}]), "`messages` must be a list of messages"),
        (("greeting", "{{> rules}}"), "there is no prompt `rules` to include: greeting -> rules"),
        ((GREETING, "Hello."), "a `Prompt` says everything itself"),
        ((replace(GREETING, partial=True),), "`greeting` is a partial"),
        ((replace(GREETING, params={"seed": {1, 2}}),), "holds a value that JSON cannot"),
        ((replace(GREETING, params={"seed": {1, 2}}),), "a value of type `set`"),
        ((replace(GREETING, params={"seed": {1: 2}}),), "the key 1, which is no text"),
        (("greeting", "Hello \ud800."), "no text that UTF-8 can hold"),
        (("greeting", "Hello \0."), "the character NUL"),
        ((replace(GREETING, content=NOTHING),), "`greeting` is no prompt"),
        (
            ("greeting", [{"role": "systm", "content": "Be kind."}]),
            "`greeting` cannot be registered: `role` must be one of system, developer, user, "
            "assistant, tool, function, model",
        ),
        ((replace(GREETING, content=(Message("", "Be kind."),)),), "`role` must be one of"),
        ((replace(GREETING, params={"seed": math.nan}),), "infinite or not a number"),
        ((replace(GREETING, params=NESTED),), "nested deeper than 64 levels"),
        ((replace(GREETING, metadata=ENDLESS),), "nested without end"),
        ((replace(GREETING, params={"seed": 10**300}),), "has no equivalent in JSON"),
        ((replace(GREETING, metadata={"a": "x" * 300_000}),), "larger than 256 KiB"),
        (("greeting", "x" * 1_048_577), "a prompt file has at most 1,048,576"),
        ((replace(GREETING, template="jinja2"),), "`template` must be a `Template`"),  # type: ignore[arg-type]
        ((replace(GREETING, tags="kind"),), "`tags` must be a list of texts"),  # type: ignore[arg-type]
        (("../greeting", "Hello."), "'../greeting' is no name of a prompt"),
        (("..", "Hello."), "`..` cannot become a prompt file: it starts or ends with a dot"),
        (("con", "Hello."), "`con` cannot become a prompt file: Windows reserves it"),
        (("README", "Hello."), "`README` cannot become a prompt file: a README is not a prompt"),
    ],
    ids=[
        "a name with a space",
        "no content",
        "bytes",
        "one message",
        "a role that is no text",
        "an include of nothing",
        "two contents",
        "a partial",
        "a set",
        "the type of a set",
        "a number as a key",
        "half a character",
        "a NUL",
        "a prompt without content",
        "a misspelt role",
        "a message without a role",
        "not a number",
        "too many levels",
        "endless levels",
        "too long a number",
        "too large a detail",
        "too large a text",
        "a dialect as text",
        "tags as text",
        "a path as a name",
        "a name of dots",
        "a name of a device",
        "a name of no prompt file",
    ],
)
def test_what_is_no_prompt_is_refused(
    given: tuple[object, ...], message: str, folder: Path
) -> None:
    with pytest.raises(UsageError) as raised:
        register(*given)  # type: ignore[arg-type]  # what programs without types pass

    assert message in raised.value.message
    assert not (folder / ".promptsync").exists()


def test_what_no_alias_can_be_called_is_refused_before_anything_is_written(folder: Path) -> None:
    with pytest.raises(UsageError, match="`alias` cannot be 'live '"):
        register("greeting", "Greet {{name}}.", alias="live ")

    assert list(folder.iterdir()) == []


def test_a_role_that_is_nearly_one_is_told(folder: Path) -> None:
    with pytest.raises(UsageError) as raised:
        register("greeting", [{"role": "System", "content": "Be kind."}])

    assert raised.value.hint == "did you mean `system`?"
    assert list(folder.iterdir()) == []


def test_a_role_that_only_vendors_know_is_taken(folder: Path) -> None:
    register("greeting", [{"role": "model", "content": "Hello."}])

    assert [each.prompt.content for each in versions(folder)] == [(Message("model", "Hello."),)]


def test_a_name_that_differs_from_a_prompt_files_in_case_only_is_refused(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")

    with pytest.raises(UsageError, match="there is a prompt file of `greeting`") as raised:
        register("Greeting", "Greet {{name}}.")

    assert raised.value.hint == "case makes no difference: choose another name"
    assert versions(repo.path, "Greeting") == []


def test_a_name_that_a_prompt_file_states_may_be_any(repo: Repo) -> None:
    repo.write("prompts/console.md", "---\nname: con\n---\n\nGreet {{name}}.\n")

    assert register("con", "Greet {{name}}.").version == "1"


def test_what_includes_make_too_large_is_refused(repo: Repo) -> None:
    repo.write("prompts/rules.md", f"---\npartial: true\n---\n\n{'é' * 400_000}\n")

    with pytest.raises(UsageError, match="a prompt file has at most 1,048,576"):
        register("greeting", "{{> rules}} {{> rules}}")

    assert versions(repo.path) == []


@pytest.mark.parametrize("template", [Template.MUSTACHE, Template.JINJA2])
def test_a_template_that_no_application_could_fill_in_is_refused(
    template: Template, folder: Path
) -> None:
    with pytest.raises(RenderError, match=r"greeting: .*\(line 2 of its text\)"):
        register(prompt("greeting", "Greet\n{{#name}.", template=template))

    assert not (folder / ".promptsync").exists()


# -- git and programs --


def test_what_a_prompt_file_says_gets_the_stamp_of_that_file(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    commit = repo.commit()

    register("greeting", "Greet {{name}}.")

    (stored,) = versions(repo.path)
    assert stored.stamp is not None
    assert (stored.stamp.path, stored.stamp.commit) == ("prompts/greeting.md", commit)
    assert run("verify", "--strict").code == 0


def test_what_the_files_past_has_is_a_fast_forward_for_what_the_file_says(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit()
    seed()
    repo.write("prompts/greeting.md", "Greet {{name}} warmly.\n")
    repo.commit()

    assert register("greeting", "Greet {{name}} warmly.").version == "2"


def test_a_program_does_not_replace_what_git_uploaded(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit()
    seed()

    with pytest.raises(ConflictError, match=r"uploaded from `prompts/greeting\.md`") as raised:
        register("greeting", "Greet {{name}} warmly.")

    assert raised.value.hint == "change that file and upload it; `force=True` replaces it"


def test_an_include_is_expanded_from_the_prompt_files(repo: Repo) -> None:
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe kind.\n")

    register("greeting", "{{> rules}} Greet.")

    assert [each.prompt.content for each in versions(repo.path)] == ["Be kind. Greet."]


def test_verify_says_that_a_prompt_file_differs_from_what_a_program_forced(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit()
    seed()
    register("greeting", "Greet {{name}} warmly.", force=True)

    ran = run("verify")

    assert ran.code == 1
    assert "diverged" in ran.stdout


def test_an_upload_leaves_alone_what_a_program_registered(repo: Repo) -> None:
    register("greeting", "Greet {{name}} warmly.")
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit()

    ran = run("upload", "--yes")

    assert ran.code == 3
    assert [each.prompt.content for each in versions(repo.path)] == ["Greet {{name}} warmly."]


def test_a_download_says_that_a_program_registered_it(repo: Repo) -> None:
    register("greeting", "Greet {{name}} warmly.")
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit()

    ran = run("download", "--yes")

    assert ran.code == 3
    assert "a program registered the registry's version" in ran.stderr


def test_a_prune_leaves_alone_what_a_program_registered(repo: Repo) -> None:
    repo.write("prompts/other.md", "Another one.\n")
    repo.write("prompts/gone.md", "To be removed.\n")
    repo.commit()
    seed()
    (repo.path / "prompts/gone.md").unlink()
    repo.commit()
    register("greeting", "Greet {{name}}.")

    run("upload", "--prune", "--yes")

    assert versions(repo.path, "gone") == []
    assert len(versions(repo.path)) == 1


def test_status_tells_what_a_program_registered(repo: Repo) -> None:
    repo.write("prompts/other.md", "Another one.\n")
    register("greeting", "Greet {{name}}.")

    ran = run("status", "--all", "--format", "json")

    (found,) = (each for each in ran.json["prompts"] if each["name"] == "greeting")
    assert (found["status"], found["note"]) == ("unmanaged", "registered by a program")


def test_where_tells_what_a_program_registered(repo: Repo) -> None:
    repo.write("prompts/other.md", "Another one.\n")
    registered = register("greeting", "Greet {{name}}.")

    ran = run("where", registered.content_hash)

    assert "registry `local`: `greeting` version 1, registered by a program" in ran.stdout


def test_an_equal_file_is_in_sync_and_adopts_what_a_program_registered(repo: Repo) -> None:
    register("greeting", "Greet {{name}}.")
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit()

    assert run("verify").code == 0
    run("upload", "--adopt", "--yes")

    assert [each.is_from_file for each in versions(repo.path)] == [True, False]


# -- services --


@pytest.mark.network
def test_a_prompt_file_gives_the_name_that_is_served(
    tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = replace(GREETING, registry_options={"braintrust": {"slug": "hello-slug"}})
    monkeypatch.chdir(deploy(tmp_path / "app", file, app_url=service.url))

    registered = register("greeting", "Greet {{name}} warmly.", alias="candidate")

    with_client = BraintrustRegistry(
        project="Trader", api_key=service.api_key, app_url=service.url, routing_cache=None
    )
    stored = with_client.get_prompt("hello-slug", alias="candidate")
    with_client.close()
    assert stored is not None
    assert (registered.name, stored.version) == ("greeting", registered.version)
    assert stored.stamp == Stamp(content_hash=stored.content_hash)


@pytest.mark.network
def test_what_a_bundle_says_gets_its_path_and_commit(
    folder: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINTRUST_APP_URL", service.url)
    save_bundle(folder / "promptsync-bundle.json", bundle_of(GREETING, alias="production"))

    registered = register(GREETING)

    with_client = BraintrustRegistry(
        project="Trader", api_key=service.api_key, app_url=service.url, routing_cache=None
    )
    stored = with_client.get_prompt("greeting", alias="production")
    with_client.close()
    assert registered.content_hash == hash_of(GREETING)
    assert stored is not None
    assert stored.stamp is not None
    assert (stored.stamp.path, stored.stamp.commit) == ("prompts/greeting.md", COMMIT)


@pytest.mark.network
def test_opik_keeps_the_stamp_that_names_no_file(folder: Path) -> None:
    with opik_server() as opik:
        options = f'kind = "opik"\nproject = "Trader"\nurl = "{opik.url}"\n'
        (folder / "promptsync.toml").write_text(f"[registries.opik]\n{options}")
        first = register("greeting", "Greet {{name}}.")

        again = register("greeting", "Greet {{name}}.")

    assert again == replace(first, created=False)


@pytest.mark.network
def test_what_a_registry_cannot_hold_is_refused_before_anything_is_written(folder: Path) -> None:
    with opik_server() as opik:
        options = f'kind = "opik"\nproject = "Trader"\nurl = "{opik.url}"\n'
        (folder / "promptsync.toml").write_text(f"[registries.opik]\n{options}")
        first = register("greeting", "Greet {{name}}.")

        with pytest.raises(ConflictError, match="cannot hold this") as raised:
            register("greeting", [{"role": "user", "content": "Greet {{name}}."}])

        assert register("greeting", "Greet {{name}}.") == replace(first, created=False)
    assert raised.value.hint == "nothing was written"


@pytest.mark.network
def test_a_registry_that_hangs_is_unavailable_when_the_time_is_up(
    tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(deploy(tmp_path / "app", app_url=service.url))
    service.inject(Hangs())

    with pytest.raises(RegistryUnavailableError):
        register("greeting", "Greet {{name}}.", timeout=0.3)


def test_a_timeout_is_a_duration(folder: Path) -> None:
    with pytest.raises(UsageError, match="a number of seconds above 0"):
        register("greeting", "Greet {{name}}.", timeout=0)

    assert list(folder.iterdir()) == []
