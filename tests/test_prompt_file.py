from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.content_hash import content_hash
from promptsync.errors import Problem, PromptFileError
from promptsync.file_text import decode
from promptsync.prompt import Message, Prompt, Template, is_same
from promptsync.prompt_file import format_prompt, parse_prompt, update_text
from tests import strategies
from tests.builders import chat, prompt

PATH = "prompts/greeting.md"
SIGNAL = """\
---
title: Analyze signal      # shown in lists
description: Scores a trading signal
# cheap enough
model: gpt-5-mini
params:
    temperature: 0   # cold
    max_tokens: 800
tags:
  - signal
template: mustache
partial: false
---

# system:
You are a careful analyst.

{{> shared.house_rules}}

# user:

Signal: {{signal}}
"""


def parse(text: str, name: str = "greeting") -> Prompt:
    return parse_prompt(text, path=PATH, name=name)


def reread(text: str, name: str = "greeting") -> Prompt:
    """Parse text after a journey through a file."""
    return parse(decode(text.encode(), PATH), name)


def update(text: str, wanted: Prompt) -> str:
    return update_text(text, wanted, path=PATH, path_name="greeting")


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(PromptFileError) as caught:
        parse(decode(text, PATH) if isinstance(text, bytes) else text)
    return caught.value.problems


def problem(text: str | bytes) -> str:
    """Return the only problem of a file as `line:column: message`."""
    (only,) = problems(text)
    return str(only).removeprefix(f"{PATH}:")


# Reading


def test_a_file_without_front_matter_is_a_text_prompt() -> None:
    assert parse("Say hello to {{name}}.\n") == prompt()


def test_a_file_states_messages_and_how_to_ask() -> None:
    assert parse(SIGNAL, "signal") == Prompt(
        name="signal",
        title="Analyze signal",
        description="Scores a trading signal",
        model="gpt-5-mini",
        params={"temperature": 0, "max_tokens": 800},
        tags=("signal",),
        content=(
            Message("system", "You are a careful analyst.\n\n{{> shared.house_rules}}"),
            Message("user", "Signal: {{signal}}"),
        ),
    )


def test_every_key_has_its_field() -> None:
    text = """\
---
name: hello
title: A
description: B
model: m
params: {n: 1}
tools: [{type: function}]
response_format: {type: json_object}
template: jinja2
tags: [t]
metadata: {owner: desk}
partial: true
inputs: {who: {type: string}}
local: {a: 1}
braintrust: {slug: x}
mlflow: {b: 2}
opik: {c: 3}
---
Hi
"""

    assert parse(text) == Prompt(
        name="hello",
        content="Hi",
        title="A",
        description="B",
        model="m",
        params={"n": 1},
        tools=[{"type": "function"}],
        response_format={"type": "json_object"},
        template=Template.JINJA2,
        tags=("t",),
        metadata={"owner": "desk"},
        partial=True,
        inputs={"who": {"type": "string"}},
        registry_options={
            "local": {"a": 1},
            "braintrust": {"slug": "x"},
            "mlflow": {"b": 2},
            "opik": {"c": 3},
        },
    )


@pytest.mark.parametrize("value", ["", "null", "~"])
def test_a_key_without_a_value_is_absent(value: str) -> None:
    keys = ["title", "model", "params", "tools", "tags", "partial", "template", "role", "text"]
    front = "".join(f"{key}: {value}\n" for key in [*keys, "messages", "name", "braintrust"])

    assert parse(f"---\n{front}---\n\nHi\n") == prompt(text="Hi")


def test_what_is_empty_is_absent() -> None:
    texts = "".join(f"{key}: ''\n" for key in ("name", "title", "description", "model"))
    others = "params: {}\ntools: []\nresponse_format: {}\ntags: []\nmetadata: {}\nopik: {}\n"

    assert parse(f"---\n{texts}{others}---\n\nHi\n") == prompt(text="Hi")


def test_a_role_in_the_front_matter_makes_the_body_one_message() -> None:
    assert parse("---\nrole: system\n---\n\nBe brief.\n") == chat(system="Be brief.")


def test_messages_may_stand_in_the_front_matter() -> None:
    text = """\
---
messages:
- role: assistant
  content: null
  tool_calls: [{id: a}]
- {role: tool, content: "5", tool_call_id: a}
- role: user
- {role: user, content: [{type: text, text: Hi}]}
---
"""

    assert parse(text).content == (
        Message("assistant", "", {"tool_calls": [{"id": "a"}]}),
        Message("tool", "5", {"tool_call_id": "a"}),
        Message("user", ""),
        Message("user", [{"type": "text", "text": "Hi"}]),
    )


def test_text_may_stand_in_the_front_matter() -> None:
    assert parse('---\ntext: "a\\0b"\n---\n').content == "a\0b"


def test_an_empty_file_is_an_empty_text() -> None:
    assert parse("") == prompt(text="")
    assert parse("---\nmodel: m\n---") == prompt(text="", model="m")


def test_only_the_first_blank_line_and_the_last_line_end_are_structure() -> None:
    assert parse("---\nmodel: m\n---\n\n\n a\n\n").content == "\n a\n"
    assert parse("---\nmodel: m\n---\na").content == "a"
    assert parse("\na\n\n").content == "\na\n"


def test_only_a_line_that_is_exactly_three_dashes_bounds_front_matter() -> None:
    assert parse("--- \nmodel: m\n---\n").content == "--- \nmodel: m\n---"
    assert parse("---\ntitle: |\n  ---\n---\n\na\n---\nb\n") == prompt(
        text="a\n---\nb", title="---\n"
    )


def test_crlf_is_read_as_lf_and_a_byte_order_mark_is_dropped() -> None:
    data = b"\xef\xbb\xbf---\r\nmodel: m\r\n---\r\n\r\n# user:\r\n\r\nHi\r\nthere\r\n"

    assert parse(decode(data, PATH)) == replace(chat(user="Hi\nthere"), model="m")


def test_a_lone_carriage_return_is_content() -> None:
    assert decode(b"a\rb\n", PATH) == "a\rb\n"


# Refusing


def test_all_problems_of_the_front_matter_are_told_at_once() -> None:
    text = """\
---
titel: x
model: [a]
params:
  temperature: 0
tags: [a, 2024]
template: liquid
name: 5
braintrust:
  slug: 7
role: robot
---
"""

    assert problems(text) == (
        Problem(
            PATH,
            2,
            "unknown key `titel`",
            hint="did you mean `title`? anything else goes below `metadata:`",
            rule="PS003",
        ),
        Problem(PATH, 3, "`model` must be text", rule="PS003"),
        Problem(PATH, 6, "`tags` must be a list of texts", hint="put it in quotes", rule="PS003"),
        Problem(PATH, 7, "`template` must be one of mustache, jinja2, none", rule="PS003"),
        Problem(PATH, 8, "`name` must be text", hint="put it in quotes", rule="PS003"),
        Problem(PATH, 10, "`slug` must be text", hint="put it in quotes", rule="PS003"),
        Problem(
            PATH,
            11,
            "`role` must be one of system, developer, user, assistant, tool",
            rule="PS003",
        ),
    )


@pytest.mark.parametrize(
    ("front_matter", "message"),
    [
        ("title: yes", "`title` must be text"),
        ("params: [1]", "`params` must be a mapping"),
        ("tools: {a: 1}", "`tools` must be a list of tools"),
        ("response_format: text", "`response_format` must be a mapping"),
        ("tags: a", "`tags` must be a list of texts"),
        ("metadata: []", "`metadata` must be a mapping"),
        ("partial: 1", "`partial` must be true or false"),
        ("inputs: [a]", "`inputs` must be a mapping of variables"),
        ("text: 5", "`text` must be text"),
        ("opik: x", "`opik` must be a mapping"),
        ("messages: {}", "`messages` must be a list of messages with `role` and `content`"),
        ("messages: [a]", "`messages` must be a list of messages with `role` and `content`"),
        ("messages: [{}]", "`messages` must be a list of messages with `role` and `content`"),
        (
            "messages: [{role: user, content: 5}]",
            "`messages` must be a list of messages with `role` and `content`",
        ),
        ("role: user\ntext: a", "`role` and `text` exclude each other"),
        ("messages: []\ntext: a", "`messages` and `text` exclude each other"),
        ("role: user\nmessages: []", "`role` and `messages` exclude each other"),
    ],
)
def test_a_key_holds_what_it_is_for(front_matter: str, message: str) -> None:
    (found,) = problems(f"---\n{front_matter}\n---\n")

    assert found.message == message
    assert found.rule == "PS003"


def test_a_key_like_no_other_gets_no_suggestion() -> None:
    (found,) = problems(f"---\n? {'x' * 5000}\n: 1\n---\n")

    assert found.message == f"unknown key `{'x' * 60}…`"
    assert found.hint == "anything else goes below `metadata:`"


@pytest.mark.slow
def test_a_file_full_of_unknown_keys_is_refused_without_listing_them_all() -> None:
    text = "".join(f"k{number}: 1\n" for number in range(20_000))

    assert len(problems(f"---\n{text}---\n")) == 100


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "---\ntitle: a\nmodel: b: c\n---\n",
            "3:9: invalid YAML: mapping values are not allowed in this context",
        ),
        ("---\ntitle: a\ntitle: b\n---\n", "3:1: key `title` stands twice"),
        ("---\n- a\n---\n", "2:1: front matter must be a mapping of keys to values"),
        ("---\ntitle: a\n", "1:1: front matter is not closed by a line `---`"),
        ("---\ntitle: a\n----\n", "1:1: front matter is not closed by a line `---`"),
        ("---\nrole: user\n---\n\n# user:\n\nHi\n", "2:1: both `role:` and role markers"),
        ("---\ntext: a\n---\n\nb\n", "5:1: both `text:` and a body"),
        ("---\nmessages: []\n---\nb\n", "4:1: both `messages:` and a body"),
        ("Hello\n\n# user:\n\nHi\n", "1:1: text before the first marker `# user:`"),
        (
            "---\nmodel: m\n---\n\n\nHello\n# tool:\n",
            "6:1: text before the first marker `# tool:`",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(text: str, expected: str) -> None:
    assert problem(text) == expected


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", ">>>>>>> main"])
@pytest.mark.parametrize("before", ["a\n", "---\n", "---\nmodel: m\n---\n\n# user:\n\n"])
def test_conflict_markers_are_refused_wherever_they_stand(marker: str, before: str) -> None:
    (found,) = problems(f"{before}{marker}\nb\n")

    assert found.message == "unresolved conflict marker"
    assert (found.line, found.rule) == (before.count("\n") + 1, "PS002")
    assert "`\\<<<<<<<`" in str(found.hint)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a\n\xc3\xa9b\0", "2:3: NUL byte; a prompt file is UTF-8 text"),
        (b"a\n\xc3\xa9\xff", "2:2: invalid UTF-8 byte 0xff; a prompt file is UTF-8 text"),
        (b"\xef\xbb\xbfab\x80", "1:3: invalid UTF-8 byte 0x80; a prompt file is UTF-8 text"),
        (b"a\r\nb\xe9\r\n", "2:2: invalid UTF-8 byte 0xe9; a prompt file is UTF-8 text"),
        (b"a\xed\xa0\x80", "1:2: invalid UTF-8 byte 0xed; a prompt file is UTF-8 text"),
        ("é\n".encode("utf-16-be"), "1:1: NUL byte; a prompt file is UTF-8 text"),
        (
            b"x" * 5_000_000,
            "1:1: the file has 5,000,000 bytes; a prompt file has at most 1,048,576",
        ),
    ],
    ids=["nul", "invalid", "after a byte order mark", "latin-1", "surrogate", "utf-16", "5 MB"],
)
def test_what_is_no_text_is_refused_with_its_place(data: bytes, expected: str) -> None:
    assert problem(data) == expected


@pytest.mark.parametrize("name", ["my prompt", "grüße", "a/b", "a\n", "x" * 256], ids=repr)
def test_a_name_has_few_characters(name: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        parse("Hi\n", name)

    (found,) = caught.value.problems
    assert found.line == 1
    assert found.message == (
        f"`{name[:60]}` is not a valid name: letters, digits, `_`, `.` and `-`, at most 255"
    )
    assert found.hint == "rename the file, or add `name:` to its front matter"


def test_a_wrong_name_in_the_file_is_told_with_its_line() -> None:
    assert problem("---\nmodel: m\nname: my prompt\n---\n").startswith("3:1: `my prompt` is not")


# Writing


@given(strategies.prompts())
def test_a_file_gives_back_every_prompt_it_can_hold(original: Prompt) -> None:
    text = format_prompt(original)

    assert repr(reread(text, "another")) == repr(original)
    assert format_prompt(reread(text, "another")) == text


@given(strategies.prompts())
def test_a_name_that_the_path_gives_is_not_repeated(original: Prompt) -> None:
    text = format_prompt(original, path_name=original.name)

    assert "name" not in text.partition("\n---\n")[0].splitlines()
    assert reread(text, original.name) == original


def test_a_file_is_written_as_people_would() -> None:
    written = format_prompt(
        replace(
            chat(system="Be brief.\n", user="# user:\n{{question}}"),
            title="Greeting",
            params={"temperature": 0.5, "stop": ["END"]},
            tags=("a",),
        ),
        path_name="greeting",
    )

    assert (
        written
        == """\
---
title: Greeting
params:
  temperature: 0.5
  stop:
  - END
tags:
- a
---

# system:

Be brief.


# user:

\\# user:
{{question}}
"""
    )


def test_a_text_prompt_needs_no_front_matter() -> None:
    assert format_prompt(prompt(text="Hi"), path_name="greeting") == "Hi\n"
    assert format_prompt(prompt(text="\nHi\n"), path_name="greeting") == "\nHi\n\n"


@pytest.mark.parametrize("text", ["---", "---\na", "\ufeffa"], ids=ascii)
def test_text_that_looks_like_the_start_of_a_file_gets_an_empty_front_matter(text: str) -> None:
    written = format_prompt(prompt(text=text), path_name="greeting")

    assert written == f"---\n---\n\n{text}\n"
    assert reread(written) == prompt(text=text)


@pytest.mark.parametrize("text", ["a\0b", "a\r\nb", "ends with\r"], ids=ascii)
def test_text_that_a_body_cannot_hold_stands_in_the_front_matter(text: str) -> None:
    written = format_prompt(prompt(text=text), path_name="greeting")

    assert written.startswith('---\ntext: "')
    assert reread(written) == prompt(text=text)


def test_messages_that_a_body_cannot_hold_stand_in_the_front_matter() -> None:
    messages = (Message("assistant", "", {"tool_calls": [{"id": "a"}]}), Message("user", "a\nb"))
    written = format_prompt(Prompt(name="greeting", content=messages), path_name="greeting")

    assert (
        written
        == """\
---
messages:
- role: assistant
  content: ''
  tool_calls:
  - id: a
- role: user
  content: |-
    a
    b
---
"""
    )
    assert reread(written).content == messages


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": "a\ud800"}, "a value is not valid Unicode text"),
        ({"title": "a\ud800"}, "a value is not valid Unicode text"),
        ({"params": {"temperature": float("inf")}}, "a number is infinite or not a number"),
        ({"name": "my prompt"}, "`my prompt` is not a valid name: letters, digits, `_`, `.` and"),
        ({"text": "x" * 2**20}, "the file has 1,048,577 bytes; a prompt file has at most"),
        ({"text": "é\r" * 140_000}, "front matter is larger than 256 KiB"),
        ({"registry_options": {"other": {"a": 1}}}, "unknown key `other`"),
    ],
    ids=["text", "title", "number", "name", "size", "front matter", "registry"],
)
def test_what_could_not_be_read_back_is_not_written(fields: dict[str, Any], message: str) -> None:
    unwritable = prompt(**{"name": "greeting", **fields})

    with pytest.raises(PromptFileError) as caught:
        format_prompt(unwritable, path_name="greeting" if unwritable.name == "greeting" else None)

    assert caught.value.problems[0].message.startswith(message)


# Updating


@given(strategies.prompts())
def test_an_update_with_what_the_file_says_changes_nothing(original: Prompt) -> None:
    text = format_prompt(original)

    assert update(text, reread(text)) == text


@given(strategies.prompts(), strategies.prompts())
def test_an_updated_file_says_what_is_wanted(old: Prompt, wanted: Prompt) -> None:
    text = update(format_prompt(old), wanted)

    assert is_same(asdict(reread(text)), asdict(wanted))
    assert content_hash(reread(text)) == content_hash(wanted)
    assert update(text, wanted) == text


HANDWRITTEN = (
    SIGNAL,
    "",
    "Hi",
    "\n\nHi\n\n",
    "---\n---\nHi",
    "---\n# nothing yet\n---\n",
    "---\nmodel: m\n---",
    "---\nrole: user # me\n---\n\nHi\n",
    "---\nname: greeting\ntext: |\n  Hi\n---\n\n \n",
    "---\nname: other\nmessages:\n- {role: user, content: Hi}  # first\n---\n",
    "\n# user:\nHi\n# assistant:\n\nHo",
    "---\n{title: a, tags: [b]}\n---\n# user:\n",
    "---\nmodel:\ntitle: ''\nparams: {}\nbraintrust: {slug: x}\n---\n\\# user:\n\n\\<<<<<<<",
)


@pytest.mark.parametrize("text", HANDWRITTEN, ids=range(len(HANDWRITTEN)))
def test_a_file_by_hand_is_left_alone_when_nothing_changes(text: str) -> None:
    assert update(text, parse(text)) == text


@given(st.sampled_from(HANDWRITTEN), strategies.prompts())
def test_a_file_by_hand_can_be_updated_to_anything(text: str, wanted: Prompt) -> None:
    assert is_same(asdict(reread(update(text, wanted))), asdict(wanted))


def test_one_changed_parameter_changes_one_line() -> None:
    wanted = replace(parse(SIGNAL), params={"temperature": 0.5, "max_tokens": 800})

    assert update(SIGNAL, wanted) == SIGNAL.replace("temperature: 0 ", "temperature: 0.5 ")


def test_true_for_1_is_a_change() -> None:
    wanted = replace(parse(SIGNAL), params={"temperature": False, "max_tokens": 800})

    assert update(SIGNAL, wanted) == SIGNAL.replace("temperature: 0 ", "temperature: false ")


def test_1_0_for_1_is_no_change() -> None:
    wanted = replace(parse(SIGNAL), params={"temperature": 0.0, "max_tokens": 800.0})

    assert update(SIGNAL, wanted) == SIGNAL


def test_one_changed_message_leaves_the_others_and_the_front_matter_alone() -> None:
    old = parse(SIGNAL)
    assert isinstance(old.content, tuple)
    wanted = replace(old, content=(old.content[0], Message("user", "Score: {{signal}}")))

    assert update(SIGNAL, wanted) == SIGNAL.replace("Signal: {{", "Score: {{")


def test_a_default_that_somebody_spelled_out_stays() -> None:
    assert "\ntemplate: mustache\npartial: false\n" in update(
        SIGNAL, replace(parse(SIGNAL), model=None)
    )


def test_a_role_in_the_front_matter_stays_the_way_to_say_one_message() -> None:
    text = "---\nrole: user # me\n---\n\nHi\n"

    assert update(text, chat(system="# user:")) == "---\nrole: system # me\n---\n\n\\# user:\n"
    assert update(text, chat(user="Hi", assistant="Ho")) == (
        "---\n---\n\n# user:\n\nHi\n\n# assistant:\n\nHo\n"
    )
    assert update(text, prompt(text="x")) == "---\n---\n\nx\n"


def test_content_stays_in_the_front_matter_where_somebody_put_it() -> None:
    text = "---\ntext: Hi # short\n---\n"
    messages = "---\nmessages: [{role: user, content: Hi}] # short\n---\n"

    assert update(text, prompt(text="Ho")) == "---\ntext: Ho # short\n---\n"
    assert update(messages, chat(user="Ho")) == messages.replace("Hi", "Ho")
    assert update(text, chat(user="Ho")) == "---\n---\n\n# user:\n\nHo\n"
    assert update(messages, prompt(text="Ho")) == "---\n---\n\nHo\n"


def test_a_file_without_front_matter_gets_one_when_it_needs_one() -> None:
    assert update("\nHi\n", prompt(text="\nHi", model="m")) == "---\nmodel: m\n---\n\n\nHi\n"
    assert update("Hi", prompt(text="---\n")) == "---\n---\n\n---\n\n"


def test_the_blank_line_after_front_matter_is_the_authors() -> None:
    assert update("---\nmodel: m\n---\nHi\n", prompt(text="Ho", model="m")) == (
        "---\nmodel: m\n---\nHo\n"
    )
    assert update("---\nmodel: m\n---\nHi\n", prompt(text="\nHo", model="m")) == (
        "---\nmodel: m\n---\n\n\nHo\n"
    )


def test_a_name_is_stated_only_where_the_path_gives_another() -> None:
    named = "---\nname: other # here\nmodel: m\n---\n\nHi\n"

    assert update("Hi\n", prompt("other", "Hi")) == "---\nname: other\n---\n\nHi\n"
    assert update(named, prompt("third", "Hi", model="m")) == named.replace("other", "third")
    assert update(named, prompt(text="Hi", model="m")) == "---\nmodel: m\n---\n\nHi\n"
    assert update("---\nname: greeting\n---\nHi", prompt(text="Ho")) == (
        "---\nname: greeting\n---\nHo\n"
    )


def test_an_update_that_could_not_be_read_back_is_refused() -> None:
    for unwritable in (
        replace(parse(SIGNAL), title="a\ud800"),
        replace(parse(SIGNAL), content="x" * 2**20),
    ):
        with pytest.raises(PromptFileError):
            update(SIGNAL, unwritable)
    with pytest.raises(PromptFileError, match="a value is not valid Unicode text"):
        update("Hi\n", prompt(text="Hi", title="\udfff"))
