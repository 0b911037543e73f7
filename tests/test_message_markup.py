from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.message_markup import (
    ROLES,
    MarkupError,
    can_hold,
    escaped,
    find_conflict,
    read_body,
    update_body,
    write_body,
)
from promptsync.prompt import Message
from tests import strategies

BODIES = st.lists(
    st.sampled_from([*strategies.MARKED_LINES, "# user:", "# system:", "# assistant:"]), max_size=8
).map("\n".join)


def test_a_body_without_a_marker_is_a_text() -> None:
    assert read_body("Hello\n\nworld\n") == "Hello\n\nworld"


def test_markers_divide_a_body_into_messages() -> None:
    body = "# system:\n\nBe brief.\n\n# user:\n\nHi\nthere\n"

    assert read_body(body) == (Message("system", "Be brief."), Message("user", "Hi\nthere"))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_marker(role: str) -> None:
    assert read_body(f"# {role}:\n\nHi\n") == (Message(role, "Hi"),)


@pytest.mark.parametrize(
    "line",
    ["# user: ", " # user:", "# User:", "#user:", "# user", "## user:", "# users:", "# user: Hi"],
)
def test_only_a_line_that_is_exactly_a_marker_is_one(line: str) -> None:
    assert read_body(f"{line}\n\nHi\n") == f"{line}\n\nHi"


def test_a_marker_within_a_code_fence_is_a_marker() -> None:
    assert read_body("# user:\n\n```\n# tool:\n```\n") == (
        Message("user", "```"),
        Message("tool", "```"),
    )


def test_the_blank_lines_around_a_message_may_be_missing() -> None:
    assert read_body("# system:\na\n# user:\nb") == (Message("system", "a"), Message("user", "b"))


def test_only_one_blank_line_on_each_side_is_structure() -> None:
    body = "# system:\n\n\n a\n\n\n# user:\n\n\n\nb\n\n"

    assert read_body(body) == (Message("system", "\n a\n"), Message("user", "\n\nb\n"))


@pytest.mark.parametrize("body", ["# user:", "# user:\n", "# user:\n\n", "# user:\n\n\n"], ids=repr)
def test_a_message_may_be_empty(body: str) -> None:
    assert read_body(body) == (Message("user", ""),)
    assert read_body(f"# user:\n{body}") == (Message("user", ""), Message("user", ""))


def test_blank_lines_before_the_first_marker_are_no_text() -> None:
    assert read_body("\n \n\n# user:\n\nHi\n") == (Message("user", "Hi"),)


def test_text_before_the_first_marker_is_refused_with_its_line() -> None:
    with pytest.raises(MarkupError) as caught:
        read_body("\n\nHello\n\n# user:\n\nHi\n")

    assert caught.value.message == "text before the first marker `# user:`"
    assert caught.value.line == 3
    assert caught.value.hint == "move it below a marker such as `# system:`"


@pytest.mark.parametrize(
    ("written", "content"),
    [
        ("\\# user:", "# user:"),
        ("\\\\# user:", "\\# user:"),
        ("\\<<<<<<< HEAD", "<<<<<<< HEAD"),
        ("\\>>>>>>>", ">>>>>>>"),
        ("\\\\\\<<<<<<<", "\\\\<<<<<<<"),
        ("a\n\\# tool:\nb", "a\n# tool:\nb"),
        ("\\n \\# users: \\<<<<<<<< \\", "\\n \\# users: \\<<<<<<<< \\"),
    ],
    ids=repr,
)
def test_a_backslash_makes_a_marker_text(written: str, content: str) -> None:
    assert read_body(f"{written}\n") == content
    assert write_body(content) == f"{written}\n"
    assert read_body(f"# user:\n\n{written}\n") == (Message("user", content),)
    assert escaped(content) == written


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n", 1),
        ("a\nb\n<<<<<<<\n", 3),
        ("a\n=======\nb\n>>>>>>> main\n", 4),
        ("a\n>>>>>>>", 2),
    ],
    ids=["whole", "start", "end", "last line"],
)
def test_a_conflict_marker_is_found_also_when_it_is_a_leftover(text: str, line: int) -> None:
    assert find_conflict(text) == line


@pytest.mark.parametrize(
    "text",
    ["a <<<<<<< b", "<<<<<<<<", "<<<<<<<x", "\\<<<<<<< a", " >>>>>>>", "Title\n=======\n", "<<<"],
)
def test_what_only_resembles_a_conflict_marker_is_text(text: str) -> None:
    assert find_conflict(text) is None


@given(strategies.contents.filter(can_hold))
def test_what_a_body_can_hold_it_gives_back(content: str | tuple[Message, ...]) -> None:
    body = write_body(content)

    assert read_body(body) == content
    assert find_conflict(body) is None
    assert read_body(body.encode().decode().replace("\r\n", "\n")) == content


@given(BODIES, strategies.contents.filter(can_hold))
def test_an_updated_body_says_what_is_wanted(body: str, content: str | tuple[Message, ...]) -> None:
    try:
        read_body(body)
    except MarkupError:
        return

    assert read_body(update_body(body, content)) == content


@pytest.mark.parametrize(
    "content",
    [
        "a\r\nb",
        "ends with\r",
        "a\0b",
        "a\ud800",
        (),
        (Message("function", "a"),),
        (Message("user", [{"type": "text", "text": "a"}]),),
        (Message("user", "a", {"name": "ada"}),),
        (Message("system", "fine"), Message("user", "a\r")),
    ],
    ids=repr,
)
def test_what_a_body_cannot_hold_is_known(content: str | tuple[Message, ...]) -> None:
    assert not can_hold(content)


def test_messages_that_stay_keep_their_bytes() -> None:
    body = "\n# system:\nBe brief.\n# user:\n\nHi\n# assistant:\nYes?"
    content = (
        Message("system", "Be brief."),
        Message("user", "Hello"),
        Message("assistant", "Yes?"),
    )

    assert update_body(body, content) == (
        "\n# system:\nBe brief.\n# user:\n\nHello\n\n# assistant:\nYes?"
    )


def test_a_message_that_is_the_last_no_more_is_written_anew() -> None:
    messages = (Message("system", "a"), Message("user", "b"))

    assert update_body("# system:\na\n# user:\nb", messages[:1]) == "# system:\n\na\n"
    assert update_body("# system:\na", messages) == "# system:\n\na\n\n# user:\n\nb\n"


def test_a_text_that_becomes_a_chat_is_written_anew() -> None:
    assert update_body("Hello", (Message("user", "Hi"),)) == "# user:\n\nHi\n"
    assert update_body("# user:\nHi", "Hello") == "Hello\n"
