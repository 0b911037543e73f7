"""An edit of a composite's text goes back to the file that says it, or is a conflict."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promptsync.composition import CompositionError, expand, pieces_of
from promptsync.composition_edit import AttributedEdit, attribute_edit
from promptsync.edit_conflict import EditConflict
from promptsync.expanded_text import MAX_SLOTS, expand_text
from promptsync.prompt import Message, Prompt
from tests.builders import chat, prompt
from tests.strategies import marked_texts

PERSONA = "You are a clerk.\nYou are brief."


def catalog(**text_by_name: str) -> dict[str, Prompt]:
    return {name: prompt(name, text) for name, text in text_by_name.items()}


def attributed(text: str, edited: str, **text_by_name: str) -> AttributedEdit:
    return attribute_edit(prompt("top", text), catalog(**text_by_name), edited)


def conflict(text: str, edited: str, **text_by_name: str) -> EditConflict:
    with pytest.raises(EditConflict) as caught:
        attributed(text, edited, **text_by_name)
    return caught.value


# -- the map --


def test_each_part_of_expanded_text_knows_its_file() -> None:
    files = catalog(a="A{{> b}}C", b="B")

    expanded = expand_text("1{{> a}}2{{> b}}", "top", files)

    assert expanded.text == "1ABC2B"
    assert [(each.owner.name, each.start, each.end) for each in expanded.slots] == [
        ("top", 0, 1),
        ("a", 1, 2),
        ("b", 2, 3),
        ("a", 3, 4),
        ("top", 4, 5),
        ("b", 5, 6),
        ("top", 6, 6),
    ]


# -- an edit inside one file --


def test_no_edit_changes_nothing() -> None:
    assert attributed("{{> a}}!", "x!", a="x") == AttributedEdit(None, {})


def test_an_edit_of_own_words_stays_in_the_own_file() -> None:
    edit = attributed("{{> persona}}\n\nSay hello.", f"{PERSONA}\n\nSay hi.", persona=PERSONA)

    assert edit == AttributedEdit("{{> persona}}\n\nSay hi.", {})


def test_an_edit_inside_a_partial_goes_to_the_partial() -> None:
    edited = PERSONA.replace("clerk", "judge")

    edit = attributed("{{> persona}}\n\nSay hello.", f"{edited}\n\nSay hello.", persona=PERSONA)

    assert edit == AttributedEdit(None, {"persona": edited})


def test_a_partial_that_was_rewritten_whole_is_that_partial() -> None:
    edit = attributed("Do: {{> a}} Now.", "Do: take your time! Now.", a="be brief")

    assert edit == AttributedEdit(None, {"a": "take your time!"})


def test_an_edit_deep_below_goes_to_the_file_that_says_it() -> None:
    edit = attributed("1 {{> a}} 5", "1 2 three 4 5", a="2 {{>b}} 4", b="3")

    assert edit == AttributedEdit(None, {"b": "three"})


def test_own_words_between_includes_of_a_partial_keep_the_includes() -> None:
    edit = attributed("{{> a}}", "one AND two", a="{{> b}} and {{> c}}", b="one", c="two")

    assert edit == AttributedEdit(None, {"a": "{{> b}} AND {{> c}}"})


def test_several_edits_go_to_several_files() -> None:
    edited = f"{PERSONA.replace('brief', 'kind')}\n\nSay hello, {{{{name}}}}!\n\nNever shout."

    edit = attributed(
        "{{> persona}}\n\nSay hello.\n\n{{> rules}}",
        edited,
        persona=PERSONA,
        rules="Never lie.",
    )

    assert edit == AttributedEdit(
        "{{> persona}}\n\nSay hello, {{name}}!\n\n{{> rules}}",
        {"persona": PERSONA.replace("brief", "kind"), "rules": "Never shout."},
    )


def test_edits_of_a_long_prompt_are_told_apart() -> None:
    rules = "\n".join(f"- rule {number}" for number in range(5_000))

    edit = attributed(
        "Never:\n\n{{> rules}}\n\nAnswer.",
        "Never do:\n\n" + rules.replace("rule 17\n", "rule 17!\n") + "\n\nAnswer now.",
        rules=rules,
    )

    assert edit.own == "Never do:\n\n{{> rules}}\n\nAnswer now."
    assert list(edit.text_by_partial) == ["rules"]


def test_what_would_take_too_long_to_compare_is_one_change() -> None:
    found = conflict("{{> a}}end", "b" + "a\n" * 2_000 + "b" + "fin", a="a\n" * 2_000)

    assert found.reason == "one edit runs across the boundary of `a` and `top`"


def test_edits_on_both_sides_of_a_boundary_on_one_line_are_told_apart() -> None:
    edit = attributed(
        "{{> a}} Answer in {{language}}.",
        "You are a careful clerk. Answer in French.",
        a="You are a clerk.",
    )

    assert edit == AttributedEdit(
        " ".join(["{{> a}}", "Answer in French."]), {"a": "You are a careful clerk."}
    )


def test_a_new_line_within_a_partial_belongs_to_it() -> None:
    edit = attributed("{{> a}}\n\nGo.", "- one\n- two\n- three\n\nGo.", a="- one\n- three")

    assert edit == AttributedEdit(None, {"a": "- one\n- two\n- three"})


def test_a_deleted_line_of_a_partial_belongs_to_it_wherever_the_line_ends_are() -> None:
    edit = attributed("{{> a}}\n\nGo.", "- one\n\nGo.", a="- one\n- two")

    assert edit == AttributedEdit(None, {"a": "- one"})


def test_the_edited_message_of_a_chat_is_found() -> None:
    composite = chat("top", system="{{> persona}}\n\nClassify.", user="{{text}}")
    edited = (Message("system", "You are a judge.\n\nClassify."), Message("user", "{{text}}"))

    edit = attribute_edit(composite, catalog(persona="You are a clerk."), edited)

    assert edit == AttributedEdit(None, {"persona": "You are a judge."})


def test_a_message_that_was_added_is_in_the_own_file() -> None:
    composite = chat("top", system="{{> persona}}", user="{{text}}")
    edited = (
        Message("system", "You are a judge."),
        Message("assistant", "Yes?"),
        Message("user", "{{text}}"),
    )

    edit = attribute_edit(composite, catalog(persona="You are a clerk."), edited)

    assert edit == AttributedEdit(
        (Message("system", "{{> persona}}"), *edited[1:]), {"persona": "You are a judge."}
    )


def test_a_message_that_was_deleted_leaves_its_partial_alone() -> None:
    composite = chat("top", system="{{> persona}}", user="{{text}}")

    edit = attribute_edit(
        composite, catalog(persona="You are a clerk."), (Message("user", "{{text}}"),)
    )

    assert edit == AttributedEdit((Message("user", "{{text}}"),), {})


def test_a_role_changes_without_its_text() -> None:
    composite = chat("top", system="{{> persona}}")

    edit = attribute_edit(
        composite, catalog(persona="You are a clerk."), (Message("developer", "You are a clerk."),)
    )

    assert edit == AttributedEdit((Message("developer", "{{> persona}}"),), {})


def test_the_text_parts_of_a_message_are_told_apart() -> None:
    image = {"type": "image_url", "image_url": {"url": "u"}}
    message = Message("user", [{"type": "text", "text": "{{> a}}!"}, image])
    edited = Message("user", [{"type": "text", "text": "y!"}, image])

    edit = attribute_edit(Prompt(name="top", content=(message,)), catalog(a="x"), (edited,))

    assert edit == AttributedEdit(None, {"a": "y"})


# -- what a directive looks like --


def test_what_looks_like_an_include_is_literal_in_the_file() -> None:
    edit = attributed("{{> a}} own", r"say {{> b}} own \{{> c}}", a="say")

    assert edit.own == r"{{> a}} \{{> b}} own \\{{> c}}"
    inside = attributed("<{{> a}}>", "<1 {{> b}} 2>", a="1 2")
    assert inside == AttributedEdit(None, {"a": r"1 \{{> b}} 2"})


def test_an_escaped_include_that_was_there_keeps_its_backslash() -> None:
    edit = attributed(r"\{{> x}} {{> a}} end", "{{> x}} 1 END", a="1")

    assert edit == AttributedEdit(r"\{{> x}} {{> a}} END", {})


def test_a_backslash_right_before_an_include_cannot_be_written() -> None:
    assert conflict("a{{> p}}", "a\\x", p="x").reason == (
        "the edited text cannot be put together from these files"
    )


# -- edges --


def test_what_is_added_at_the_edge_of_a_partial_stays_in_the_including_file() -> None:
    edit = attributed("{{> a}}\n\nGo.", "Be brief.\nBe kind.\n\nGo.", a="Be brief.")

    assert edit == AttributedEdit(
        "{{> a}}\nBe kind.\n\nGo.",
        {},
        ("an edit at the edge of `a` was taken as one of `top`",),
    )


def test_what_is_added_between_two_partials_stays_in_the_including_file() -> None:
    edit = attributed("{{> a}}{{> b}}", "1, 2", a="1", b="2")

    assert edit.own == "{{> a}}, {{> b}}"
    assert edit.notes == ("an edit at the edge of `a`, `b` was taken as one of `top`",)


def test_a_change_across_a_boundary_shows_both_sides_of_it() -> None:
    found = conflict("{{> a}}\n\nSay hello.", "Be quick, say hi.", a="Be brief.")

    assert found.reason == "one edit runs across the boundary of `a` and `top`"
    assert found.details == (
        '`a`       "Be brief."',
        '`top`     "\\n\\nSay hello."',
        'registry  "Be quick, say hi."',
    )


def test_a_partial_whose_text_was_deleted_is_a_conflict() -> None:
    assert conflict("Do: {{> a}} Now.", "Do:  Now.", a="be brief").reason == (
        "all of the text of partial `a` was deleted"
    )


def test_a_text_that_became_a_chat_is_a_conflict() -> None:
    with pytest.raises(EditConflict, match="turned from text into messages"):
        attribute_edit(prompt("top", "{{> a}}"), catalog(a="x"), (Message("user", "x"),))


def test_a_message_that_became_another_one_is_a_conflict() -> None:
    with pytest.raises(EditConflict, match="system is now assistant"):
        attribute_edit(chat("top", system="{{> a}}"), catalog(a="x"), (Message("assistant", "y"),))


# -- a partial in several places --


def test_a_partial_that_was_edited_alike_in_all_its_places_is_edited() -> None:
    edit = attributed("{{> a}} and {{> a}}", "yes and yes", a="no")

    assert edit == AttributedEdit(None, {"a": "yes"})


def test_a_partial_that_was_edited_in_one_of_its_places_is_a_conflict() -> None:
    found = conflict("{{> a}} and {{> a}}", "no and yes", a="no")

    assert found.reason == "partial `a` is included 2 times, and only some of them were edited"
    assert found.details == ('one place says  "no"', 'one place says  "yes"')


def test_a_partial_that_was_edited_differently_in_its_places_is_a_conflict() -> None:
    found = conflict("{{> a}} and {{> a}}", "maybe and yes", a="no")

    assert found.reason == "partial `a` is included 2 times, and they were edited differently"
    assert found.details == ('one place says  "maybe"', 'one place says  "yes"')


def test_the_places_of_all_messages_count() -> None:
    composite = chat("top", system="{{> a}}", user="{{> a}}")

    with pytest.raises(EditConflict, match="only some of them were edited"):
        attribute_edit(composite, catalog(a="x"), (Message("system", "y"), Message("user", "x")))


def test_includes_without_number_are_a_conflict() -> None:
    files = {"p0": prompt("p0", "")}
    for level in range(1, 12):
        files[f"p{level}"] = prompt(f"p{level}", f"{{{{> p{level - 1}}}}}" * 4)
    assert MAX_SLOTS < 4**11

    with pytest.raises(EditConflict, match="too many includes"):
        attribute_edit(prompt("top", "a{{> p11}}"), files, "b")


# -- nothing is lost --

words = st.text("ab \n", max_size=6)
NAMES = ("top", "a", "b", "c")


@st.composite
def trees(draw: st.DrawFn) -> dict[str, Prompt]:
    """Draw files each of which may include those after it, several times."""
    files = {}
    for index, name in enumerate(NAMES):
        below = [f"{{{{> {each}}}}}" for each in NAMES[index + 1 :]]
        parts = st.lists(words | st.sampled_from([*below, r"\{{> a}}", ""]), max_size=4)
        files[name] = prompt(name, "".join(draw(parts)))
    return files


def after(files: dict[str, Prompt], edit: AttributedEdit) -> object:
    """Return what the prompt expands to once an edit is in its files."""
    top = files["top"] if edit.own is None else replace(files["top"], content=edit.own)
    texts = {name: prompt(name, text) for name, text in edit.text_by_partial.items()}
    return expand(top, {**files, **texts}).content


@given(trees(), st.data())
def test_an_edit_inside_one_file_is_found_and_gives_exactly_the_edited_text(
    files: dict[str, Prompt], data: st.DataObject
) -> None:
    expanded = expand_text(str(files["top"].content), "top", files)
    edited_places = [place.name for place in expanded.occurrences]
    slots = [
        slot
        for slot in expanded.slots
        if slot.end > slot.start and edited_places.count(slot.owner.name) <= 1
    ]
    assume(slots)
    slot = data.draw(st.sampled_from(slots))
    start = data.draw(st.integers(slot.start, slot.end - 1))
    end = data.draw(st.integers(start + 1, slot.end))
    new = data.draw(st.text("ab \n{>}", min_size=1, max_size=5))
    edited = expanded.text[:start] + new + expanded.text[end:]

    edit = attribute_edit(files["top"], files, edited)

    assert after(files, edit) == edited


@given(trees(), st.data())
def test_a_changed_file_is_found_by_what_it_expands_to(
    files: dict[str, Prompt], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(NAMES))
    pieces = list(pieces_of(str(files[name].content)))
    index = data.draw(st.sampled_from(range(0, len(pieces), 2)))
    new = [each.raw for each in pieces]
    new[index] = data.draw(words)
    changed = {**files, name: prompt(name, "".join(new))}
    edited = expand(changed["top"], changed).content

    try:
        edit = attribute_edit(files["top"], files, edited)
    except EditConflict:
        return
    assert after(files, edit) == edited


@given(trees(), st.one_of(words, marked_texts, st.text("ab\n", max_size=30)))
def test_whatever_was_made_of_a_composite_is_written_exactly_or_left_alone(
    files: dict[str, Prompt], edited: str
) -> None:
    try:
        edit = attribute_edit(files["top"], files, edited)
    except EditConflict:
        return
    assert after(files, edit) == edited


@given(trees())
def test_what_was_not_edited_changes_no_file(files: dict[str, Prompt]) -> None:
    try:
        unedited = expand(files["top"], files).content
    except CompositionError:
        return

    assert attribute_edit(files["top"], files, unedited) == AttributedEdit(None, {})
