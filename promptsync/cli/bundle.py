"""`promptsync bundle`: write all prompts into one file, for images without git."""

from __future__ import annotations

from pathlib import Path

import click

from promptsync import git, git_objects, git_settings
from promptsync.bundle import FILE_NAME, Bundle, save_bundle, write_bundle
from promptsync.catalog import Catalog
from promptsync.cli.options import cli_command, quiet_option, registry_option
from promptsync.cli.output import show
from promptsync.cli.session import valid_catalog
from promptsync.cli.talk import say
from promptsync.workspace import Workspace, open_workspace

STDOUT = "-"


@cli_command()
@registry_option
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    default=FILE_NAME,
    show_default=True,
    help="Where to write it; `-` is stdout.",
)
@click.option("--rev", metavar="REV", help="Take the files of this commit.")
@quiet_option
def command(*, registry: str | None, output: str, rev: str | None, quiet: bool) -> int:
    """Write prompts, their hashes and their commit into one file."""
    workspace = open_workspace(Path.cwd(), registry)
    catalog = valid_catalog(workspace, revision=rev)
    bundle = make_bundle(workspace, catalog, rev)
    if output == STDOUT:
        show(write_bundle(bundle))
        return 0
    save_bundle(Path.cwd() / output, bundle)
    if not quiet:
        count = len(bundle.prompts)
        say(f"Wrote {count} prompt{'s' * (count != 1)} of {_origin(bundle)} to `{output}`")
    return 0


def make_bundle(workspace: Workspace, catalog: Catalog, revision: str | None) -> Bundle:
    """Return the bundle of a catalog that was read from the work tree or from a commit."""
    repository = workspace.repository
    return Bundle(
        registry=workspace.registry,
        prompts=tuple(catalog.prompts[name] for name in sorted(catalog.prompts)),
        commit=_commit(workspace, catalog, revision),
        repository=git_settings.remote_url(repository) if repository else None,
        created_from="commit" if revision else "work_tree",
    )


def _commit(workspace: Workspace, catalog: Catalog, revision: str | None) -> str | None:
    """Return the commit that holds exactly these prompt files, None where none does."""
    repository = workspace.repository
    if repository is None:
        return None
    if revision is not None:
        return git.require_commit(repository, revision)
    head = git.head(repository)
    if head is None:
        return None
    committed = git_objects.list_tree(repository, head, workspace.roots.paths)
    paths = {each.path for each in committed if workspace.roots.holds(each.path)}
    paths |= {each.file for each in catalog.files.values()}
    return None if git.uncommitted_paths(repository, sorted(paths)) else head


def _origin(bundle: Bundle) -> str:
    return f"commit {bundle.commit[:12]}" if bundle.commit else "files that no commit holds"
