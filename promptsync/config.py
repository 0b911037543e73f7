"""Configuration: `promptsync.toml` or `[tool.promptsync]`, and what the environment adds.

The only module that reads the environment; `service_environment` and `github_job` ask it. Secrets
come from there alone; a secret in a configuration file is refused, because that file is committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from promptsync.errors import ConfigError
from promptsync.file_search import CONFIGURATION, configuration_files, repository_top
from promptsync.light_dataclass import dataclass
from promptsync.registry_config import (  # the names of a configuration are found here as well
    DEFAULT_LOCAL_URL as DEFAULT_LOCAL_URL,  # noqa: PLC0414
)
from promptsync.registry_config import OPTIONS_BY_KIND as OPTIONS_BY_KIND  # noqa: PLC0414
from promptsync.registry_config import RegistryConfig as RegistryConfig  # noqa: PLC0414
from promptsync.registry_config import mapping, optional_text, read_roots, refuse_unknown
from promptsync.registry_config import read_registry as read_registry  # noqa: PLC0414

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

FILE_NAME = CONFIGURATION
DEFAULT_PROMPTS = ("prompts",)


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
    from pathlib import Path  # as everywhere here: costs 5 ms

    for file in map(Path, configuration_files(str(start))):
        if file.name == FILE_NAME:
            return _read_config(_read_toml(file), file)
        tools = mapping(_read_toml(file).get("tool", {}), f"{file}: tool")
        if "promptsync" in tools:
            table = mapping(tools["promptsync"], f"{file}: tool.promptsync")
            return _read_config(table, file)
    root = Path(repository_top(str(start)) or start.absolute())
    return _read_config({}, root / FILE_NAME, exists=False)


def parse_config(text: str, file: Path) -> Config:
    """Read a configuration from its text, before there is a file. Raises ConfigError."""
    import tomllib  # costs 3 ms, and a bundle needs none

    try:
        return _read_config(tomllib.loads(text), file)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: invalid TOML: {error}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    import tomllib  # as above

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
    refuse_unknown(table, {"prompts", "default-registry", "registries"}, where)
    prompts = read_roots(table.get("prompts", list(DEFAULT_PROMPTS)), f"{where}: prompts")
    registries = {
        name: read_registry(name, value, where)
        for name, value in mapping(table.get("registries", {}), f"{where}: registries").items()
    } or {"local": _default_local()}
    for each in registries.values():
        _refuse_other_roots(each, prompts, where)
    default = optional_text(table, "default-registry", where) or _only(registries, where)
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


def _refuse_other_roots(registry: RegistryConfig, roots: tuple[str, ...], where: str) -> None:
    for root in registry.prompts or ():
        if root not in roots:
            raise ConfigError(
                f"{where}: registries.{registry.name}: `{root}` is not one of the `prompts` of "
                "this configuration",
                hint=f'add "{root}" to the list `prompts` at the top: a registry narrows it',
            )


# Ways to read paths that exclude the one git is told here, where paths are literal.
_PATHSPECS = ("GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS")


def environment_for_git() -> Mapping[str, str]:
    """Return the environment in which git finds the top of the work tree from any folder.

    In a hook of a linked work tree git sets GIT_DIR, and a git started in a subfolder would take
    that folder for the top. Messages are in English, because one of them is understood here.
    """
    from pathlib import Path

    own = {name: value for name, value in os.environ.items() if name not in _PATHSPECS}
    if "GIT_WORK_TREE" not in own and Path(own.get("GIT_DIR", "")).parent.name == "worktrees":
        del own["GIT_DIR"]
    return own | {"LC_ALL": "C"}


def environment_with(settings: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment for another program: some variables set, and those to "" removed."""
    changed = {**os.environ, **settings}
    return {name: value for name, value in changed.items() if value or name not in settings}


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
    from pathlib import Path

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
    yield from ("PROMPTSYNC_ALIAS", "PROMPTSYNC_ALIAS_NAMES")
    yield from ("PROMPTSYNC_AUTHOR", "USER", "USERNAME")
