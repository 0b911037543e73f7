"""`promptsync init`: set up a repository, asking for what no option says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from promptsync import git, git_hook, scaffold
from promptsync.cli.errors import printable
from promptsync.cli.hook import hook_arguments, install_hook, show
from promptsync.cli.init_choices import (
    KINDS,
    NO_STARTER,
    Asked,
    HookKind,
    decide_hook,
    decide_registry,
    decide_starters,
    decide_workflows,
)
from promptsync.cli.init_files import (
    PRE_COMMIT_CONFIG,
    Outcome,
    WantedFile,
    agent_files,
    github_files,
    gitignore,
    pre_commit_config,
    put,
    read_text,
    relative_folder,
    secrets_of,
    starter_files,
)
from promptsync.cli.options import cli_command
from promptsync.config import FILE_NAME, Config, RegistryConfig, load_config, parse_config
from promptsync.errors import UsageError
from promptsync.git import Repository
from promptsync.prompt_roots import find_roots
from promptsync.prompt_sources import in_work_tree
from promptsync.starters import Starter, read_starters
from promptsync.workspace import open_workspace

FIRST_STARTER = "summarise"


@cli_command()
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    metavar="KIND",
    help="The registry: local (the default), braintrust, mlflow or opik.",
)
@click.option(
    "--project", metavar="NAME", help="The project of Braintrust, or of Opik with `--kind opik`."
)
@click.option("--url", metavar="URL", help="The address of MLflow, or of your own Opik.")
@click.option("--prompts", multiple=True, metavar="FOLDER", help="A folder of prompt files.")
@click.option(
    "--starter",
    multiple=True,
    metavar="NAME",
    help="An example to start from; `list` shows them, `none` takes none.",
)
@click.option(
    "--hook",
    type=click.Choice([each.value for each in HookKind]),
    callback=lambda _, __, value: value and HookKind(value),
    help="Check staged prompts with a plain git hook, with pre-commit, or not at all.",
)
@click.option(
    "--workflows/--no-workflows",
    default=None,
    help="Check, upload and watch for drift in GitHub Actions, or not.",
)
@click.option("--agents", is_flag=True, help="Tell coding agents in AGENTS.md how prompts change.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing; do what is usual.")
@click.option("--force", is_flag=True, help="Replace files that differ.")
def command(
    *,
    kind: str | None,
    project: str | None,
    url: str | None,
    prompts: tuple[str, ...],
    starter: tuple[str, ...],
    hook: HookKind | None,
    workflows: bool | None,
    agents: bool,
    yes: bool,
    force: bool,
) -> int:
    """Set up this repository: configuration, a prompt, and checks."""
    known = read_starters()
    if "list" in starter:
        _list_starters(known.values())
        return 0
    repository = git.find_repository(Path.cwd())
    if not yes and not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask on; nothing was done",
            hint="`--yes` does what is usual, and options say what else: `promptsync init --help`",
        )
    asked = Asked(
        kind=kind,
        project=project,
        url=url,
        prompts=prompts,
        starters=starter,
        hook=hook,
        workflows=workflows,
        agents=agents,
    )
    _set_up(repository, asked, known, ask=not yes, force=force)
    return 0


def _list_starters(starters: Iterable[Starter]) -> None:
    for starter in starters:
        click.echo(f"{starter.name:14}{starter.title}")


def _set_up(
    repository: Repository,
    asked: Asked,
    known: Mapping[str, Starter],
    *,
    ask: bool,
    force: bool,
) -> None:
    """Ask everything, then write everything: an answer of no leaves nothing half done."""

    def may_replace(path: str) -> bool:
        return force or (ask and click.confirm(f"Replace {path}?", err=True))

    top = repository.top
    config, files = _decide_config(top, asked, may_replace, ask=ask)
    roots = find_roots(top, config.root, config.prompts)
    usual = NO_STARTER if any(in_work_tree(roots)) else FIRST_STARTER
    names = decide_starters(asked, list(known), usual, ask=ask)
    hook = decide_hook(asked, _usual_hook(repository), ask=ask)
    # A registry that is a file on this machine is out of reach for GitHub.
    is_remote = _is_remote(config.registry())
    workflows = decide_workflows(asked, is_remote, ask=ask)
    if names:
        files += starter_files([known[name] for name in names], roots.require_folder())
    files.append(gitignore(top))
    if hook is HookKind.PRE_COMMIT:
        files.append(pre_commit_config(top, relative_folder(repository, config)))
    if workflows:
        files += github_files(repository, config)
    if asked.agents:
        files += agent_files(top, config)
    outcomes = [(file.path, put(top, file, may_replace=may_replace)) for file in files]
    _show_files(outcomes)
    installed = hook is HookKind.GIT and _install_hook(repository)
    if not installed and all(outcome is Outcome.UNCHANGED for _, outcome in outcomes):
        click.echo("everything is in place already")
    has_prompts = any(in_work_tree(roots))
    _show_next(config, hook, has_prompts=has_prompts, workflows=workflows)


def _decide_config(
    top: Path, asked: Asked, may_replace: Callable[[str], bool], *, ask: bool
) -> tuple[Config, list[WantedFile]]:
    """Return the configuration to go by, and its file where that is to be written."""
    existing = load_config(Path.cwd())
    says_nothing = not (asked.kind or asked.project or asked.url or asked.prompts)
    if existing.file is not None and (says_nothing or existing.file.name != FILE_NAME):
        return existing, []
    registry, prompts = decide_registry(asked, ask=ask and existing.file is None)
    file = existing.file or top / FILE_NAME
    text = scaffold.config_text(prompts=prompts, registry=registry)
    config, path = parse_config(text, file), file.relative_to(top).as_posix()
    if existing.file is None:
        return config, [WantedFile(path, text)]
    if read_text(top, path) == text or may_replace(path):
        return config, [WantedFile(path, text, adds=True)]
    _show_files([(path, Outcome.KEPT)])
    return existing, []


def _usual_hook(repository: Repository) -> HookKind:
    if (repository.top / PRE_COMMIT_CONFIG).exists():
        return HookKind.PRE_COMMIT
    try:
        git_hook.find_hook_files(repository)
    except UsageError:
        return HookKind.NONE  # hooks that all repositories of this person share
    return HookKind.GIT


def _install_hook(repository: Repository) -> bool:
    # One that is there already may have been installed with other options.
    if git_hook.is_installed(repository):
        return False
    change, files = install_hook(open_workspace(Path.cwd()), hook_arguments())
    show(change, files)
    return True


def _show_files(outcomes: Iterable[tuple[str, Outcome]]) -> None:
    for path, outcome in outcomes:
        if outcome is Outcome.KEPT:
            click.echo(printable(f"kept     {path} as it is; `--force` replaces it"))
        elif outcome is not Outcome.UNCHANGED:
            click.echo(printable(f"{outcome.value:8} {path}"))


def _show_next(config: Config, hook: HookKind, *, has_prompts: bool, workflows: bool) -> None:
    click.echo("\nnext:")
    for line in _next_steps(config, hook, has_prompts=has_prompts, workflows=workflows):
        click.echo(f"  {line}")


def _next_steps(
    config: Config, hook: HookKind, *, has_prompts: bool, workflows: bool
) -> Iterator[str]:
    if not has_prompts:
        yield f"write your first prompt, such as {config.prompts[0]}/greeting.md"
    yield from (f"export {name}=…" for name in _needed_here(config.registry()))
    if hook is HookKind.PRE_COMMIT:
        yield "pre-commit install"
    yield "promptsync upload"
    if workflows:
        secrets = secrets_of(config)
        if len(secrets) == 1:
            yield f"on GitHub, add the secret {secrets[0]}, and in Settings > Actions > General"
        else:
            yield "on GitHub, add those of these secrets that your server needs:"
            yield from (f"    {name}" for name in secrets)
            yield "  and in Settings > Actions > General"
        yield "  allow GitHub Actions to create and approve pull requests"


def _needed_here(registry: RegistryConfig) -> Sequence[str]:
    """Return the variables without which nothing can be uploaded from here."""
    match registry.kind:
        case "braintrust":
            return ["BRAINTRUST_API_KEY"]
        case "mlflow" if "tracking-uri" not in registry.options:
            return ["MLFLOW_TRACKING_URI"]
        case "opik" if "url" not in registry.options:
            return ["OPIK_API_KEY"]
        case _:
            return []


def _is_remote(registry: RegistryConfig) -> bool:
    address = registry.options.get("tracking-uri") or registry.options.get("url") or ""
    is_here = re.match(r"\w+://(localhost|127\.0\.0\.1|\[::1\])([:/]|$)", address)
    return registry.kind != "local" and not is_here
