"""Tell what became of a plan for a registry: what `upload`, `promote` and `rollback` share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from promptsync.apply import Outcome
from promptsync.cli.errors import error_json
from promptsync.cli.next_command import Given
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.planning import show_failures
from promptsync.cli.render_json import to_json
from promptsync.cli.render_plan import plan_json
from promptsync.cli.render_plan_markdown import render_plan_markdown
from promptsync.cli.report import some_names
from promptsync.cli.safe_text import name_span, one_line, shown_name
from promptsync.cli.talk import say
from promptsync.errors import PromptsyncError
from promptsync.plan import Action, Plan

_DONE = {
    Action.CREATE: "created",
    Action.RENAME: "renamed",
    Action.UPDATE: "updated",
    Action.DETAILS: "updated the details of",
    Action.ADOPT: "adopted",
    Action.PROMOTE: "promoted",
    Action.ROLLBACK: "rolled back",
    Action.DELETE: "removed",
}


def show_outcomes(plan: Plan, outcomes: Sequence[Outcome], format_: Format, given: Given) -> None:
    """Write what was done as the result, and what went wrong to stderr."""
    done = [each for each in outcomes if each.done or each.skipped]
    if format_ is Format.JSON:
        document = plan_json(plan) | {"results": [_result_json(each) for each in outcomes]}
        show(to_json(document))
    elif format_ is Format.MARKDOWN:
        lines = [f"- {_sentence(each, name_span)}" for each in done]
        show("\n".join([render_plan_markdown(plan), *lines]).rstrip("\n") + "\n")
    else:
        show("".join(f"{_sentence(each, _quoted)}\n" for each in done))
    show_failures([(each.change.name, each.error) for each in outcomes if each.error], given)
    _tell_rest(outcomes)


def _sentence(outcome: Outcome, quote: Callable[[str], str]) -> str:
    old, name = outcome.change.renamed_from, quote(outcome.change.name)
    if old is not None:
        name = f"{quote(old)} to {name}"
    if outcome.skipped:
        return f"skipped {name}: somebody else {_DONE[outcome.change.action]} it meanwhile"
    if outcome.stored is None:
        return f"{_DONE[outcome.change.action]} {name}"
    commit = outcome.change.commit
    by = f", commit {one_line(commit)[:10]}" if commit else ""
    version = one_line(outcome.stored.version)
    return f"{_DONE[outcome.change.action]} {name} (version {version}{by})"


def _quoted(name: str) -> str:
    return f"`{shown_name(name)}`"


def errors_of(outcomes: Sequence[Outcome]) -> list[PromptsyncError]:
    """Return what went wrong."""
    return [each.error for each in outcomes if each.error]


def _tell_rest(outcomes: Sequence[Outcome]) -> None:
    """Say how many are done where not all are, and what the registry did not keep."""
    not_tried = [each.change.name for each in outcomes if not each.tried]
    counts = Counter(
        "done" if each.done or each.skipped else "failed" if each.tried else "not tried"
        for each in outcomes
    )
    if counts["done"] < len(outcomes) > 1:
        counted = ", ".join(f"{counts[each]} {each}" for each in counts)
        rest = f": {some_names(not_tried)}" if not_tried else ""
        say(f"\n{counted}{rest}; running the command again is safe")
    for reason in dict.fromkeys(each.reason for each in outcomes if each.reason):
        names = [each.change.name for each in outcomes if each.reason == reason]
        say(f"{some_names(names)}: {one_line(reason)}")
    written = [
        each for each in outcomes if each.stored and not each.skipped and each.change.target is None
    ]
    if written and all(each.stored and each.stored.stamp is None for each in written):
        say(
            "note: the registry did not keep the stamp; agreement is proven by content alone, and "
            "`promptsync where` cannot name the commit"
        )


def _result_json(outcome: Outcome) -> dict[str, object]:
    return {
        "name": outcome.change.name,
        "action": outcome.change.action.value,
        "done": outcome.done,
        "version": outcome.stored.version if outcome.stored else None,
        "reason": outcome.reason,
        "error": None if outcome.error is None else error_json(outcome.error)["error"],
    }
