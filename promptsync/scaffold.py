"""What `init` writes into a repository, as texts made from texts. Nothing here reads a file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

import yaml

from promptsync.errors import UsageError

IGNORED = ".promptsync/"
_IGNORED_ALREADY = frozenset({".promptsync", ".promptsync/", "/.promptsync", "/.promptsync/"})

SECTION_BEGIN = "<!-- promptsync:begin, kept up to date by `promptsync init --agents` -->"
SECTION_END = "<!-- promptsync:end -->"
_SECTION = re.compile(r"<!-- promptsync:begin\b.*?<!-- promptsync:end -->", re.DOTALL)

_HOOK_ID = "promptsync-verify"


def config_text(*, prompts: Sequence[str], project: str | None) -> str:
    """Return a promptsync.toml: a Braintrust project, or the embedded registry for None."""
    lines = [f"prompts = [{', '.join(map(_toml_text, prompts))}]", ""]
    if project is None:
        return "\n".join([*lines, "[registries.local]", 'kind = "local"', ""])
    lines += ["# The key comes from the environment: BRAINTRUST_API_KEY."]
    lines += ["[registries.production]", 'kind = "braintrust"', f"project = {_toml_text(project)}"]
    return "\n".join([*lines, ""])


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
