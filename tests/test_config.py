"""The configuration: where it is found, what it may say, and that it never holds a secret."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from promptsync import config, service_environment
from promptsync.config import Config, RegistryConfig, load_config, read_registry
from promptsync.errors import ConfigError
from tests.builders import Repo

LOCAL = RegistryConfig(
    name="local", kind="local", options={"url": "sqlite:///.promptsync/registry.db"}
)
BRAINTRUST = '[registries.production]\nkind = "braintrust"\nproject = "Trader"\n'

KINDS = "`local`, `braintrust`, `mlflow`, `opik`"


def write(folder: Path, text: str, name: str = "promptsync.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path, text: str, name: str = "promptsync.toml") -> ConfigError:
    write(folder, text, name)
    with pytest.raises(ConfigError) as raised:
        load_config(folder)
    return raised.value


# -- where it is --


def test_without_a_file_everything_has_its_default(repo: Repo) -> None:
    below = repo.path / "deep" / "down"
    below.mkdir(parents=True)

    assert load_config(below) == Config(
        root=repo.path,
        file=None,
        prompts=("prompts",),
        default_registry="local",
        registries={"local": LOCAL},
    )


def test_outside_of_a_repository_the_defaults_start_here(tmp_path: Path) -> None:
    assert load_config(tmp_path).root == tmp_path


def test_it_is_found_upward(tmp_path: Path) -> None:
    file = write(tmp_path, BRAINTRUST)
    below = tmp_path / "deep" / "down"
    below.mkdir(parents=True)

    assert load_config(below) == Config(
        root=tmp_path,
        file=file,
        default_registry="production",
        registries={
            "production": RegistryConfig(
                name="production", kind="braintrust", options={"project": "Trader"}
            )
        },
    )


def test_the_nearest_one_counts(tmp_path: Path) -> None:
    write(tmp_path, 'prompts = ["outer"]\n')
    write(tmp_path / "inner", 'prompts = ["inner"]\n')

    assert load_config(tmp_path / "inner").prompts == ("inner",)


def test_the_search_ends_at_the_top_of_the_repository(tmp_path: Path) -> None:
    write(tmp_path, 'prompts = ["outside"]\n')
    repo = Repo.create(tmp_path / "repo")

    assert load_config(repo.path).prompts == ("prompts",)


def test_a_relative_folder_is_searched_upward_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, 'prompts = ["texts"]\n')
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    assert load_config(Path()).file == file


def test_pyproject_may_hold_the_table(tmp_path: Path) -> None:
    file = write(tmp_path, '[tool.promptsync]\nprompts = ["texts"]\n', "pyproject.toml")

    assert load_config(tmp_path) == Config(
        root=tmp_path,
        file=file,
        prompts=("texts",),
        default_registry="local",
        registries={"local": LOCAL},
    )


def test_an_empty_table_in_pyproject_is_a_configuration(tmp_path: Path) -> None:
    file = write(tmp_path, "[tool.promptsync]\n", "pyproject.toml")
    (tmp_path / "below").mkdir()

    assert load_config(tmp_path / "below").file == file


def test_its_own_file_beats_pyproject(tmp_path: Path) -> None:
    write(tmp_path, '[tool.promptsync]\nprompts = ["theirs"]\n', "pyproject.toml")
    write(tmp_path, 'prompts = ["own"]\n')

    assert load_config(tmp_path).prompts == ("own",)


@pytest.mark.parametrize("text", ["", "[tool.ruff]\n", "[project]\nname = 'x'\n"])
def test_a_pyproject_without_the_table_is_passed_by(tmp_path: Path, text: str) -> None:
    outer = write(tmp_path, 'prompts = ["outer"]\n')
    write(tmp_path / "inner", text, "pyproject.toml")

    assert load_config(tmp_path / "inner").file == outer


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "promptsync.toml").write_bytes(b'\xef\xbb\xbfprompts = ["texts"]\n')

    assert load_config(tmp_path).prompts == ("texts",)


# -- what is wrong --


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("prompts = [", "invalid TOML: "),
        ("x = " + "[" * 5000, "invalid TOML: nested too deeply"),
        ('prompts = "texts"', 'prompts: must be a list of folders, such as `["prompts"]`'),
        ("prompts = []", 'prompts: must be a list of folders, such as `["prompts"]`'),
        ("prompts = [5]", "prompts: must be text"),
        ('prompts = [""]', "prompts: must be text"),
        ("registries = 5", "registries: must be a table"),
        ("[registries]\nx = 5", "registries.x: must be a table"),
        ("default-registry = 5", "default-registry: must be text"),
        ('default-registry = ["x"]', "default-registry: must be text"),
        (
            'default-registry = "x"',
            "`default-registry` names `x`, which is not configured",
        ),
        (
            "[registries.x]\nproject = 'y'",
            f"registries.x: `kind` must be one of {KINDS}, not `None`",
        ),
        (
            "[registries.x]\nkind = 'ftp'",
            f"registries.x: `kind` must be one of {KINDS}, not `ftp`",
        ),
        (
            "[registries.x]\nkind = ['local']",
            f"registries.x: `kind` must be one of {KINDS}, not `['local']`",
        ),
        ("[registries.x]\nkind = 'local'\nurl = 5", "registries.x: url: must be text"),
        ("[registries.x]\nkind = 'local'\nalias = ''", "registries.x: alias: must be text"),
        (
            "[registries.x]\nkind = 'local'\nalias = ' live'",
            "registries.x: alias: must be 1 to 255 characters that can be shown",
        ),
    ],
)
def test_a_wrong_value_is_named_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    error = refusal(tmp_path, text)

    assert error.message.startswith(f"{tmp_path / 'promptsync.toml'}: {problem}")


@pytest.mark.parametrize(
    ("text", "where"),
    [("tool = 5 # promptsync\n", "tool"), ("[tool]\npromptsync = 'x'\n", "tool.promptsync")],
)
def test_a_wrong_table_in_pyproject_is_named(tmp_path: Path, text: str, where: str) -> None:
    error = refusal(tmp_path, text, "pyproject.toml")

    assert error.message == f"{tmp_path / 'pyproject.toml'}: {where}: must be a table"


def test_what_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "promptsync.toml").write_bytes(b"# caf\xe9\n")

    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_config(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path, "")
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("the superuser may read anything")

    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("promts = ['x']", "promts", "did you mean `prompts`?"),
        ("[registry.x]\nkind = 'local'", "registry", "did you mean `registries`?"),
        ("zzz = 1", "zzz", "known: default-registry, prompts, registries"),
        ("[registries.x]\nkind = 'local'\nulr = 'x'", "ulr", "did you mean `url`?"),
        (
            "[registries.x]\nkind = 'local'\nproject = 'x'",
            "project",
            "known: alias, kind, prompts, url",
        ),
        (
            "[registries.x]\nkind = 'braintrust'\napi_url = 'x'",
            "api_url",
            "did you mean `api-url`?",
        ),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(
    tmp_path: Path, text: str, key: str, hint: str
) -> None:
    error = refusal(tmp_path, text)

    assert error.message.endswith(f": unknown key `{key}`")
    assert error.hint == hint


def test_of_several_registries_one_has_to_be_the_default(tmp_path: Path) -> None:
    text = BRAINTRUST + '[registries.local]\nkind = "local"\n'

    error = refusal(tmp_path, text)

    assert error.message.endswith("several registries and no `default-registry`")
    assert error.hint == 'add a line such as `default-registry = "production"`'
    write(tmp_path, f'default-registry = "local"\n{text}')
    assert load_config(tmp_path).default_registry == "local"


# -- secrets --


@pytest.mark.parametrize(
    "line",
    [
        'api-key = "sk-s3cret"',
        'API_KEY = "sk-s3cret"',
        'apikey = "sk-s3cret"',
        'access-token = "sk-s3cret"',
        'password = "sk-s3cret"',
        'client_secret = "sk-s3cret"',
        'credentials = "sk-s3cret"',
        'url = "postgresql+psycopg://ada:sk-s3cret@db.example.com/prompts"',
        'url = "postgresql://db.example.com/prompts?password=sk-s3cret"',
        'url = "postgresql://db.example.com/prompts?user=ada&sslpassword=sk-s3cret"',
        'api-url = "https://ada:sk-s3cret@example.com"',
        'api-url = "https://sk-s3cret@example.com"',
        'app-url = "https://example.com/?api_key=sk-s3cret"',
        'project = "https://example.com/?token=sk-s3cret"',
    ],
)
def test_a_secret_is_refused_and_never_shown(tmp_path: Path, line: str) -> None:
    kind = "local" if line.startswith("url") else "braintrust"

    error = refusal(tmp_path, f'[registries.x]\nkind = "{kind}"\n{line}\n')

    key = line.partition(" ")[0]
    assert error.message.endswith(
        f"registries.x: `{key}` holds a secret, and this file is committed"
    )
    assert "s3cret" not in f"{error.message} {error.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///.promptsync/registry.db",
        "postgresql+psycopg://ada@db.example.com:5432/prompts?sslmode=require&sslkey=/etc/key",
        "postgresql+psycopg://db.example.com/a:b@c",
    ],
)
def test_an_address_without_a_secret_is_fine(tmp_path: Path, url: str) -> None:
    write(tmp_path, f'[registries.x]\nkind = "local"\nurl = "{url}"\n')

    assert load_config(tmp_path).registry().options == {"url": url}


# -- prompt roots --


@pytest.mark.parametrize("root", ["/etc", "../prompts", "a/../../b", "C:/prompts", "C:prompts"])
def test_a_root_stays_in_the_folder_of_the_configuration(tmp_path: Path, root: str) -> None:
    error = refusal(tmp_path, f'prompts = ["{root}"]\n')

    assert error.message.endswith(f"prompts: `{root}` leaves the folder of the configuration")


def test_folders_are_separated_as_git_does(tmp_path: Path) -> None:
    error = refusal(tmp_path, "prompts = ['backend\\prompts']\n")

    assert error.message.endswith("write `/` between folders in `backend\\prompts`")


@pytest.mark.parametrize(
    ("roots", "outer"), [('"a", "a/b"', "a"), ('"a/b", "a"', "a"), ('".", "a"', ".")]
)
def test_overlapping_roots_would_give_a_prompt_two_names(
    tmp_path: Path, roots: str, outer: str
) -> None:
    error = refusal(tmp_path, f"prompts = [{roots}]\n")

    assert error.message.endswith(
        f"prompts: one root lies inside `{outer}`, so its prompts have two names"
    )


def test_a_root_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path, 'prompts = ["a", "./a/", "ab"]\n')

    assert load_config(tmp_path).prompts == ("a", "ab")


def test_a_registry_serves_all_roots_or_those_it_names(tmp_path: Path) -> None:
    write(
        tmp_path,
        'prompts = ["a", "b"]\n'
        'default-registry = "all"\n'
        '[registries.all]\nkind = "local"\n'
        '[registries.one]\nkind = "local"\nprompts = ["./b"]\nalias = "production"\n',
    )

    config = load_config(tmp_path)

    assert config.roots(config.registry()) == ("a", "b")
    assert config.roots(config.registry("one")) == ("b",)
    assert config.registry("one").alias == "production"


def test_a_registry_has_no_root_of_its_own(tmp_path: Path) -> None:
    error = refusal(
        tmp_path, 'prompts = ["a"]\n[registries.one]\nkind = "local"\nprompts = ["b"]\n'
    )

    assert error.message.endswith(
        "registries.one: `b` is not one of the `prompts` of this configuration"
    )
    assert error.hint == 'add "b" to the list `prompts` at the top: a registry narrows it'


def test_an_unknown_registry_is_told_with_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, f'default-registry = "b"\n{BRAINTRUST}[registries.b]\nkind = "local"\n')

    with pytest.raises(ConfigError) as raised:
        load_config(tmp_path).registry("staging")

    assert raised.value.message == "there is no registry `staging`"
    assert raised.value.hint == "the configuration has `b`, `production`"


def test_the_table_of_a_bundle_is_checked_alike() -> None:
    with pytest.raises(ConfigError, match=r"bundle\.json: registries\.x: unknown key `ulr`"):
        read_registry("x", {"kind": "local", "ulr": "x"}, "bundle.json")


# -- the environment --


def test_braintrusts_own_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_environment.braintrust_environment().api_key is None
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-s3cret")
    monkeypatch.setenv("BRAINTRUST_API_URL", "https://api.example.com")
    monkeypatch.setenv("BRAINTRUST_APP_URL", "")
    monkeypatch.setenv("BRAINTRUST_ORG_NAME", "Example")

    environment = service_environment.braintrust_environment()

    assert environment == service_environment.BraintrustEnvironment(
        api_key="sk-s3cret",
        api_url="https://api.example.com",
        app_url=None,
        org_name="Example",
    )
    assert "s3cret" not in repr(environment)


def test_mlflows_own_variables_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert service_environment.mlflow_environment().insecure_tls is False

    for name in ("TRACKING_URI", "TRACKING_USERNAME", "TRACKING_PASSWORD", "TRACKING_TOKEN"):
        monkeypatch.setenv(f"MLFLOW_{name}", f"my {name}")
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "http://other")
    monkeypatch.setenv("MLFLOW_TRACKING_INSECURE_TLS", "True")

    environment = service_environment.mlflow_environment()
    assert environment == service_environment.MlflowEnvironment(
        tracking_uri="my TRACKING_URI",
        registry_uri="http://other",
        username="my TRACKING_USERNAME",
        password="my TRACKING_PASSWORD",  # noqa: S106
        token="my TRACKING_TOKEN",  # noqa: S106
        insecure_tls=True,
    )
    assert "PASSWORD" not in repr(environment)
    assert "TOKEN" not in repr(environment)
    assert "_URI" not in repr(environment)


@pytest.mark.parametrize("alias", ["latest", "LATEST", "v3", "V12"])
def test_an_alias_that_mlflow_reserves_is_refused(tmp_path: Path, alias: str) -> None:
    text = f"[registries.x]\nkind = 'mlflow'\nalias = '{alias}'"

    assert f"`mlflow` reserves the alias `{alias}`" in refusal(tmp_path, text).message
    assert refusal(tmp_path, text.replace("mlflow", "ftp")).message.endswith("not `ftp`")


@pytest.mark.parametrize("alias", ["production", "v", "v3-test", "latest_good"])
def test_other_aliases_are_free(tmp_path: Path, alias: str) -> None:
    (tmp_path / "promptsync.toml").write_text(f"[registries.x]\nkind = 'mlflow'\nalias = '{alias}'")

    assert load_config(tmp_path).registry().alias == alias


def test_proxies_are_read_in_both_spellings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://upper.example.com")
    monkeypatch.setenv("no_proxy", "localhost")

    assert config.proxies() == {"https": "http://upper.example.com", "no": "localhost"}


def test_an_author_is_who_says_so_or_who_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USER", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert config.author() is None

    monkeypatch.setenv("USERNAME", "ada")
    assert config.author() == "ada"

    monkeypatch.setenv("PROMPTSYNC_AUTHOR", "Ada Lovelace")
    assert config.author() == "Ada Lovelace"


def test_caches_live_where_the_system_wants_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert config.user_cache_folder() == tmp_path / "promptsync"

    monkeypatch.delenv("XDG_CACHE_HOME")
    assert config.user_cache_folder() == Path.home() / ".cache" / "promptsync"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows every user's folder")
def test_a_user_without_a_home_has_a_cache_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "~")
    monkeypatch.chdir(tmp_path)

    assert config.user_cache_folder().is_relative_to(tmp_path)


def test_colour_and_github_are_told_by_their_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not config.no_color()
    assert not config.is_github_actions()
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")

    assert config.no_color()
    assert config.is_github_actions()


def test_git_finds_the_top_also_where_a_hook_sets_its_directory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GIT_DIR", "/repo/.git/worktrees/feature")
    assert "GIT_DIR" not in config.environment_for_git()

    monkeypatch.setenv("GIT_WORK_TREE", "/somewhere")
    assert config.environment_for_git()["GIT_DIR"] == "/repo/.git/worktrees/feature"


def test_git_speaks_the_language_that_is_understood_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")

    assert config.environment_for_git()["LC_ALL"] == "C"


def test_every_variable_is_listed_for_the_documentation() -> None:
    assert sorted(config.environment_names()) == [
        "BRAINTRUST_API_KEY",
        "BRAINTRUST_API_URL",
        "BRAINTRUST_APP_URL",
        "BRAINTRUST_ORG_NAME",
        "GITHUB_ACTIONS",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LOCALAPPDATA",
        "MLFLOW_REGISTRY_URI",
        "MLFLOW_TRACKING_INSECURE_TLS",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_TRACKING_TOKEN",
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_USERNAME",
        "NO_COLOR",
        "NO_PROXY",
        "OPIK_API_KEY",
        "OPIK_PROJECT_NAME",
        "OPIK_URL_OVERRIDE",
        "OPIK_WORKSPACE",
        "PROMPTSYNC_ALIAS",
        "PROMPTSYNC_ALIAS_NAMES",
        "PROMPTSYNC_AUTHOR",
        "USER",
        "USERNAME",
        "XDG_CACHE_HOME",
    ]
