"""What `init` may be asked for, and the questions it asks about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import click

from promptsync.errors import UsageError

NO_STARTER = "none"


class HookKind(StrEnum):
    """How the staged prompts are checked before a commit."""

    GIT = "git"
    PRE_COMMIT = "pre-commit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options said; None where they said nothing."""

    project: str | None
    prompts: tuple[str, ...]
    starters: tuple[str, ...]
    hook: HookKind | None
    workflows: bool | None
    agents: bool


def decide_registry(asked: Asked, *, ask: bool) -> tuple[str | None, tuple[str, ...]]:
    """Return the Braintrust project, None for the embedded registry, and the prompt roots."""
    project = asked.project
    if project is None and ask:
        kind = _choose(
            "Registry: a database in this folder, or Braintrust", ["local", "braintrust"]
        )
        if kind == "braintrust":
            project = click.prompt("Braintrust project", err=True)
    prompts = asked.prompts
    if not prompts:
        prompts = (_text("Folder for prompt files", "prompts") if ask else "prompts",)
    return project, prompts


def decide_starters(
    asked: Asked, known: Sequence[str], default: str, *, ask: bool
) -> tuple[str, ...]:
    """Return the names of the starter prompts to begin with. Raises UsageError for unknown ones."""
    names = asked.starters
    if not names:
        names = (
            _choose("Example to start from", [*known, NO_STARTER], default) if ask else default,
        )
    wrong = [name for name in names if name not in (*known, NO_STARTER)]
    if wrong:
        raise UsageError(
            f"there is no starter prompt `{wrong[0]}`", hint=f"there are {', '.join(known)}"
        )
    return tuple(name for name in names if name != NO_STARTER)


def decide_hook(asked: Asked, default: HookKind, *, ask: bool) -> HookKind:
    """Return which hook to set up."""
    if asked.hook is not None:
        return asked.hook
    if not ask:
        return default
    question = "Check staged prompts before each commit with a hook of"
    return HookKind(_choose(question, [each.value for each in HookKind], default.value))


def decide_workflows(asked: Asked, default: bool, *, ask: bool) -> bool:
    """Return whether to set up GitHub Actions."""
    if asked.workflows is not None or not ask:
        return default if asked.workflows is None else asked.workflows
    return click.confirm("Write workflows for GitHub Actions?", default=default, err=True)


def _text(question: str, default: str) -> str:
    answer: str = click.prompt(question, default=default, err=True)
    return answer


def _choose(question: str, choices: Sequence[str], default: str | None = None) -> str:
    answer: str = click.prompt(
        question, type=click.Choice(choices), default=default or choices[0], err=True
    )
    return answer
