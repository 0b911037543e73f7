"""`promptsync hook`: a plain git pre-commit hook, where pre-commit is not used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from promptsync import git, git_hook
from promptsync.cli.errors import printable
from promptsync.cli.options import alias_option, cli_command, registry_option
from promptsync.cli.talk import say
from promptsync.git_hook import Change, HookFiles
from promptsync.workspace import Workspace, open_workspace


@click.group()
def command() -> None:
    """Check the staged prompts before each commit with a git hook."""


@command.command("install", cls=cli_command.keywords["cls"])
@registry_option
@alias_option
@click.option(
    "--uploaded", is_flag=True, help="Any version with the content is enough, for branches."
)
@click.option(
    "--allow-unreachable",
    is_flag=True,
    help="Warn, and let the commit pass, when the registry cannot be asked.",
)
def install(
    *, registry: str | None, alias: str | None, uploaded: bool, allow_unreachable: bool
) -> int:
    """Make git check the staged prompts before each commit; an existing hook runs first."""
    arguments = hook_arguments(
        registry=registry, alias=alias, uploaded=uploaded, allow_unreachable=allow_unreachable
    )
    show(*install_hook(open_workspace(Path.cwd(), registry), arguments))
    return 0


@command.command("uninstall", cls=cli_command.keywords["cls"])
def uninstall() -> int:
    """Take the hook away and put back what was there before."""
    change, files = git_hook.uninstall(git.find_repository(Path.cwd()))
    if change is Change.UNCHANGED:
        say("promptsync's hook is not installed; nothing was changed")
    else:
        show(change, files)
    return 0


def install_hook(workspace: Workspace, arguments: Sequence[str]) -> tuple[Change, HookFiles]:
    """Install the hook so that it finds the configuration from the top of the repository."""
    repository = workspace.require_repository()
    folder = workspace.config.root.resolve().relative_to(repository.top.resolve())
    return git_hook.install(repository, arguments, folder=folder.as_posix())


def hook_arguments(
    *,
    registry: str | None = None,
    alias: str | None = None,
    uploaded: bool = False,
    allow_unreachable: bool = False,
) -> list[str]:
    """Return the command line that the hook runs."""
    arguments = ["verify", "--staged", "--quiet"]
    arguments += ["--registry", registry] if registry else []
    arguments += ["--alias", alias] if alias else []
    arguments += ["--uploaded"] if uploaded else []
    arguments += ["--allow-unreachable"] if allow_unreachable else []
    return arguments


_SENTENCES = {
    Change.INSTALLED: "installed {hook}: a commit that changes prompts needs them in the registry",
    Change.UPDATED: "updated {hook}",
    Change.UNCHANGED: "{hook} is installed already",
    Change.REMOVED: "removed {hook}",
    Change.RESTORED: "restored {hook} to what it was before",
}


def show(change: Change, files: HookFiles) -> None:
    """Say what happened to the hook."""
    click.echo(printable(_SENTENCES[change].format(hook=shown(files.hook))))
    if change in (Change.INSTALLED, Change.UPDATED) and files.kept.exists():
        click.echo(printable(f"the hook from before runs first, as {shown(files.kept)}"))


def shown(path: Path) -> str:
    """Return a path as people write it, relative where that is shorter."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
