"""The action's `download`: propose what was edited in the registry as a pull request."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from promptsync import git, git_history, git_objects
from promptsync.cli.action_job import Job, run_command
from promptsync.cli.action_report import (
    comparing,
    failing_states,
    publish,
    show_annotations,
    verdict,
)
from promptsync.cli.committing import message_for, read_files
from promptsync.cli.output import show
from promptsync.cli.report import Report, some_names
from promptsync.cli.safe_text import code_span, one_line
from promptsync.errors import ConflictError
from promptsync.git import Repository
from promptsync.git_commit import has_exactly
from promptsync.prompt_path import file_of
from promptsync.registry_edits import RegistryEdit, branch_for, title_for
from promptsync.status import PromptState, Status

BOT_EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"

_PROMISE = (
    "Merging this brings git and the registry together; nothing has been uploaded. Do not push to "
    "this branch: the job that made it would stop rather than overwrite your commits. Checks wait "
    "until somebody with write access lets them run."
)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What a download left behind: its exit code, the edits taken in, the prompts in conflict."""

    code: int = 0
    edits: Sequence[RegistryEdit] = ()
    conflicts: frozenset[str] = frozenset()


def run_download(job: Job) -> int:
    """Write the registry's edits into files, and prepare a commit of them for the next steps."""
    with comparing(job) as before:
        states = before.comparison.states
        is_edited = any(each.status in (Status.DRIFTED, Status.DIVERGED) for each in states)
    done = _download(job, states) if is_edited else Downloaded()
    with comparing(job) as compared:
        after = _with_states_from(before, compared, done.conflicts)
        failing = failing_states(after, job.inputs.fail_on)
        show_annotations(after, failing)
        publish(job, after, title=verdict(before), notes=_notes(done.edits))
    if done.edits:
        _prepare(job, before.registry, done.edits)
    return done.code or int(bool(failing))


def _with_states_from(before: Report, after: Report, names: Collection[str]) -> Report:
    """Return the later report, in which some prompts are as they were.

    A download counts as having seen the registry's edit. Where its conflict was put back, that
    would be a lie, and would let an upload replace the edit.
    """
    earlier = {state.name: state for state in before.comparison.states if state.name in names}
    states = tuple(earlier.get(state.name, state) for state in after.comparison.states)
    return replace(after, comparison=replace(after.comparison, states=states))


def _download(job: Job, states: Sequence[PromptState]) -> Downloaded:
    inputs = job.inputs
    options = [("--registry", inputs.registry), ("--alias", inputs.alias)]
    given = [part for name, value in options if value for part in (name, value)]
    code, output = run_command("download", "--yes", "--format", "json", *given)
    job.write_report("promptsync-download.json", output)
    results = json.loads(output).get("results", [])
    conflicts = [each["name"] for each in results if each.get("conflict")]
    clean = [each for each in results if each["path"] and not each["conflict"]]
    paths = sorted({file_of(path) for each in clean for path in each["paths"]})
    if conflicts:
        written = {file_of(path) for each in results for path in each["paths"]}
        _put_back(git.find_repository(Path.cwd()), sorted(written.difference(paths)))
        names = some_names(conflicts)
        show(f"a person has to merge {names}: run `promptsync download` in a clone\n")
    by_name = {state.name: state for state in states}
    edits = [RegistryEdit.of(by_name[each["name"]], each["paths"]) for each in clean]
    return Downloaded(code, [each for each in edits if each is not None], frozenset(conflicts))


def _put_back(repository: Repository, paths: Sequence[str]) -> None:
    """Leave files with conflict markers out: nobody could merge a proposal that has them."""
    blobs = git_objects.read_blobs(repository, [f"HEAD:{path}" for path in paths])
    for path, data in zip(paths, blobs, strict=True):
        if data is not None:
            (repository.top / path).write_bytes(data)


def _notes(edits: Sequence[RegistryEdit]) -> Iterator[str]:
    if edits:
        names = some_names([edit.name for edit in edits])
        yield f"A pull request proposes the registry's edits of {names}."


def _prepare(job: Job, registry: str, edits: Sequence[RegistryEdit]) -> None:
    """Write what the next steps need to commit, to push and to open the pull request."""
    repository = git.find_repository(Path.cwd())
    branch = branch_for(registry)
    paths = sorted({file_of(path) for edit in edits for path in edit.paths})
    title = title_for(edits, one_line(registry))
    job.write_report("promptsync-paths", "".join(f"{path}\0" for path in paths))
    job.write_report("promptsync-message", message_for(edits, registry))
    job.write_report("promptsync-proposal.json", json.dumps({"title": title, "body": _body(edits)}))
    is_new = _is_new(repository, branch, edits)
    job.write_output(branch=branch, push=str(is_new).lower())


def _body(edits: Sequence[RegistryEdit]) -> str:
    head = ["| prompt | file | version | by | at |", "| --- | --- | --- | --- | --- |"]
    rows = [
        "| "
        + " | ".join(
            code_span(cell) if cell else ""
            for cell in (edit.name, ", ".join(edit.paths), edit.version, edit.author, edit.created)
        )
        + " |"
        for edit in edits
    ]
    return "\n".join(
        ["Somebody edited these prompts in the registry.", "", *head, *rows, "", _PROMISE]
    )


def _is_new(repository: Repository, branch: str, edits: Sequence[RegistryEdit]) -> bool:
    """Tell whether the branch lacks these edits. Raises ConflictError where others committed."""
    theirs = git.resolve(repository, f"refs/remotes/origin/{branch}")
    base = git_history.merge_base(repository, theirs, "HEAD") if theirs else None
    if theirs is None or base is None:
        return True
    if git_history.authors_of(repository, base, theirs) - {BOT_EMAIL}:
        raise ConflictError(
            f"somebody committed to branch `{branch}`, and a new proposal would overwrite that",
            hint="merge or close its pull request, and delete the branch; the next run makes it "
            "anew",
        )
    return not has_exactly(repository, theirs, "HEAD", read_files(repository.top, edits))
