"""Three-way merges of prompt files: keys of front matter one by one, bodies line by line."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from promptsync import git_merge
from promptsync.errors import ConflictError, PromptFileError
from promptsync.merge import MergedText, Sides, merge_prompt_files, merge_values
from promptsync.prompt_file import parse_prompt

PATH = "prompts/greeting.md"
LABELS = (PATH, "base", "registry version 7")


def merge_lines(sides: Sides) -> MergedText:
    return MergedText(*git_merge.merge_lines((sides.local, sides.base, sides.remote), LABELS))


def merge(base: str, local: str, remote: str) -> MergedText:
    texts = (dedent(text).lstrip("\n") for text in (base, local, remote))
    return merge_prompt_files(Sides(*texts), path=PATH, merge_lines=merge_lines)


def clean(text: str) -> MergedText:
    return MergedText(dedent(text).lstrip("\n"), has_conflict=False)


BASE = """
    ---
    title: Greeting
    model: gpt-5-mini
    params:
      temperature: 0  # exact
      max_tokens: 800
    tags: [support]
    ---

    Say hello.

    Ask for the name.

    Say goodbye.
"""


# -- without conflict --


def test_edits_of_neighbouring_keys_are_merged() -> None:
    local = BASE.replace("gpt-5-mini", "gpt-5")
    remote = BASE.replace("title: Greeting", "title: Welcome").replace("800", "900")

    merged = merge(BASE, local, remote)

    assert merged == clean(remote.replace("gpt-5-mini", "gpt-5"))


def test_edits_of_neighbouring_nested_keys_are_merged() -> None:
    local = BASE.replace("temperature: 0", "temperature: 1")
    remote = BASE.replace("800", "900").replace("    tags", "      top_p: 0.5\n    tags")

    merged = merge(BASE, local, remote)

    assert merged == clean(remote.replace("temperature: 0", "temperature: 1"))


def test_edits_of_different_paragraphs_are_merged() -> None:
    local = BASE.replace("Say hello.", "Say hello warmly.")
    remote = BASE.replace("Say goodbye.", "Say goodbye briefly.")

    merged = merge(BASE, local, remote)

    assert merged == clean(local.replace("Say goodbye.", "Say goodbye briefly."))


def test_an_edit_of_the_text_and_one_of_the_parameters_are_merged() -> None:
    local = BASE.replace("Say hello.", "Say hello warmly.")
    remote = BASE.replace("800", "900")

    assert merge(BASE, local, remote) == clean(local.replace("800", "900"))


def test_the_same_edit_on_both_sides_is_one_edit() -> None:
    edited = BASE.replace("Say hello.", "Say hello warmly.").replace("800", "900")

    assert merge(BASE, edited, edited) == clean(edited)


@pytest.mark.parametrize("who", ["local", "remote"])
def test_an_edit_of_one_side_alone_is_taken_whole(who: str) -> None:
    edited = BASE.replace("Say hello.", "Hi.").replace("800", "900").replace(", ", ",")
    sides = {"local": BASE, "remote": BASE, who: edited}

    assert merge(BASE, sides["local"], sides["remote"]) == clean(edited)


def test_a_key_that_one_side_removed_is_removed() -> None:
    local = BASE.replace("Say hello.", "Hi.")
    remote = BASE.replace("      max_tokens: 800\n", "").replace("    tags: [support]\n", "")

    assert merge(BASE, local, remote) == clean(remote.replace("Say hello.", "Hi."))


def test_a_comment_in_the_file_stays_where_it_is() -> None:
    remote = BASE.replace("max_tokens: 800", "max_tokens: 900")

    assert "temperature: 0  # exact" in merge(BASE, BASE, remote).text


def test_front_matter_that_only_the_registry_has_is_added() -> None:
    merged = merge("Hello\n", "Hello\n\nBye\n", "---\nmodel: gpt-5\n---\n\nHello\n")

    assert merged == clean("---\nmodel: gpt-5\n---\n\nHello\n\nBye\n")


def test_front_matter_that_the_registry_emptied_leaves_a_frame() -> None:
    merged = merge("---\nmodel: x\n---\n\nHello\n", "---\nmodel: x\n---\n\nHi\n", "Hello\n")

    assert parse_prompt(merged.text, path=PATH, name="x").content == "Hi"
    assert parse_prompt(merged.text, path=PATH, name="x").model is None


def test_a_file_without_a_blank_line_below_its_front_matter_stays_tight() -> None:
    base = "---\nmodel: x\n---\nHello\n"

    merged = merge(base, base.replace("x", "y"), "---\nmodel: x\n---\nHi\n")

    assert merged == clean("---\nmodel: y\n---\nHi\n")


def test_a_text_that_begins_with_a_blank_line_keeps_it() -> None:
    base = "---\nmodel: x\n---\nHello\n"

    merged = merge(base, base.replace("x", "y"), "---\nmodel: x\n---\n\n\nHello\n")

    assert parse_prompt(merged.text, path=PATH, name="x").content == "\nHello"


def test_a_prompt_without_text_is_merged() -> None:
    base = "---\nmodel: x\n---\n"

    assert merge(base, base, "---\nmodel: y\n---\n") == clean("---\nmodel: y\n---\n")


def test_true_is_not_one() -> None:
    base = "---\nparams:\n  stream: 1\n---\n\nHello\n"

    merged = merge(base, base, base.replace("stream: 1", "stream: true"))

    assert merged == clean("---\nparams:\n  stream: true\n---\n\nHello\n")


def test_messages_are_merged_by_lines() -> None:
    base = "# system:\n\nBe careful.\n\n# user:\n\nSignal: {{signal}}\n"
    local = base.replace("careful", "very careful")
    remote = base.replace("{{signal}}", "{{signal}}!")

    assert merge(base, local, remote) == clean(local.replace("{{signal}}", "{{signal}}!"))


def test_a_message_that_the_registry_added_is_merged() -> None:
    base = "# system:\n\nBe careful.\n\n# user:\n\nHello\n"
    local = base.replace("careful", "very careful")
    remote = f"{base}\n# assistant:\n\nHi\n"

    assert merge(base, local, remote) == clean(f"{local}\n# assistant:\n\nHi\n")


def test_a_file_that_names_its_role_is_merged() -> None:
    base = "---\nrole: system\nmodel: x\n---\n\nBe careful.\n"
    local = base.replace("model: x", "model: y")
    remote = base.replace("Be careful.", "Be brief.")

    assert merge(base, local, remote) == clean(local.replace("Be careful.", "Be brief."))


# -- conflicts --


def test_what_overlaps_in_the_body_is_marked() -> None:
    local = BASE.replace("Say hello.", "Say hi.").replace("800", "900")
    remote = BASE.replace("Say hello.", "Say hey.")

    merged = merge(BASE, local, remote)

    markers = "<<<<<<< prompts/greeting.md\nSay hi.\n=======\nSay hey.\n>>>>>>> registry version 7"
    assert merged.has_conflict
    assert merged.text == clean(local).text.replace("Say hi.", markers)


def test_what_overlaps_in_the_front_matter_is_marked() -> None:
    local = BASE.replace("gpt-5-mini", "gpt-5")
    remote = BASE.replace("gpt-5-mini", "claude-sonnet-5").replace("Say hello.", "Hi.")

    merged = merge(BASE, local, remote)

    markers = (
        "<<<<<<< prompts/greeting.md\nmodel: gpt-5\n=======\nmodel: claude-sonnet-5\n"
        ">>>>>>> registry version 7"
    )
    expected = clean(BASE).text.replace("Say hello.", "Hi.").replace("model: gpt-5-mini", markers)
    assert merged == MergedText(expected, has_conflict=True)


def test_what_both_sides_removed_differently_is_marked() -> None:
    base = "---\nparams: {a: 1, b: 2}\n---\n\nHello\n"

    merged = merge(base, base.replace("a: 1, ", ""), base.replace("a: 1", "a: 3"))

    assert merged.has_conflict


@pytest.mark.parametrize(
    ("local", "remote"),
    [
        (BASE.replace("Say hello.", "Say hi."), BASE.replace("Say hello.", "Say hey.")),
        (BASE.replace("gpt-5-mini", "a"), BASE.replace("gpt-5-mini", "b")),
    ],
    ids=["body", "front matter"],
)
def test_a_file_with_markers_is_refused_until_somebody_resolves_it(local: str, remote: str) -> None:
    merged = merge(BASE, local, remote)

    with pytest.raises(PromptFileError) as raised:
        parse_prompt(merged.text, path=PATH, name="greeting")

    assert [(each.rule, each.message) for each in raised.value.problems] == [
        ("PS002", "unresolved conflict marker")
    ]


def test_text_that_looks_like_markers_is_no_conflict() -> None:
    base = "One\n\n\\<<<<<<< shown to the model\n\nTwo\n"

    merged = merge(base, base.replace("One", "1"), base.replace("Two", "2"))

    assert merged == clean("1\n\n\\<<<<<<< shown to the model\n\n2\n")


TAGS = "tags:\n  - a\n  - b\n  - c\n  - d\n  - e\n"


@pytest.mark.parametrize(
    ("base", "local", "remote"),
    [
        (
            "One\n\nTwo\n",
            "# user:\n\nOne\n\nTwo\n",
            "---\nrole: user\n---\n\nOne\n\nTwo\n",
        ),
        (
            f"---\n{TAGS}---\n\nHello\n",
            f"---\nmodel: x\n{TAGS.replace('- a', '- A')}---\n\nHello\n",
            f"---\n{TAGS.replace('- e', '- E')}model: x\n---\n\nHello\n",
        ),
    ],
    ids=["a marker and a role", "a key twice"],
)
def test_structures_that_changed_differently_are_a_conflict_without_markers(
    base: str, local: str, remote: str
) -> None:
    with pytest.raises(ConflictError) as raised:
        merge(base, local, remote)

    assert raised.value.message == (
        "`prompts/greeting.md` cannot be merged: git and the registry changed its structure in "
        "different ways"
    )
    assert "--force" in (raised.value.hint or "")


def test_front_matter_that_is_not_closed_is_an_error() -> None:
    with pytest.raises(PromptFileError, match="front matter is not closed"):
        merge("---\nx\n", "Hello\n", "Hello\n")


# -- values --


@pytest.mark.parametrize(
    ("base", "local", "remote", "merged"),
    [
        ({}, {}, {}, {}),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 2}, {"a": 3}, None),
        ({"a": 1}, {}, {"a": 1}, {}),
        ({"a": 1}, {"a": 1}, {}, {}),
        ({"a": 1}, {}, {}, {}),
        ({"a": 1}, {}, {"a": 2}, None),
        ({"a": 1}, {"a": 2}, {}, None),
        ({}, {"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({}, {"a": 1}, {"a": 2}, None),
        ({}, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": 5}, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": 1}}, {"a": {"x": 2}}, {"a": {"x": 3}}, None),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [1]}, {"a": [1, 2]}),
        ({"a": [1]}, {"a": [1, 2]}, {"a": [0, 1]}, None),
        ({"a": None}, {"a": None}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": True}, {"a": True}),
        ({"a": 1}, {"a": 1.0}, {"a": 2}, {"a": 2}),
    ],
)
def test_mappings_are_merged_key_by_key(
    base: dict[str, Any],
    local: dict[str, Any],
    remote: dict[str, Any],
    merged: dict[str, Any] | None,
) -> None:
    assert repr(merge_values(base, local, remote)) == repr(merged)
