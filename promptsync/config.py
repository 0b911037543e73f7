"""Configuration: `promptsync.toml` or `[tool.promptsync]`, and what the environment adds.

The only module that reads the environment; `service_environment` and `github_job` ask it. Secrets
come from there alone; a secret in a configuration file is refused, because that file is committed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from promptsync.errors import ConfigError
from promptsync.prompt_path import is_catalog_file

FILE_NAME = "promptsync.toml"
DEFAULT_PROMPTS = ("prompts",)
DEFAULT_LOCAL_URL = "sqlite:///.promptsync/registry.db"

# What each kind understands in its table; `kind`, `alias` and `prompts` are understood by all.
OPTIONS_BY_KIND: Mapping[str, frozenset[str]] = {
    "local": frozenset({"url"}),
    "braintrust": frozenset({"project", "project-id", "api-url", "app-url", "org-name"}),
    "mlflow": frozenset({"tracking-uri", "registry-uri"}),
    "opik": frozenset({"project", "url", "workspace"}),
}
# MLflow keeps these for the newest version and for versions by number.
_RESERVED_ALIASES = {"mlflow": re.compile(r"latest|v[0-9]+", re.IGNORECASE)}
_COMMON_OPTIONS = frozenset({"kind", "alias", "prompts"})
_SECRET_KEY = re.compile(r"(api[-_]?key|token|secret|password|credential)", re.IGNORECASE)
# Before the host, in HTTP also without a name, or in the query.
_URL_SECRET = re.compile(
    r"://[^/@\s]*:[^/@\s]+@|https?://[^/@\s]+@|[?&]\w*(password|token|secret|api[-_]?key)\w*=",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    """One `[registries.NAME]` table. `prompts` narrows it to some roots; None means all."""

    name: str
    kind: str
    alias: str | None = None
    prompts: tuple[str, ...] | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration of one directory.

    Roots in `prompts` are folders or catalog files, relative to `root`, with `/`.
    """

    root: Path
    file: Path | None
    prompts: tuple[str, ...] = DEFAULT_PROMPTS
    default_registry: str
    registries: Mapping[str, RegistryConfig]

    def registry(self, name: str | None = None) -> RegistryConfig:
        """Return a registry by name, the default one for None. Raises ConfigError."""
        wanted = name or self.default_registry
        if wanted in self.registries:
            return self.registries[wanted]
        known = ", ".join(f"`{each}`" for each in sorted(self.registries))
        raise ConfigError(f"there is no registry `{wanted}`", hint=f"the configuration has {known}")

    def roots(self, registry: RegistryConfig) -> tuple[str, ...]:
        """Return the prompt roots that one registry serves."""
        return self.prompts if registry.prompts is None else registry.prompts


def load_config(start: Path) -> Config:
    """Find the configuration upward from a directory; without one, everything has its default.

    A `promptsync.toml` beats the `pyproject.toml` beside it. Raises ConfigError.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        own, pyproject = folder / FILE_NAME, folder / "pyproject.toml"
        if own.is_file():
            return _read_config(_read_toml(own), own)
        if pyproject.is_file():
            tools = _mapping(_read_toml(pyproject).get("tool", {}), f"{pyproject}: tool")
            if "promptsync" in tools:
                table = _mapping(tools["promptsync"], f"{pyproject}: tool.promptsync")
                return _read_config(table, pyproject)
        if (folder / ".git").exists():
            return _read_config({}, folder / FILE_NAME, exists=False)
    return _read_config({}, start / FILE_NAME, exists=False)


def parse_config(text: str, file: Path) -> Config:
    """Read a configuration from its text, before there is a file. Raises ConfigError."""
    try:
        return _read_config(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: invalid TOML: {error}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: invalid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: invalid TOML: nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def _read_config(table: Mapping[str, Any], file: Path, *, exists: bool = True) -> Config:
    where = str(file)
    _refuse_unknown(table, {"prompts", "default-registry", "registries"}, where)
    prompts = _roots(table.get("prompts", list(DEFAULT_PROMPTS)), f"{where}: prompts")
    registries = {
        name: read_registry(name, value, where)
        for name, value in _mapping(table.get("registries", {}), f"{where}: registries").items()
    } or {"local": _default_local()}
    for each in registries.values():
        _refuse_other_roots(each, prompts, where)
    default = _optional_text(table, "default-registry", where) or _only(registries, where)
    if default not in registries:
        raise ConfigError(
            f"{where}: `default-registry` names `{default}`, which is not configured",
            hint=f"add a table `[registries.{default}]`",
        )
    return Config(
        root=file.parent,
        file=file if exists else None,
        prompts=prompts,
        default_registry=default,
        registries=registries,
    )


def _default_local() -> RegistryConfig:
    return RegistryConfig(name="local", kind="local", options={"url": DEFAULT_LOCAL_URL})


def _only(registries: Mapping[str, RegistryConfig], where: str) -> str:
    if len(registries) == 1:
        return next(iter(registries))
    raise ConfigError(
        f"{where}: several registries and no `default-registry`",
        hint=f'add a line such as `default-registry = "{next(iter(registries))}"`',
    )


def read_registry(name: str, value: object, file: str) -> RegistryConfig:
    """Check one registry's table, as a configuration or a bundle has it. Raises ConfigError."""
    where = f"{file}: registries.{name}"
    table = _mapping(value, where)
    for key, each in table.items():
        if _SECRET_KEY.search(key) or (isinstance(each, str) and _URL_SECRET.search(each)):
            raise ConfigError(
                f"{where}: `{key}` holds a secret, and this file is committed",
                hint="secrets come from the environment: BRAINTRUST_API_KEY, OPIK_API_KEY, "
                "MLFLOW_TRACKING_PASSWORD, or PGPASSWORD for PostgreSQL",
            )
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in OPTIONS_BY_KIND:
        known = ", ".join(f"`{each}`" for each in OPTIONS_BY_KIND)
        raise ConfigError(f"{where}: `kind` must be one of {known}, not `{kind}`")
    _refuse_unknown(table, _COMMON_OPTIONS | OPTIONS_BY_KIND[kind], where)
    roots, alias = table.get("prompts"), _optional_text(table, "alias", where)
    if alias and (reserved := _RESERVED_ALIASES.get(kind)) and reserved.fullmatch(alias):
        raise ConfigError(
            f"{where}: `{kind}` reserves the alias `{alias}` for itself",
            hint="choose another word, such as `production`; without an alias the latest is read",
        )
    return RegistryConfig(
        name=name,
        kind=kind,
        alias=alias,
        prompts=None if roots is None else _roots(roots, f"{where}: prompts"),
        options={
            key: _text(table[key], f"{where}: {key}")
            for key in table
            if key in OPTIONS_BY_KIND[kind]
        },
    )


def _roots(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ConfigError(f'{where}: must be a list of folders, such as `["prompts"]`')
    roots = tuple(dict.fromkeys(_root(each, where) for each in value))
    for root in roots:
        inner = (each for each in roots if each != root and not is_catalog_file(each))
        if any(PurePosixPath(each).is_relative_to(root) for each in inner):
            raise ConfigError(
                f"{where}: one root lies inside `{root}`, so its prompts have two names"
            )
    return roots


def _root(value: object, where: str) -> str:
    text = _text(value, where)
    root = PurePosixPath(text)
    if root.is_absolute() or ".." in root.parts or PureWindowsPath(text).drive:
        raise ConfigError(f"{where}: `{text}` leaves the folder of the configuration")
    if "\\" in text:
        raise ConfigError(f"{where}: write `/` between folders in `{text}`")
    return root.as_posix()


def _refuse_other_roots(registry: RegistryConfig, roots: tuple[str, ...], where: str) -> None:
    for root in registry.prompts or ():
        if root not in roots:
            raise ConfigError(
                f"{where}: registries.{registry.name}: `{root}` is not one of the `prompts` of "
                "this configuration",
                hint=f'add "{root}" to the list `prompts` at the top: a registry narrows it',
            )


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: must be a table")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}: must be text")
    return value


def _optional_text(table: Mapping[str, Any], key: str, where: str) -> str | None:
    return _text(table[key], f"{where}: {key}") if key in table else None


def _refuse_unknown(table: Mapping[str, Any], known: set[str] | frozenset[str], where: str) -> None:
    for key in table:
        if key not in known:
            import difflib  # noqa: PLC0415  only for those who misspell

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
            raise ConfigError(f"{where}: unknown key `{key}`", hint=hint)


# Ways to read paths that exclude the one git is told here, where paths are literal.
_PATHSPECS = ("GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")


def environment_for_git() -> Mapping[str, str]:
    """Return the environment in which git finds the top of the work tree from any folder.

    In a hook of a linked work tree git sets GIT_DIR, and a git started in a subfolder would take
    that folder for the top. Messages are in English, because one of them is understood here.
    """
    own = {name: value for name, value in os.environ.items() if name not in _PATHSPECS}
    if "GIT_WORK_TREE" not in own and Path(own.get("GIT_DIR", "")).parent.name == "worktrees":
        del own["GIT_DIR"]
    return own | {"LC_ALL": "C"}


def is_github_actions() -> bool:
    """Tell whether this process runs in a GitHub Actions job."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def no_color() -> bool:
    """Tell whether colour is unwanted, see https://no-color.org."""
    return variable("NO_COLOR") is not None


def proxies() -> Mapping[str, str]:
    """Return the HTTP proxies of the environment: scheme to URL, `no` to the excluded hosts."""
    found = {
        scheme: variable(f"{scheme.upper()}_PROXY") or variable(f"{scheme}_proxy")
        for scheme in ("http", "https", "no")
    }
    return {scheme: value for scheme, value in found.items() if value}


def user_cache_folder() -> Path:
    """Return where caches live outside a repository."""
    if base := variable("XDG_CACHE_HOME") or variable("LOCALAPPDATA"):
        return Path(base) / "promptsync"
    try:
        return Path.home() / ".cache" / "promptsync"
    except RuntimeError:  # a container's user may have no home
        return Path.cwd() / ".promptsync" / "cache"


def author() -> str | None:
    """Return the name that versions in the embedded registry carry."""
    return variable("PROMPTSYNC_AUTHOR") or variable("USER") or variable("USERNAME")


def variable(name: str) -> str | None:
    """Return the value of an environment variable, None where it is not set or empty."""
    return os.environ.get(name) or None


def environment_names() -> Iterator[str]:
    """Yield every environment variable promptsync reads itself, for the documentation."""
    yield from ("BRAINTRUST_API_KEY", "BRAINTRUST_API_URL", "BRAINTRUST_APP_URL")
    yield from ("MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_PASSWORD")
    yield from ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_URI", "MLFLOW_TRACKING_USERNAME")
    yield from ("BRAINTRUST_ORG_NAME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "NO_COLOR")
    yield from ("OPIK_API_KEY", "OPIK_PROJECT_NAME", "OPIK_URL_OVERRIDE", "OPIK_WORKSPACE")
    yield from ("GITHUB_ACTIONS", "LOCALAPPDATA", "XDG_CACHE_HOME")
    yield from ("PROMPTSYNC_AUTHOR", "USER", "USERNAME")
