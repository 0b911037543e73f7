"""What `init` writes into a repository, as texts made from texts. Nothing here reads a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from promptsync.errors import UsageError

IGNORED = ".promptsync/"
_IGNORED_ALREADY = frozenset({".promptsync", ".promptsync/", "/.promptsync", "/.promptsync/"})

SECTION_BEGIN = "<!-- promptsync:begin, kept up to date by `promptsync init --agents` -->"
SECTION_END = "<!-- promptsync:end -->"
_SECTION = re.compile(r"<!-- promptsync:begin\b.*?<!-- promptsync:end -->", re.DOTALL)

_HOOK_ID = "promptsync-verify"


@dataclass(frozen=True, slots=True)
class RegistryChoice:
    """The registry to set up: its kind, and the options of its table."""

    kind: str
    options: Mapping[str, str] = field(default_factory=dict)


# What a table does not hold, because it is committed.
_SECRETS = {
    "braintrust": ["The key comes from the environment: BRAINTRUST_API_KEY."],
    "mlflow": [
        "A login comes from the environment: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME",
        "and MLFLOW_TRACKING_PASSWORD. MLFLOW_TRACKING_URI beats `tracking-uri`.",
    ],
    "opik": [
        "The key comes from the environment: OPIK_API_KEY. OPIK_URL_OVERRIDE beats `url`, and",
        "OPIK_WORKSPACE `workspace`.",
    ],
}


def config_text(*, prompts: Sequence[str], registry: RegistryChoice) -> str:
    """Return a promptsync.toml with one registry."""
    name = "local" if registry.kind == "local" else "production"
    lines = [f"prompts = [{', '.join(map(_toml_text, prompts))}]", ""]
    lines += [f"# {line}" for line in _SECRETS.get(registry.kind, ())]
    lines += [f"[registries.{name}]", f"kind = {_toml_text(registry.kind)}"]
    lines += [f"{key} = {_toml_text(value)}" for key, value in registry.options.items()]
    return "\n".join([*lines, ""])


def variables_of(registry: RegistryChoice) -> tuple[str, ...]:
    """Return the environment variables that say what the table of a registry does not."""
    match registry.kind:
        case "braintrust":
            return ("BRAINTRUST_API_KEY",)
        case "mlflow":
            address = () if "tracking-uri" in registry.options else ("MLFLOW_TRACKING_URI",)
            login = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD")
            return (*address, *login, "MLFLOW_TRACKING_TOKEN")
        case "opik":
            workspace = () if "workspace" in registry.options else ("OPIK_WORKSPACE",)
            address = () if "url" in registry.options else ("OPIK_URL_OVERRIDE",)
            return ("OPIK_API_KEY", *workspace, *address)
        case _:
            return ("PGPASSWORD",)


def _toml_text(text: str) -> str:
    # JSON's escapes are among those of TOML.
    return json.dumps(text, ensure_ascii=False)


def with_ignored_folder(text: str) -> str:
    """Return a .gitignore that leaves out the local registry."""
    if _IGNORED_ALREADY & {line.strip() for line in text.splitlines()}:
        return text
    return _joined(text, ["# The local registry of promptsync", IGNORED])


def with_values(template: str, values: Mapping[str, str]) -> str:
    """Return a YAML template in which each `@NAME@`, always inside of quotes, has its value."""
    escaped = {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in values.items()}
    return re.sub("@([A-Z]+)@", lambda found: escaped[found[1]], template)


def with_secrets(template: str, names: Iterable[str]) -> str:
    """Return a template in which each line with `@SECRET@` is there once for each secret."""
    names = list(names)
    lines = [
        line.replace("@SECRET@", name)
        for line in template.splitlines(keepends=True)
        for name in (names if "@SECRET@" in line else [""])
    ]
    return "".join(lines)


def with_section(text: str, section: str) -> str:
    """Return a text in which a marked section is added, or replaced where it stands."""
    end = _line_end(text)
    marked = end.join([SECTION_BEGIN, *section.strip().splitlines(), SECTION_END])
    if _SECTION.search(text):
        return _SECTION.sub(lambda _: marked, text, count=1)
    return _joined(text, marked.splitlines())


def with_pre_commit_hook(text: str, *, folder: str = ".") -> str:
    """Return a .pre-commit-config.yaml that runs the check of the staged prompts.

    Everything else in it stays as it is, comments included. Raises UsageError for a file whose
    list of repositories cannot be told apart.
    """
    if not text.strip():
        return _joined("", ["repos:", *_hook_entry("  ", folder)])
    before = _pre_commit_repos(text)
    if any(_has_hook(repo) for repo in before):
        return text
    node = _repos_node(text)
    if node is None or node.flow_style or not node.value:
        raise _by_hand(folder)
    lines = text.splitlines()
    last = _last_line_of(node.value[-1], lines)
    indent = " " * node.start_mark.column
    lines[last + 1 : last + 1] = _hook_entry(indent, folder)
    merged = _line_end(text).join([*lines, ""])
    if _pre_commit_repos(merged)[:-1] != before:
        raise _by_hand(folder)
    return merged


def _hook_entry(indent: str, folder: str) -> list[str]:
    command = "promptsync verify --staged"
    if folder != ".":
        command = json.dumps(f"sh -c \"cd '{folder}' && {command}\"")
    return [
        f"{indent}- repo: local",
        f"{indent}  hooks:",
        f"{indent}    - id: {_HOOK_ID}",
        f"{indent}      name: promptsync verify",
        f"{indent}      entry: {command}",
        f"{indent}      language: system",
        f"{indent}      pass_filenames: false",
        f"{indent}      always_run: true",
    ]


def _pre_commit_repos(text: str) -> list[object]:
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError("`.pre-commit-config.yaml` is not valid YAML; it is unchanged") from error
    repos = document.get("repos") if isinstance(document, dict) else None
    return repos if isinstance(repos, list) else []


def _has_hook(repo: object) -> bool:
    hooks = repo.get("hooks") if isinstance(repo, dict) else None
    ids = [hook.get("id") for hook in hooks or () if isinstance(hook, dict)]
    return any(isinstance(each, str) and each.startswith("promptsync-verify") for each in ids)


def _repos_node(text: str) -> yaml.SequenceNode | None:
    document = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(document, yaml.MappingNode) or document.flow_style:
        return None
    found = (value for key, value in document.value if key.value == "repos")
    node = next(found, None)
    return node if isinstance(node, yaml.SequenceNode) else None


def _last_line_of(node: yaml.Node, lines: Sequence[str]) -> int:
    """Return the last line that belongs to a node; its end mark stands where the next begins."""
    last = node.end_mark.line - (node.end_mark.column == 0)
    while last > node.start_mark.line and _is_empty(lines[min(last, len(lines) - 1)]):
        last -= 1
    return min(last, len(lines) - 1)


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _by_hand(folder: str) -> UsageError:
    entry = "\n".join(_hook_entry("  ", folder))
    return UsageError(
        "`.pre-commit-config.yaml` is written in a way that cannot be added to; it is unchanged",
        hint=f"add this below `repos:`\n\n{entry}",
    )


def _joined(text: str, lines: Iterable[str]) -> str:
    """Append lines after a blank one, with the line ends of the text."""
    end = _line_end(text)
    start = text if not text or text.endswith("\n") else text + end
    gap = end if start else ""
    return start + gap + end.join([*lines, ""])


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
