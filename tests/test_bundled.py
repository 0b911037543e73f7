"""The prompts beside the program are found and read one by one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync import UsageError
from promptsync.bundle import save_bundle, write_bundle
from promptsync.bundled import Bundled, find_bundled
from promptsync.bundled_prompt import BundledPrompt
from promptsync.config import RegistryConfig
from promptsync.content_hash import content_hash
from promptsync.deployed import find_deployed
from promptsync.loaded_prompt import Source
from promptsync.local_prompt import file_sha256
from tests.builders import prompt
from tests.deployment import COMMIT, bundle_of, deploy, hash_of

GREETING = prompt("greeting", "Say hello to {{name}}.")
FAREWELL = prompt("farewell", "Say goodbye.", registry_options={"braintrust": {"slug": "bye"}})
FROM_BUNDLE = BundledPrompt(
    prompt=GREETING,
    content_hash=hash_of(GREETING),
    source=Source.BUNDLE,
    path="prompts/greeting.md",
    file_sha256="0" * 64,
    commit=COMMIT,
)


def test_a_prompt_of_a_bundle_is_found_with_its_commit(tmp_path: Path) -> None:
    file = tmp_path / "promptsync-bundle.json"
    save_bundle(file, bundle_of(GREETING, FAREWELL, alias="live"))

    for source in (file, str(file), tmp_path, None):
        found = find_bundled(source, None, tmp_path, None)

        assert found.find("greeting") == FROM_BUNDLE
        assert (found.registry.name, found.registry.alias) == ("production", "live")
        assert found.served_name("farewell") == "bye"
        assert found.served_name("unknown") == "unknown"


def test_a_prompt_file_is_found_without_a_bundle(tmp_path: Path) -> None:
    deploy(tmp_path / "app", GREETING, FAREWELL, app_url="http://127.0.0.1:9")

    found = find_bundled(None, None, tmp_path / "app", None)

    assert found.find("greeting") == BundledPrompt(
        prompt=GREETING,
        content_hash=hash_of(GREETING),
        source=Source.FILE,
        path="prompts/greeting.md",
        file_sha256=file_sha256((tmp_path / "app/prompts/greeting.md").read_bytes()),
    )
    assert found.served_name("farewell") == "bye"


def test_where_nothing_is_deployed_nothing_is_found(tmp_path: Path) -> None:
    for source in (None, "promptsync-bundle.json"):
        found = find_bundled(source, None, tmp_path, None)

        assert found.find("greeting") is None
        assert found.why_not("greeting")
        assert found.registry.kind == "local"


def test_only_the_prompt_that_is_asked_for_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "promptsync-bundle.json"
    save_bundle(file, bundle_of(GREETING, FAREWELL))
    document = json.loads(file.read_text())
    document["prompts"][0]["prompt"]["text"] = "Say nothing."
    file.write_text(json.dumps(document))

    found = find_bundled(file, None, tmp_path, None)

    assert found.find("greeting") == FROM_BUNDLE
    assert found.find("farewell") is None
    assert "`farewell` is not what its hash says" in str(found.why_not("farewell"))


def test_a_bundle_of_a_newer_promptsync_is_an_error_that_says_so(tmp_path: Path) -> None:
    file = tmp_path / "promptsync-bundle.json"
    save_bundle(file, bundle_of(GREETING))
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 2'))

    with pytest.raises(UsageError, match="has schema 2: a newer promptsync wrote it"):
        find_bundled(file, None, tmp_path, None)


def package(folder: Path, name: str, files: dict[str, str]) -> Path:
    """Write a Python package, as a wheel would install it."""
    for path, text in {"__init__.py": "", **files}.items():
        file = folder / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder / name


def zipped(folder: Path, name: str) -> Path:
    """Put a package into a zip that Python can import from, and take the folder away."""
    archive = folder / f"{name}.zip"
    with zipfile.ZipFile(archive, "w") as written:
        for file in sorted((folder / name).rglob("*")):
            written.write(file, file.relative_to(folder))
    shutil.rmtree(folder / name)
    return archive


def content_of(found: Bundled, name: str) -> object:
    """Return what a prompt says, None for a prompt that is not found."""
    prompt = found.find(name)
    return prompt and prompt.prompt.content


GREETING_FILE = "Say hello to {{name}}. {{> shared.rules}}\n"
RULES_FILE = "---\npartial: true\n---\n\nBe brief.\n"
EXPANDED = "Say hello to {{name}}. Be brief."
CONFIG = '[registries.production]\nkind = "braintrust"\nproject = "Trader"\nalias = "live"\n'
LOCAL = '[registries.local]\nkind = "local"\n'


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that Python imports packages from."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.mark.parametrize("is_zip", [False, True], ids=["folder", "zip"])
def test_a_bundle_in_a_package_is_found(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch, *, is_zip: bool
) -> None:
    name = f"with_bundle_{is_zip}"
    text = write_bundle(bundle_of(GREETING, FAREWELL, alias="live"))
    package(installed, name, {"promptsync-bundle.json": text})
    if is_zip:
        monkeypatch.syspath_prepend(zipped(installed, name))

    found = find_bundled(None, name, tmp_path, None)

    assert found.find("greeting") == FROM_BUNDLE
    assert found.registry.alias == "live"


@pytest.mark.parametrize("is_zip", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize(
    ("asked", "place"),
    [("{}", "prompts/"), ("{}.prompts", "prompts/"), ("{}.texts", "texts/")],
    ids=["prompts-folder", "prompts-package", "other-package"],
)
def test_prompt_files_in_a_package_are_found(
    tmp_path: Path,
    installed: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    place: str,
    *,
    is_zip: bool,
) -> None:
    name = f"with_files_{is_zip}_{asked[3:]}"
    files = {"greeting.md": GREETING_FILE, "shared/rules.md": RULES_FILE, "__init__.py": ""}
    package(installed, name, {place + path: text for path, text in files.items()})
    if is_zip:
        monkeypatch.syspath_prepend(zipped(installed, name))
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "promptsync.toml").write_text(CONFIG)

    found = find_bundled(None, asked.format(name), tmp_path / "app", None)

    assert content_of(found, "greeting") == EXPANDED
    assert (found.registry.kind, found.registry.alias) == ("braintrust", "live")
    assert (found.find("rules"), found.find("farewell")) == (None, None)


@pytest.mark.parametrize("is_zip", [False, True], ids=["folder", "zip"])
def test_the_configuration_of_a_package_names_its_prompt_files(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch, *, is_zip: bool
) -> None:
    name = f"with_config_{is_zip}"
    config = f'prompts = ["texts"]\n{CONFIG}'
    files = {"texts/greeting.md": GREETING_FILE, "texts/shared/rules.md": RULES_FILE}
    package(installed, name, {"promptsync.toml": config, **files})
    if is_zip:
        monkeypatch.syspath_prepend(zipped(installed, name))

    found = find_bundled(None, name, tmp_path, None)

    assert content_of(found, "greeting") == EXPANDED
    assert found.registry.name == "production"


def test_a_package_without_prompts_has_those_around_it(tmp_path: Path, installed: Path) -> None:
    package(installed, "in_development", {"main.py": ""})
    (installed / "promptsync.toml").write_text(CONFIG)
    (installed / "prompts").mkdir()
    (installed / "prompts" / "greeting.md").write_text("Say hello to {{name}}.\n")

    found = find_bundled(None, "in_development", tmp_path, None)

    assert content_of(found, "greeting") == GREETING.content


def test_what_is_no_package_is_an_error(tmp_path: Path, installed: Path) -> None:
    package(installed, "needy", {"__init__.py": "import no_such_library"})

    for name in ("no_such", "no_such.prompts", "needy.no_such"):
        if name.startswith("needy"):
            with pytest.raises(ModuleNotFoundError, match="no_such_library"):
                find_bundled(None, name, tmp_path, None)
        else:
            with pytest.raises(UsageError, match=f"there is no package `{name}`"):
                find_bundled(None, name, tmp_path, None)


def test_a_prompt_is_found_by_the_name_it_is_served_under(tmp_path: Path) -> None:
    save_bundle(tmp_path / "promptsync-bundle.json", bundle_of(GREETING, FAREWELL))
    deploy(tmp_path / "app", GREETING, FAREWELL, app_url="http://127.0.0.1:9")

    for folder in (tmp_path, tmp_path / "app"):
        found = find_bundled(None, None, folder, None)

        assert content_of(found, "bye") == FAREWELL.content
        assert found.served_name("bye") == "bye"
        prompt = found.find("bye")
        assert prompt is not None
        assert prompt.prompt.name == "bye"


def test_why_a_prompt_is_not_found_is_said(tmp_path: Path) -> None:
    bundle = tmp_path / "promptsync-bundle.json"
    save_bundle(bundle, bundle_of(GREETING))
    app = deploy(tmp_path / "app", GREETING, app_url="http://127.0.0.1:9")
    (app / "prompts" / "rules.md").write_text("---\npartial: true\n---\n\nBe brief.\n")
    (app / "prompts" / "wrong.md").write_text("---\nmodell: gpt-5\n---\n\nHello.\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "promptsync.toml").write_text(CONFIG)

    def why(source: Path, name: str) -> str | None:
        error = find_bundled(source, None, tmp_path, None).why_not(name)
        return None if error is None else error.message

    assert why(bundle, "greeting") is None
    assert why(bundle, "farewell") == f"the bundle `{bundle}` has no prompt `farewell`"
    assert why(tmp_path / "x.json", "greeting") == f"there is no bundle `{tmp_path / 'x.json'}`"
    assert why(app, "greeting") is None
    assert why(app, "farewell") == f"no prompt file around `{app}` is called `farewell`"
    assert why(app, "rules") == "`rules` is a partial, and never served by itself"
    assert why(app, "wrong") == "prompts/wrong.md:2:1: unknown key `modell`"


def test_a_wrong_bundle_leaves_the_registry_that_is_configured(tmp_path: Path) -> None:
    (tmp_path / "promptsync.toml").write_text(CONFIG)
    file = tmp_path / "promptsync-bundle.json"
    file.write_text("{")

    found = find_bundled(file, None, tmp_path, None)

    assert (found.registry.kind, found.folder) == ("braintrust", tmp_path)
    assert found.find("greeting") is None
    assert "is not JSON" in str(found.why_not("greeting"))


def test_a_bundle_of_another_kind_of_registry_is_hashed_for_this_one(tmp_path: Path) -> None:
    parsed = replace(GREETING, registry_options={"braintrust": {"slug": "hi", "parser": {"a": 1}}})
    save_bundle(tmp_path / "promptsync-bundle.json", bundle_of(parsed))
    (tmp_path / "promptsync.toml").write_text(f'default-registry = "local"\n{CONFIG}{LOCAL}')

    found = find_bundled(None, None, tmp_path, "local")

    prompt = found.find("greeting")
    assert prompt is not None
    assert prompt.content_hash == content_hash(parsed, "local") != hash_of(parsed)
    assert found.served_name("greeting") == "greeting"


def test_a_prompt_file_with_another_name_in_its_front_matter_is_found(tmp_path: Path) -> None:
    app = deploy(tmp_path / "app", FAREWELL, app_url="http://127.0.0.1:9")
    (app / "prompts" / "a.md").write_text("---\nname: greeting\n---\n\nSay hello to {{name}}.\n")

    assert content_of(find_bundled(app, None, app, None), "greeting") == GREETING.content


def test_a_prompt_file_is_read_as_it_is_now(tmp_path: Path) -> None:
    app = deploy(tmp_path / "app", GREETING, app_url="http://127.0.0.1:9")
    found = find_bundled(app, None, app, None)
    assert content_of(found, "greeting") == GREETING.content

    (app / "prompts" / "greeting.md").write_text("Say hi.\n")

    assert content_of(found, "greeting") == "Say hi."


def test_prompt_files_that_come_move_and_go_are_noticed(tmp_path: Path) -> None:
    app = deploy(tmp_path / "app", GREETING, FAREWELL, app_url="http://127.0.0.1:9")
    folder = app / "prompts"
    found = find_bundled(app, None, app, None)
    assert (found.find("later"), content_of(found, "bye")) == (None, FAREWELL.content)

    (folder / "later.md").write_text("Say it later.\n")
    (folder / "greeting.md").unlink()
    (folder / "farewell.md").rename(folder / "moved.md")
    (folder / "other.md").write_text("---\nname: greeting\n---\n\nSay hi.\n")

    assert content_of(found, "later") == "Say it later."
    assert content_of(found, "greeting") == "Say hi."
    assert content_of(found, "moved") == content_of(found, "bye") == FAREWELL.content
    assert found.find("farewell") is None
    assert sorted(found.names()) == ["later", "moved", "other"]

    (folder / "other.md").write_text("---\nname: hello\n---\n\nSay hello to all.\n")

    assert (found.find("greeting"), content_of(found, "hello")) == (None, "Say hello to all.")


def test_an_entry_of_a_catalog_file_is_read_as_it_is_now(tmp_path: Path) -> None:
    app = deploy(tmp_path, GREETING, app_url="http://127.0.0.1:9")
    config = (app / "promptsync.toml").read_text()
    (app / "promptsync.toml").write_text(f'prompts = ["prompts", "all.yaml"]\n{config}')
    (app / "all.yaml").write_text("hello: Say hello.\n")
    found = find_bundled(app, None, app, None)
    assert content_of(found, "hello") == "Say hello."
    assert content_of(found, "greeting") == GREETING.content
    assert sorted(found.names()) == ["greeting", "hello"]

    (app / "all.yaml").write_text("hi: Say hi, nothing more.\n")

    assert (found.find("hello"), content_of(found, "hi")) == (None, "Say hi, nothing more.")


def test_files_of_one_name_in_two_roots_are_found_by_their_front_matter(tmp_path: Path) -> None:
    app = deploy(tmp_path / "app", app_url="http://127.0.0.1:9")
    config = (app / "promptsync.toml").read_text()
    (app / "promptsync.toml").write_text(f'prompts = ["first", "second"]\n{config}')
    for root in ("first", "second"):
        (app / root).mkdir()
        (app / root / "system.md").write_text(f"---\nname: {root}.system\n---\n\nSay {root}.\n")

    found = find_bundled(app, None, app, None)

    assert content_of(found, "first.system") == "Say first."
    assert content_of(found, "second.system") == "Say second."


def test_two_files_that_have_each_others_names_are_found(tmp_path: Path) -> None:
    app = deploy(tmp_path, app_url="http://127.0.0.1:9")
    (app / "prompts" / "rules.md").write_text("---\nname: greeting\n---\n\nHello. {{> rules}}\n")
    (app / "prompts" / "greeting.md").write_text("---\nname: rules\n---\n\nBe brief.\n")

    found = find_bundled(app, None, app, None)

    assert content_of(found, "greeting") == "Hello. Be brief."
    assert content_of(found, "rules") == "Be brief."


def test_a_partial_with_another_name_in_its_front_matter_is_included(tmp_path: Path) -> None:
    app = deploy(tmp_path, app_url="http://127.0.0.1:9")
    (app / "prompts" / "a.md").write_text("---\nname: rules\npartial: true\n---\n\nBe brief.\n")
    (app / "prompts" / "greeting.md").write_text("Hello. {{> rules}}\n")

    assert content_of(find_bundled(app, None, app, None), "greeting") == "Hello. Be brief."


def test_of_many_prompt_files_only_those_that_are_asked_for_are_read(tmp_path: Path) -> None:
    names = [f"prompt-{number}" for number in range(20)]
    deploy(tmp_path, *map(prompt, names), app_url="http://127.0.0.1:9")
    program = """
import promptsync, sys
opened, listed = [], []
def watch(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".md"):
        opened.append(arguments[0])
    if event == "os.scandir":
        listed.append(arguments[0])
client = promptsync.Client(offline=True)
client.load("prompt-1")
sys.addaudithook(watch)
for number in (12, 13, 14):
    client.load(f"prompt-{number}")
print(*(str(each).rpartition("-")[2] for each in opened), len(listed))
"""

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert result.stdout == "12.md 13.md 14.md 0\n"


def test_a_relative_path_of_an_installed_package_starts_at_the_working_directory(
    tmp_path: Path, installed: Path
) -> None:
    local = RegistryConfig(name="local", kind="local", alias=None, options={})
    text = write_bundle(bundle_of(GREETING, registry=local))
    files = {"prompts/greeting.md": GREETING_FILE, "prompts/shared/rules.md": RULES_FILE}
    package(installed, "bundle_installed", {"promptsync-bundle.json": text})
    package(installed, "config_installed", {"promptsync.toml": LOCAL, **files})
    package(installed, "nothing_installed", {})

    for name in ("bundle_installed", "config_installed", "nothing_installed"):
        assert find_bundled(None, name, tmp_path, None).folder == tmp_path
        assert find_deployed(None, start=tmp_path, package=name, may_be_empty=True).folder == (
            tmp_path
        )


def test_a_relative_path_starts_where_the_bundle_was_found_or_at_the_working_directory(
    tmp_path: Path,
) -> None:
    file = tmp_path / "app" / "promptsync-bundle.json"
    (tmp_path / "app" / "below").mkdir(parents=True)
    save_bundle(file, bundle_of(GREETING))

    found = find_bundled(None, None, tmp_path / "app" / "below", None)
    named = find_bundled(file, None, tmp_path, None)

    assert (found.folder, named.folder) == (tmp_path / "app", tmp_path)


def test_another_registry_than_that_of_a_package_is_looked_up_in_the_working_directory(
    tmp_path: Path, installed: Path
) -> None:
    text = write_bundle(bundle_of(GREETING))
    package(installed, "with_another", {"promptsync-bundle.json": text})
    (tmp_path / "promptsync.toml").write_text(LOCAL)

    found = find_bundled(None, "with_another", tmp_path, "local")

    assert (found.registry.kind, found.folder) == ("local", tmp_path)
    assert content_of(found, "greeting") == GREETING.content


@pytest.mark.parametrize("folder", ["assistant/prompts", "prompts"])
def test_configured_prompt_files_win_over_a_bundle_that_lies_in_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    name = f"in_checkout_{folder.count('/')}"
    monkeypatch.syspath_prepend(tmp_path)
    folder = folder.replace("assistant", name)
    package(tmp_path, name, {"promptsync-bundle.json": write_bundle(bundle_of(FAREWELL))})
    (tmp_path / "promptsync.toml").write_text(f'prompts = ["{folder}"]\n{CONFIG}')
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "greeting.md").write_text("Say hello to {{name}}.\n")

    found = find_bundled(None, name, tmp_path, None)

    assert (content_of(found, "greeting"), found.find("farewell")) == (GREETING.content, None)
    assert found.folder == tmp_path


def test_a_bundle_in_a_zip_yields_to_the_prompt_files_that_its_configuration_names(
    tmp_path: Path, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "promptsync-bundle.json": write_bundle(bundle_of(FAREWELL)),
        "promptsync.toml": CONFIG,
        "prompts/greeting.md": "Say hello to {{name}}.\n",
    }
    package(installed, "both_zipped", files)
    monkeypatch.syspath_prepend(zipped(installed, "both_zipped"))

    found = find_bundled(None, "both_zipped", tmp_path, None)

    assert (content_of(found, "greeting"), found.find("farewell")) == (GREETING.content, None)


def test_an_installed_package_has_nothing_to_do_with_what_is_above_its_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "app" / ".venv" / "lib" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(folder)
    app = tmp_path / "app"
    (app / "promptsync.toml").write_text(CONFIG)
    (app / "prompts").mkdir()
    (app / "prompts" / "greeting.md").write_text("Of the application.\n")
    save_bundle(app / "promptsync-bundle.json", bundle_of(GREETING))
    package(folder, "library", {"promptsync-bundle.json": write_bundle(bundle_of(FAREWELL))})
    package(folder, "empty_library", {})

    found = find_bundled(None, "library", tmp_path, None)
    empty = find_bundled(None, "empty_library", tmp_path, None)

    assert (content_of(found, "farewell"), found.find("greeting")) == (FAREWELL.content, None)
    assert (empty.find("greeting"), empty.registry.kind) == (None, "local")
