"""What an application sees of an error that it does not catch."""

import traceback

from promptsync import UnknownPromptError, UsageError


def test_a_traceback_ends_with_the_hint() -> None:
    error = UnknownPromptError("there is no `weather`", hint="`promptsync upload weather`")

    assert traceback.format_exception_only(error) == [
        "promptsync.errors.UnknownPromptError: there is no `weather`\n",
        "hint: `promptsync upload weather`\n",
    ]


def test_without_a_hint_nothing_is_added() -> None:
    assert traceback.format_exception_only(UsageError("no")) == [
        "promptsync.errors.UsageError: no\n"
    ]
