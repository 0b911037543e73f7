"""`promptsync restore`: put an older version's content back into the prompt file."""

from __future__ import annotations

from collections.abc import Sequence

import click

from promptsync import git
from promptsync.catalog import select
from promptsync.cli.history import find_versions
from promptsync.cli.options import cli_command, name_argument, registry_option
from promptsync.cli.session import Session, open_session, valid_catalog
from promptsync.cli.talk import say
from promptsync.content_hash import short_hash
from promptsync.errors import UsageError
from promptsync.file_writer import write_text
from promptsync.prompt_file import decode, update_text
from promptsync.remote_edit import as_file_prompt
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt

# Fewer digits of a hash name too many versions by accident.
MIN_DIGITS = 6


@cli_command()
@name_argument
@click.argument("version")
@registry_option
@click.option("--force", is_flag=True, help="Overwrite uncommitted changes.")
def command(*, name: str, version: str, registry: str | None, force: bool) -> int:
    """Write an older version into the prompt file; the registry stays as it is."""
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        (chosen,) = select(catalog, [name])
        local = catalog.prompts[chosen]
        if not force:
            _refuse_uncommitted(session, local)
        remote = _find(find_versions(session, catalog, chosen), version, chosen)
        _write(session, local, remote)
    click.echo(
        f"wrote {local.path} as of version {remote.version} ({short_hash(remote.content_hash)})"
    )
    say("\nhint: `git diff` shows it; commit, then `promptsync upload`")
    return 0


def _refuse_uncommitted(session: Session, local: LocalPrompt) -> None:
    if git.uncommitted_paths(session.workspace.require_repository(), [local.path]):
        raise UsageError(
            f"`{local.path}` has uncommitted changes",
            hint="commit or stash them; `--force` overwrites them",
        )


def _find(versions: Sequence[RemotePrompt], wanted: str, name: str) -> RemotePrompt:
    found = [each for each in versions if _is_meant(each, wanted)]
    if not found:
        raise UsageError(
            f"`{name}` has no version `{wanted}`", hint=f"`promptsync history {name}` lists them"
        )
    return found[0]


def _is_meant(remote: RemotePrompt, wanted: str) -> bool:
    if remote.version == wanted:
        return True
    digits = wanted.removeprefix("sha256:")
    return len(digits) >= MIN_DIGITS and remote.content_hash.startswith(f"sha256:{digits}")


def _write(session: Session, local: LocalPrompt, remote: RemotePrompt) -> None:
    roots = session.workspace.roots
    text = decode((roots.top / local.path).read_bytes(), local.path)
    prompt = as_file_prompt(local, remote, session.registry.kind)
    path_name = roots.name_of(local.path) or local.prompt.name
    write_text(
        roots.top, local.path, update_text(text, prompt, path=local.path, path_name=path_name)
    )
