"""One registry's table, as a configuration or a bundle has it: what may stand there.

Who loads a prompt from a bundle waits for this module, so that what costs time is imported where
it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping

from promptsync.errors import ConfigError
from promptsync.light_dataclass import dataclass, field
from promptsync.prompt_path import is_catalog_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DEFAULT_LOCAL_URL = "sqlite:///.promptsync/registry.db"

# What each kind understands in its table; `kind`, `alias` and `prompts` are understood by all.
OPTIONS_BY_KIND: Mapping[str, frozenset[str]] = {
    "local": frozenset({"url"}),
    "braintrust": frozenset({"project", "project-id", "api-url", "app-url", "org-name"}),
    "mlflow": frozenset({"tracking-uri", "registry-uri"}),
    "opik": frozenset({"project", "url", "workspace"}),
}
MAX_ALIAS = 255
ALIAS_RULE = f"1 to {MAX_ALIAS} characters that can be shown, with no space at either end"

_COMMON_OPTIONS = frozenset({"kind", "alias", "prompts"})
_SECRET_WORDS = ("apikey", "token", "secret", "password", "credential")
# What gives a secret away: before the host, in HTTP also without a name, or in the query.
_TELLING = (
    r"(?i)://[^/@\s]*:[^/@\s]+@|https?://[^/@\s]+@|"
    r"[?&]\w*(password|token|secret|api[-_]?key)\w*="
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryConfig:
    """One `[registries.NAME]` table. `prompts` narrows it to some roots; None means all."""

    name: str
    kind: str
    alias: str | None = None
    prompts: tuple[str, ...] | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def read_registry(name: str, value: object, file: str) -> RegistryConfig:
    """Check one registry's table, as a configuration or a bundle has it. Raises ConfigError."""
    where = f"{file}: registries.{name}"
    table = mapping(value, where)
    _refuse_secrets(table, where)
    kind = _read_kind(table, where)
    refuse_unknown(table, _COMMON_OPTIONS | OPTIONS_BY_KIND[kind], where)
    roots = table.get("prompts")
    return RegistryConfig(
        name=name,
        kind=kind,
        alias=_read_alias(table, kind, where),
        prompts=None if roots is None else read_roots(roots, f"{where}: prompts"),
        options={
            key: _text(table[key], f"{where}: {key}")
            for key in table
            if key in OPTIONS_BY_KIND[kind]
        },
    )


def _refuse_secrets(table: Mapping[str, object], where: str) -> None:
    for key, value in table.items():
        if _names_a_secret(key) or (isinstance(value, str) and _holds_a_secret(value)):
            raise ConfigError(
                f"{where}: `{key}` holds a secret, and this file is committed",
                hint="secrets come from the environment: BRAINTRUST_API_KEY, OPIK_API_KEY, "
                "MLFLOW_TRACKING_PASSWORD, or PGPASSWORD for PostgreSQL",
            )


def _read_kind(table: Mapping[str, object], where: str) -> str:
    kind = table.get("kind")
    if not isinstance(kind, str) or kind not in OPTIONS_BY_KIND:
        known = ", ".join(f"`{each}`" for each in OPTIONS_BY_KIND)
        raise ConfigError(f"{where}: `kind` must be one of {known}, not `{kind}`")
    return kind


def _read_alias(table: Mapping[str, Any], kind: str, where: str) -> str | None:
    alias = optional_text(table, "alias", where)
    if alias is not None and not is_alias(alias):
        raise ConfigError(f"{where}: alias: must be {ALIAS_RULE}")
    if alias and kind == "mlflow" and _is_reserved_by_mlflow(alias):
        raise ConfigError(
            f"{where}: `{kind}` reserves the alias `{alias}` for itself",
            hint="choose another word, such as `production`; without an alias the latest is read",
        )
    return alias


def is_alias(text: str) -> bool:
    """Tell whether an alias may have this name; services have stricter rules of their own."""
    return 0 < len(text) <= MAX_ALIAS and text.isprintable() and text == text.strip()


def _names_a_secret(key: str) -> bool:
    plain = key.lower().replace("-", "").replace("_", "")
    return any(word in plain for word in _SECRET_WORDS)


def _holds_a_secret(value: str) -> bool:
    if not any(sign in value for sign in "@?&"):
        return False
    import re  # compiling the pattern costs 1 ms, and few values need it

    return re.search(_TELLING, value) is not None


def _is_reserved_by_mlflow(alias: str) -> bool:
    """Tell whether MLflow keeps an alias for the newest version, or for one by its number."""
    word = alias.lower()
    number = word.removeprefix("v")
    return word == "latest" or (number != word and number.isascii() and number.isdigit())


def read_roots(value: object, where: str) -> tuple[str, ...]:
    """Return prompt roots, each once, relative and with `/`. Raises ConfigError."""
    if not isinstance(value, list) or not value:
        raise ConfigError(f'{where}: must be a list of folders, such as `["prompts"]`')
    roots = tuple(dict.fromkeys(_root(each, where) for each in value))
    for root in roots:
        inner = (each for each in roots if each != root and not is_catalog_file(each))
        if any(root == "." or each.startswith(f"{root}/") for each in inner):
            raise ConfigError(
                f"{where}: one root lies inside `{root}`, so its prompts have two names"
            )
    return roots


def _root(value: object, where: str) -> str:
    text = _text(value, where)
    steps = text.split("/")
    has_drive = text[:1].isalpha() and text[1:2] == ":"
    if text.startswith("/") or ".." in steps or has_drive:
        raise ConfigError(f"{where}: `{text}` leaves the folder of the configuration")
    if "\\" in text:
        raise ConfigError(f"{where}: write `/` between folders in `{text}`")
    return "/".join(step for step in steps if step not in ("", ".")) or "."


def mapping(value: object, where: str) -> Mapping[str, Any]:
    """Return a value that has to be a table. Raises ConfigError."""
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: must be a table")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{where}: must be text")
    return value


def optional_text(table: Mapping[str, Any], key: str, where: str) -> str | None:
    """Return a text, None where the key is absent. Raises ConfigError."""
    return _text(table[key], f"{where}: {key}") if key in table else None


def refuse_unknown(table: Mapping[str, Any], known: set[str] | frozenset[str], where: str) -> None:
    """Raise ConfigError, with the nearest known key, for a key that is not known."""
    for key in table:
        if key not in known:
            import difflib  # only for those who misspell

            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(sorted(known))}"
            raise ConfigError(f"{where}: unknown key `{key}`", hint=hint)
