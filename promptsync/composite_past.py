"""What composites used to say: each commit is asked as a whole, with every partial it had then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promptsync import git_history
from promptsync.catalog import Catalog, load_catalog
from promptsync.git import Repository
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource, in_commit
from promptsync.status import LocalPrompt


@dataclass(frozen=True, slots=True)
class CompositeBase:
    """A composite as one commit had it, with all prompt files of that commit."""

    local: LocalPrompt
    catalog: Catalog
    source_by_path: Mapping[str, PromptSource]

    @property
    def source(self) -> PromptSource:
        """The composite's own file."""
        return self.source_by_path[self.local.path]


@dataclass(frozen=True, slots=True)
class CompositePast:
    """The past of all composites up to `commit` (None on a branch without commits).

    A composite is known by its name or by one of the `paths` where it is or was.
    """

    repository: Repository
    roots: Roots
    commit: str | None
    kind: str

    def find_newest(
        self, local: LocalPrompt, digest: str, paths: list[str], *, start: str | None = None
    ) -> CompositeBase | None:
        """Find the newest commit in which a composite has a hash, with `start` among later ones."""
        if self.commit is None:
            return None
        # What a composite said depends on every partial it had then: ask each commit as a whole.
        commits = git_history.commits_touching(
            self.repository, f"{start}..{self.commit}" if start else self.commit, self.roots.paths
        )
        found = (self.at(commit, local, digest, paths) for commit in commits)
        return next(filter(None, found), None)

    def commits_with(
        self, local: LocalPrompt, wanted: tuple[str, str | None], paths: list[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield hash and commit wherever a composite has one of two, back to the second one."""
        for commit in git_history.commits_touching(
            self.repository, self.commit or "HEAD", self.roots.paths
        ):
            catalog = load_catalog(in_commit(self.repository, self.roots, commit), kind=self.kind)
            for name, each in catalog.files.items():
                is_it = name == local.prompt.name or each.path in paths
                if is_it and each.content_hash in wanted:
                    yield each.content_hash, commit
                    if each.content_hash == wanted[1]:
                        return

    def at(
        self, commit: str, local: LocalPrompt, digest: str, paths: list[str]
    ) -> CompositeBase | None:
        """Return a composite as a commit has it, None where it has another hash there."""
        sources = list(in_commit(self.repository, self.roots, commit))
        catalog = load_catalog(sources, kind=self.kind)
        for name, each in catalog.files.items():
            if each.content_hash == digest and (name == local.prompt.name or each.path in paths):
                plain = (source for source in sources if isinstance(source, PromptSource))
                return CompositeBase(each, catalog, {source.path: source for source in plain})
        return None
