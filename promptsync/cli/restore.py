"""`promptsync restore`: put an older version's content back into the prompt file."""

from __future__ import annotations

from collections.abc import Sequence

import click

from promptsync import git
from promptsync.catalog import select
from promptsync.cli.history import find_versions
from promptsync.cli.next_command import Given
from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    format_option,
    name_argument,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render_json import to_json
from promptsync.cli.safe_text import printable, shown_name
from promptsync.cli.session import Session, open_session, valid_catalog
from promptsync.cli.talk import say
from promptsync.content_hash import short_hash
from promptsync.errors import UsageError
from promptsync.promotion_plan import versions_named
from promptsync.prompt_file import update_text
from promptsync.prompt_writer import current_text, write_prompt
from promptsync.remote_edit import as_file_prompt
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt
from promptsync.upload_log import append_to_log


@cli_command()
@name_argument
@click.argument("version")
@registry_option
@format_option(*TABLE_FORMATS)
@click.option("--force", is_flag=True, help="Overwrite uncommitted changes.")
def command(*, name: str, version: str, registry: str | None, format_: Format, force: bool) -> int:
    """Write an older version into the prompt file.

    The registry stays as it is. VERSION is one that `promptsync history` lists, or the first 6
    digits or more of its hash.
    """
    given = Given(registry=registry)
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        (chosen,) = select(catalog, [name])
        local = catalog.prompts[chosen]
        if not force:
            _refuse_uncommitted(session, local)
        versions = find_versions(session, catalog, chosen)
        remote = version_named(versions, version, chosen)
        has_changed = _write(session, local, remote)
    if format_ is Format.JSON:
        show(to_json(_document(local, remote, has_changed=has_changed)))
        return 0
    version = f"version {remote.version} ({short_hash(remote.content_hash)})"
    if not has_changed:
        show(printable(f"{local.path} says the same as {version} already\n"))
        return 0
    show(printable(f"wrote {local.path} as of {version}\n"))
    option = " --force" if _undoes_an_edit(remote, versions[0]) else ""
    next_command = given.repeated(f"promptsync upload{option} {chosen}")
    say(f"\nhint: `git diff` shows it; commit, then `{next_command}`")
    return 0


def _refuse_uncommitted(session: Session, local: LocalPrompt) -> None:
    if git.uncommitted_paths(session.workspace.require_repository(), [local.file]):
        raise UsageError(
            f"`{local.file}` has uncommitted changes",
            hint="commit or stash them; `--force` overwrites them",
        )


def version_named(versions: Sequence[RemotePrompt], wanted: str, name: str) -> RemotePrompt:
    """Return the version that a person named, by its number or its hash. Raises UsageError."""
    found = versions_named(versions, wanted)
    if not found:
        raise UsageError(
            f"`{name}` has no version `{shown_name(wanted)}`",
            hint=f"`promptsync history {name}` lists them",
        )
    if len({each.content_hash for each in found}) > 1:
        raise UsageError(
            f"`{shown_name(wanted)}` is the beginning of several hashes of `{name}`",
            hint=f"give more digits; `promptsync history {name}` lists them",
        )
    return found[0]


def _write(session: Session, local: LocalPrompt, remote: RemotePrompt) -> bool:
    """Write the file and tell whether that changed it."""
    roots = session.workspace.roots
    text = current_text(roots, local)
    prompt = as_file_prompt(local, remote, session.registry.kind)
    path_name = roots.name_of(local.path) or local.prompt.name
    restored = update_text(text, prompt, path=local.path, path_name=path_name)
    if restored == text:
        return False
    write_prompt(roots, local, restored)
    entry = (remote.name, remote.content_hash, remote.stamped_hash)
    folder, replaced = session.workspace.state_folder, local.content_hash
    append_to_log(folder, session.name, "restore", entry, replaced=replaced)
    return True


def _undoes_an_edit(remote: RemotePrompt, latest: RemotePrompt) -> bool:
    """Tell whether the file says again what it said before the registry was edited.

    From then on an upload looks as if it had never seen the edit.
    """
    return latest.stamped_hash == remote.content_hash != latest.content_hash


def _document(local: LocalPrompt, remote: RemotePrompt, *, has_changed: bool) -> dict[str, object]:
    return {
        "schema": 1,
        "name": local.prompt.name,
        "path": local.path,
        "version": remote.version,
        "content_hash": remote.content_hash,
        "changed": has_changed,
    }
