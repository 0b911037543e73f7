"""The files that `init` wants in a repository, and what becomes of each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from promptsync import git_settings, scaffold, templates
from promptsync.config import Config, RegistryConfig
from promptsync.errors import UsageError
from promptsync.file_writer import write_text
from promptsync.git import Repository
from promptsync.starters import Starter

PRE_COMMIT_CONFIG = ".pre-commit-config.yaml"


WORKFLOWS = ("promptsync-pull-request.yml", "promptsync-upload.yml", "promptsync-drift.yml")


class Outcome(StrEnum):
    """What became of a file."""

    WROTE = "wrote"
    UPDATED = "updated"
    KEPT = "kept"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file by its path from the top of the repository, and the text it should have.

    `adds` is true for a text made from the one that is there, which loses nothing.
    """

    path: str
    text: str
    adds: bool = False


def starter_files(starters: Sequence[Starter], root: str) -> Iterator[WantedFile]:
    """Yield the starter prompts and their partials, each file once."""
    texts = {name: text for starter in starters for name, text in starter.texts.items()}
    for name, text in texts.items():
        yield WantedFile((PurePosixPath(root) / f"{name}.md").as_posix(), text)


def gitignore(top: Path) -> WantedFile:
    """Return the .gitignore that leaves out the local registry."""
    text = scaffold.with_ignored_folder(read_text(top, ".gitignore"))
    return WantedFile(".gitignore", text, adds=True)


def pre_commit_config(top: Path, folder: str) -> WantedFile:
    """Return the configuration of pre-commit with our hook in it."""
    before = read_text(top, PRE_COMMIT_CONFIG)
    text = scaffold.with_pre_commit_hook(before, folder=folder)
    return WantedFile(PRE_COMMIT_CONFIG, text, adds=True)


def github_files(repository: Repository, config: Config) -> Iterator[WantedFile]:
    """Yield the action and the workflows that use it."""
    values = {
        "BRANCH": git_settings.default_branch(repository),
        "FOLDER": relative_folder(repository, config),
        "VERSION": version("promptsync"),
    }
    # A copy: an action of another repository would have to be trusted, and pinned, separately.
    yield WantedFile(".github/actions/promptsync/action.yml", templates.read("github/action.yml"))
    for name in WORKFLOWS:
        template = scaffold.with_secrets(templates.read(f"github/{name}"), secrets_of(config))
        text = scaffold.with_values(template, values)
        yield WantedFile(f".github/workflows/{name}", text)


def secrets_of(config: Config) -> tuple[str, ...]:
    """Return the variables that let one into the registry; a service may need only some."""
    registry = config.registry()
    return scaffold.variables_of(scaffold.RegistryChoice(registry.kind, registry.options))


def relative_folder(repository: Repository, config: Config) -> str:
    """Return where the configuration is, from the top of the repository."""
    return config.root.resolve().relative_to(repository.top.resolve()).as_posix()


def agent_files(top: Path, config: Config) -> Iterator[WantedFile]:
    """Yield AGENTS.md, and CLAUDE.md where there is one that does not take AGENTS.md in."""
    section = _section(config)
    yield WantedFile(
        "AGENTS.md", scaffold.with_section(read_text(top, "AGENTS.md"), section), adds=True
    )
    other = top / "CLAUDE.md"
    if not other.is_file() or other.is_symlink():
        return
    text = read_text(top, "CLAUDE.md")
    if "@AGENTS.md" not in text:
        yield WantedFile("CLAUDE.md", scaffold.with_section(text, section), adds=True)


def _section(config: Config) -> str:
    registry = config.registry()
    roots = ", ".join(f"`{root}/`" for root in config.roots(registry))
    return (
        templates.read("agents.md")
        .replace("@ROOTS@", roots)
        .replace("@REGISTRY@", _description(registry))
    )


def _description(registry: RegistryConfig) -> str:
    service = {"braintrust": "Braintrust", "opik": "Opik"}.get(registry.kind)
    project = registry.options.get("project")
    if service is not None and project is not None:
        return f"{service}, project `{project}`"
    if registry.kind == "mlflow" and (address := registry.options.get("tracking-uri")):
        return f"MLflow at `{address}`"
    return f"`{registry.name}` in the configuration"


def put(top: Path, file: WantedFile, *, may_replace: Callable[[str], bool]) -> Outcome:
    """Write one file; one that differs is only replaced where `may_replace` agrees."""
    path = top / file.path
    before = read_text(top, file.path) if path.exists() else None
    if before == file.text:
        return Outcome.UNCHANGED
    if before is not None and not file.adds and not may_replace(file.path):
        return Outcome.KEPT
    write_text(top, file.path, file.text)
    return Outcome.WROTE if before is None else Outcome.UPDATED


def read_text(top: Path, path: str) -> str:
    """Return the text of a file with its line ends, empty when there is none.

    Raises UsageError for a file that is no UTF-8 text.
    """
    try:
        return (top / path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"`{path}` cannot be read as UTF-8 text; it is unchanged") from error
