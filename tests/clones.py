"""A clone at work with a registry: what the commands do, without their questions and output."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from promptsync import git, git_history, git_settings
from promptsync.apply import Outcome, apply_upload
from promptsync.catalog import Catalog
from promptsync.comparison import compare
from promptsync.download import FileOutcome, apply_download
from promptsync.download_plan import make_download_plan
from promptsync.edit_routing import route_edits
from promptsync.file_past import Past, read_past
from promptsync.plan import Plan
from promptsync.reading import read_catalog
from promptsync.registries.base import Registry
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.scope import Scope
from promptsync.status import LocalPrompt, PromptState, Status
from promptsync.upload_log import append_to_log
from promptsync.upload_plan import UploadOptions, make_upload_plan
from promptsync.workspace import Workspace, open_workspace
from tests.builders import Repo

GREETING = "prompts/greeting.md"


@dataclass(frozen=True)
class Clone:
    """One person's clone, and the registry that all of them share."""

    repo: Repo
    registry: Registry

    @property
    def workspace(self) -> Workspace:
        """The workspace as a command that starts now finds it."""
        return open_workspace(self.repo.path)

    @property
    def catalog(self) -> Catalog:
        """The prompt files of the work tree."""
        return read_catalog(self.workspace)

    @property
    def past(self) -> Past:
        """The past of the prompt files."""
        return read_past(self.workspace)

    def write(self, text: str, path: str = GREETING) -> None:
        """Write a prompt file."""
        self.repo.write(path, text)

    def commit(self, text: str, path: str = GREETING) -> str:
        """Write and commit a prompt file."""
        self.write(text, path)
        return self.repo.commit()

    def compare(self, scope: Scope | None = None) -> tuple[PromptState, ...]:
        """Compare the prompt files with the registry."""
        workspace = self.workspace
        return compare(
            read_catalog(workspace),
            self.registry,
            scope=scope or Scope(complete=True),
            is_taken_in=read_past(workspace).has_taken_in,
        )

    def state(self, name: str = "greeting", scope: Scope | None = None) -> PromptState:
        """Return the state of one prompt."""
        return next(state for state in self.compare(scope) if state.name == name)

    def status(self, name: str = "greeting", *, alias: str | None = None) -> Status:
        """Return the status of one prompt."""
        return self.state(name, Scope(alias=alias, complete=True)).status

    def plan_upload(
        self,
        *,
        alias: str | None = None,
        options: UploadOptions | None = None,
        names: Sequence[str] | None = None,
    ) -> Plan:
        """Plan an upload."""
        states = self.compare(Scope(alias=alias, names=names, complete=True))
        return make_upload_plan(
            states, registry="local", alias=alias, options=options or UploadOptions()
        )

    def apply(self, plan: Plan) -> list[Outcome]:
        """Carry out an upload and write the log."""
        outcomes = []
        for outcome in apply_upload(plan, self.registry, make_stamp=self.stamp):
            outcomes.append(outcome)
            if outcome.stored is not None:
                self._log("upload", outcome.stored)
        return sorted(outcomes, key=lambda each: each.change.name)

    def upload(self, *, alias: str | None = None, force: bool = False) -> list[Outcome]:
        """Plan an upload and carry it out."""
        return self.apply(self.plan_upload(alias=alias, options=UploadOptions(force=force)))

    def plan_download(
        self,
        *,
        force: bool = False,
        extras: bool = False,
        names: Sequence[str] | None = None,
    ) -> Plan:
        """Plan a download, of some prompts or of all."""
        states = [each for each in self.compare() if names is None or each.name in names]
        plan = make_download_plan(states, registry="local", force=force, extras=extras)
        kind = self.registry.kind
        return route_edits(plan, self.catalog, kind=kind, read_past=lambda: self.past)

    def receive(self, plan: Plan, *, markers: bool = True) -> list[FileOutcome]:
        """Carry out a download and write the log."""
        kind, roots = self.registry.kind, self.workspace.roots
        applied = apply_download(
            plan, roots, kind=kind, read_past=lambda: self.past, markers=markers
        )
        outcomes = list(applied)
        for outcome in outcomes:
            state = outcome.change.state
            if outcome.error is None and state.remote is not None:
                self._log("download", state.remote, replaced=state.local_hash)
        return outcomes

    def download(self, *, force: bool = False, extras: bool = False) -> list[FileOutcome]:
        """Plan a download and carry it out."""
        return self.receive(self.plan_download(force=force, extras=extras))

    def stamp(self, local: LocalPrompt) -> Stamp:
        """Return the stamp of a prompt file: with a commit only where one holds its content."""
        repository = self.workspace.require_repository()
        is_clean = not git.uncommitted_paths(repository, [local.path])
        commit = (
            git_history.last_commits(repository, [local.path]).get(local.path) if is_clean else None
        )
        return Stamp(
            content_hash=local.content_hash,
            path=local.path,
            file_sha256=local.file_sha256,
            commit=commit,
            repository=git_settings.remote_url(repository),
        )

    def forget_log(self) -> None:
        """Delete the log."""
        (self.workspace.state_folder / "log").unlink()

    def _log(self, action: str, remote: RemotePrompt, *, replaced: str | None = None) -> None:
        workspace = self.workspace
        entry = (remote.name, remote.content_hash, remote.stamped_hash)
        append_to_log(
            workspace.state_folder, workspace.registry.name, action, entry, replaced=replaced
        )


@dataclass(frozen=True)
class Team:
    """A repository that everybody pushes to, and one registry."""

    origin: Repo
    registry: LocalRegistry
    folder: Path

    def clone(self, person: str, *options: str) -> Clone:
        """Clone the repository for one more person; the clone finds it in a copy, too."""
        repo = self.origin.clone(self.folder / person, "--template=", *options)
        repo.git("remote", "set-url", "origin", "../origin")
        return self.member(person)

    def member(self, person: str) -> Clone:
        """Return a clone that was made before."""
        return Clone(Repo(self.folder / person), self.registry)

    def edit(self, text: str, name: str = "greeting") -> RemotePrompt:
        """Change a prompt's text in the registry, as a person does in a web page."""
        return self.registry.edit_prompt(name, lambda prompt: replace(prompt, content=text))


def make_team(folder: Path) -> Team:
    """Make a repository that holds one committed prompt, `greeting`, and an empty registry."""
    origin = Repo.create(folder / "origin")
    origin.git("config", "receive.denyCurrentBranch", "ignore")
    origin.write(GREETING, "Say hello.\n")
    origin.commit()
    return open_team(folder)


def open_team(folder: Path) -> Team:
    """Open what `make_team` made, also in a copy of its folder."""
    origin = Repo(folder / "origin")
    return Team(origin, LocalRegistry(f"sqlite:///{folder / 'registry.db'}"), folder)


def copied_team(folder: Path, template: Path, prepare: Callable[[Team], object]) -> Team:
    """Copy a team to a folder; the first time, `prepare` makes the one that is copied."""
    if not template.exists():
        made = make_team(template)
        prepare(made)
        made.registry.close()
    shutil.copytree(template, folder)
    return open_team(folder)
