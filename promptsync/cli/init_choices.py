"""What `init` may be asked for, and the questions it asks about the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import click

from promptsync.errors import UsageError
from promptsync.scaffold import RegistryChoice

NO_STARTER = "none"

KINDS = ("local", "braintrust", "mlflow", "opik")

# For each kind: the option of `init`, the key in the registry's table, the question.
_QUESTIONS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "local": {},
    "braintrust": {"project": ("project", "Braintrust project")},
    "mlflow": {
        "url": ("tracking-uri", "Address of the MLflow server (empty: MLFLOW_TRACKING_URI)")
    },
    "opik": {
        "project": ("project", "Opik project (empty: the default one)"),
        "url": ("url", "Address of your own Opik (empty: Comet's)"),
    },
}


class HookKind(StrEnum):
    """How the staged prompts are checked before a commit."""

    GIT = "git"
    PRE_COMMIT = "pre-commit"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options said; None where they said nothing."""

    kind: str | None
    project: str | None
    url: str | None
    prompts: tuple[str, ...]
    starters: tuple[str, ...]
    hook: HookKind | None
    workflows: bool | None
    agents: bool


def decide_registry(asked: Asked, *, ask: bool) -> tuple[RegistryChoice, tuple[str, ...]]:
    """Return the registry and the prompt roots. Raises UsageError for options that do not fit."""
    registry = _chosen_registry(asked, ask=ask)
    prompts = asked.prompts
    if not prompts:
        prompts = (_text("Folder for prompt files", "prompts") if ask else "prompts",)
    return registry, prompts


def _chosen_registry(asked: Asked, *, ask: bool) -> RegistryChoice:
    kind = asked.kind or ("braintrust" if asked.project is not None else None)
    if kind is None and asked.url is None and ask:
        kind = _choose("Registry: a database in this folder, or a service", KINDS)
    kind = kind or "local"
    given = {"project": asked.project, "url": asked.url}
    _refuse_others(kind, given)
    if asked.url:
        _checked_address(asked.url)
    options = {}
    for option, (key, question) in _QUESTIONS[kind].items():
        value = given[option]
        if value is None and ask:
            is_address = option == "url"
            value = _ask(question, is_needed=kind == "braintrust", is_address=is_address)
        if value:
            options[key] = value
    if kind == "braintrust" and not options:
        raise UsageError("a Braintrust registry needs a project", hint="add `--project NAME`")
    return RegistryChoice(kind, options)


def _refuse_others(kind: str, given: Mapping[str, str | None]) -> None:
    for option, value in given.items():
        if value is not None and option not in _QUESTIONS[kind]:
            kinds = [f"`--kind {each}`" for each in KINDS if option in _QUESTIONS[each]]
            raise UsageError(f"`--{option}` goes with {' or '.join(kinds)}, not with `{kind}`")


def _checked_address(url: str) -> str:
    """Return the address of a server; raises UsageError for what could never be one."""
    if url and not re.match(r"https?://[^/]", url):
        raise UsageError(
            "the address of a server begins with `http://` or `https://`",
            hint="such as http://127.0.0.1:5000",
        )
    return url


def _ask(question: str, *, is_needed: bool, is_address: bool) -> str:
    def checked(answer: str) -> str:
        try:
            return _checked_address(answer) if is_address else answer
        except UsageError as error:
            raise click.UsageError(error.message) from error  # which asks again

    answer: str = click.prompt(
        question,
        default=None if is_needed else "",
        show_default=False,
        value_proc=checked,
        err=True,
    )
    return answer


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
