"""`promptsync hook`: a plain git pre-commit hook, where pre-commit is not used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import click

from promptsync import git, git_hook
from promptsync.cli.errors import printable, reports_errors
from promptsync.cli.options import Alias, RegistryName
from promptsync.cli.talk import say
from promptsync.git_hook import Change, HookFiles

command = typer.Typer(
    no_args_is_help=True,
    help="Check the staged prompts before each commit, with a plain git hook.",
)


def install(
    registry: RegistryName = None,
    alias: Alias = None,
    uploaded: Annotated[
        bool,
        typer.Option("--uploaded", help="Any version with the content is enough, for branches."),
    ] = False,
    allow_unreachable: Annotated[
        bool,
        typer.Option(
            "--allow-unreachable",
            help="Warn instead of stopping when the registry cannot be asked.",
        ),
    ] = False,
) -> int:
    """Make git check the staged prompts before each commit; an existing hook runs first."""
    change, files = install_hook(
        Path.cwd(),
        registry=registry,
        alias=alias,
        uploaded=uploaded,
        allow_unreachable=allow_unreachable,
    )
    show(change, files)
    if change is not Change.UNCHANGED:
        say("\nhint: a commit that changes prompts now needs them in the registry: run")
        say("  `promptsync upload` before it, or `git commit --no-verify` to skip the check")
    return 0


def uninstall() -> int:
    """Take the hook away and put back what was there before."""
    change, files = git_hook.uninstall(git.find_repository(Path.cwd()))
    if change is Change.UNCHANGED:
        say("promptsync's hook is not installed; nothing was changed")
    else:
        show(change, files)
    return 0


def install_hook(
    folder: Path,
    *,
    registry: str | None = None,
    alias: str | None = None,
    uploaded: bool = False,
    allow_unreachable: bool = False,
) -> tuple[Change, HookFiles]:
    """Install the hook of the repository around a folder, with the options it checks by."""
    arguments = ["verify", "--staged", "--quiet"]
    arguments += ["--registry", registry] if registry else []
    arguments += ["--alias", alias] if alias else []
    arguments += ["--uploaded"] if uploaded else []
    arguments += ["--allow-unreachable"] if allow_unreachable else []
    return git_hook.install(git.find_repository(folder), arguments)


_SENTENCES = {
    Change.INSTALLED: "installed {hook}",
    Change.UPDATED: "updated {hook}",
    Change.UNCHANGED: "{hook} is installed already",
    Change.REMOVED: "removed {hook}",
    Change.RESTORED: "restored the hook that {hook} was before",
}


def show(change: Change, files: HookFiles) -> None:
    """Say what happened to the hook."""
    click.echo(printable(_SENTENCES[change].format(hook=shown(files.hook))))
    if change in (Change.INSTALLED, Change.UPDATED) and files.kept.exists():
        click.echo(printable(f"the hook from before runs first: {shown(files.kept)}"))


def shown(path: Path) -> str:
    """Return a path as people write it, relative where that is shorter."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


command.command("install")(reports_errors(install))
command.command("uninstall")(reports_errors(uninstall))
