"""A JSON or YAML file with many prompts: what it says, what is wrong with it, and one value new."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from promptsync import json_catalog, yaml_catalog
from promptsync.catalog_file import CatalogEntry, find_entry, read_entries, replace_entry
from promptsync.errors import ConflictError, PromptFileError
from promptsync.prompt import Message, Prompt, Template
from tests import strategies
from tests.builders import chat, prompt

JSON, YAML = "forseti.json", "forseti.yaml"


def entries(text: str | bytes, path: str = JSON) -> dict[str, CatalogEntry]:
    """Read a catalog in which every entry is right."""
    data = text if isinstance(text, bytes) else text.encode()
    found = [each for each in read_entries(data, path) if isinstance(each, CatalogEntry)]
    assert len(found) == len(read_entries(data, path))
    return {each.key: each for each in found}


def prompts(text: str | bytes, path: str = JSON) -> dict[str, Prompt]:
    return {key: each.prompt for key, each in entries(text, path).items()}


def problems(text: str | bytes, path: str = JSON) -> list[tuple[int, int, str]]:
    """Return line, column and message of everything that is wrong."""
    data = text if isinstance(text, bytes) else text.encode()
    try:
        found = [each for each in read_entries(data, path) if isinstance(each, PromptFileError)]
    except PromptFileError as error:
        found = [error]
    return [(each.line, each.column, each.message) for error in found for each in error.problems]


def replaced(text: str, key: str, wanted: Prompt, path: str = JSON) -> str:
    return replace_entry(text.encode(), f"{path}#{key}", wanted).decode()


def edited(text: str, key: str, path: str = JSON, **fields: Any) -> str:
    """Change fields of one prompt in a catalog."""
    return replaced(text, key, replace(prompts(text, path)[key], **fields), path)


# -- what it says --


def test_a_text_is_a_prompt_character_for_character() -> None:
    assert prompts('{"greeting": "Hello\\n# user:\\n\\\\# user:\\n"}') == {
        "greeting": prompt(text="Hello\n# user:\n\\# user:\n")
    }


def test_an_object_has_the_keys_of_front_matter() -> None:
    text = """\
{"persona": {"partial": true, "text": "You are Forseti."},
 "check": {"name": "charter-check", "title": "Check", "model": "m", "params": {"temperature": 0},
           "template": "jinja2", "tags": ["a"], "metadata": {"x": 1}, "inputs": {"y": {}},
           "local": {"slug": "s"}, "messages": [{"role": "user", "content": "Hi", "name": "n"}]},
 "said": {"role": "system", "text": "Be brief."}}
"""

    assert prompts(text) == {
        "persona": prompt("persona", "You are Forseti.", partial=True),
        "check": Prompt(
            name="charter-check",
            content=(Message("user", "Hi", {"name": "n"}),),
            title="Check",
            model="m",
            params={"temperature": 0},
            template=Template.JINJA2,
            tags=("a",),
            metadata={"x": 1},
            inputs={"y": {}},
            registry_options={"local": {"slug": "s"}},
        ),
        "said": chat("said", system="Be brief."),
    }


def test_yaml_says_the_same() -> None:
    text = "greeting: |\n  Hello\n  you\nsaid: {role: system, text: Be brief.}\n"

    assert prompts(text, YAML) == {
        "greeting": prompt(text="Hello\nyou\n"),
        "said": chat("said", system="Be brief."),
    }


@pytest.mark.parametrize(("text", "path"), [("{}", JSON), ("", YAML), ("# none\n", YAML)])
def test_a_catalog_may_be_empty(text: str, path: str) -> None:
    assert prompts(text, path) == {}


def test_an_entry_knows_its_line() -> None:
    assert [each.line for each in entries('{\n\n"a": "x",\n"b"\n: "y"}').values()] == [3, 4]
    assert [each.line for each in entries("# c\na: x\n\nb:\n  text: y\n", "c.yml").values()] == [
        2,
        4,
    ]


def test_a_byte_order_mark_and_crlf_say_nothing() -> None:
    text = '\ufeff{\r\n"a": "x",\r\n"b": "y"}\r\n'

    assert [(each.key, each.line) for each in entries(text).values()] == [("a", 2), ("b", 3)]
    assert prompts("\ufeffa: |\r\n  x\r\n  y\r\n", YAML) == {"a": prompt("a", "x\ny\n")}


def test_the_layout_of_a_file_and_the_neighbours_are_no_part_of_an_entry() -> None:
    one = entries('{"a": {"text": "x", "title": "é"}, "b": "1"}')["a"]
    other = entries('{\n  "b": "2",\n  "a": {\n "title": "\\u00e9",\n "text": "x"}\n}')["a"]
    in_yaml = entries("a:\n  title: é\n  text: x\n", YAML)["a"]

    assert one.data == other.data == in_yaml.data == '{"text":"x","title":"é"}'.encode()


def test_one_entry_is_found_by_its_path() -> None:
    data = b'{"a": "x", "b": 1}'

    found = find_entry(data, "forseti.json#a")

    assert found is not None
    assert (found.path, found.value) == ("forseti.json#a", "x")
    assert find_entry(data, "forseti.json#b") is None
    assert find_entry(data, "forseti.json#c") is None


# -- what is wrong with it --


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": "x",\n "a": "y"}', (2, 2, "key `a` stands twice")),
        (
            '{"a": {"text": "x",\n  "params": {"n": 1,\n    "n": 2}}}',
            (3, 5, "key `n` stands twice"),
        ),
        (
            '{"a": {"text": "x", "tools": [{},\n {"n": 1, "n": 2}]}}',
            (2, 11, "key `n` stands twice"),
        ),
        ('{"a": "x"\n "b": "y"}', (2, 2, "invalid JSON: a `,` or `}` is missing")),
        ('{"a": "x",}', (1, 11, "invalid JSON: a key in double quotes is missing")),
        ('{"a" "x"}', (1, 6, "invalid JSON: a `:` is missing")),
        ('{"a": x}', (1, 7, "invalid JSON: expecting value")),
        ('{"a": "x"', (1, 10, "invalid JSON: a `,` or `}` is missing")),
        ('{"a": "x"}\n{}', (2, 1, "invalid JSON: more text after the end of the object")),
        ('{"a": "two\nlines"}', (1, 11, "invalid JSON: invalid control character at")),
        ('{"a": {"text": "x", "params":\n {"t": NaN}}}', (1, 7, "`NaN` is not JSON")),
        ('{"a": {"text": "x", "params": {"t": 1e999}}}', (1, 7, "`1e999` is too large a number")),
        ('["x"]', (1, 1, "a catalog is a JSON object of names and prompts")),
        ("", (1, 1, "a catalog is a JSON object of names and prompts")),
        ("[" * 100_000, (1, 1, "a catalog is a JSON object of names and prompts")),
        ('{"a":' * 100_000, (1, 1, "the JSON is nested too deeply")),
        ('{"a": "\xa0"}'.encode("latin-1"), (1, 8, "invalid UTF-8 byte 0xa0")),
        (b'{\n"a": "\0"}', (2, 7, "NUL byte")),
        ('{\n<<<<<<< HEAD\n"a": "x"', (2, 1, "unresolved conflict marker")),
    ],
)
def test_json_that_cannot_be_read(text: str | bytes, problem: tuple[int, int, str]) -> None:
    ((line, column, message),) = problems(text)

    assert (line, column, message.partition(";")[0]) == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: x\nb: y\na: z\n", (3, 1, "key `a` stands twice")),
        ("a:\n  text: x\n  text: y\n", (3, 3, "key `text` stands twice")),
        ("a: &x b\nc: *x\n", (1, 4, "anchors and aliases are not allowed in a catalog")),
        ("- a\n", (1, 1, "a catalog is a mapping of names and prompts")),
        ("1: x\n", (1, 1, "a key must be text; put `1` in quotes")),
        ("a: x\n b: y\n", (2, 3, "invalid YAML: mapping values are not allowed in this context")),
        ("a: |\n  x\n>>>>>>> theirs\n", (3, 1, "unresolved conflict marker")),
    ],
)
def test_yaml_that_cannot_be_read(text: str, problem: tuple[int, int, str]) -> None:
    assert problems(text, YAML) == [problem]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ('"a": 1', (3, 1, "`a` must be text or an object with `text` or `messages`")),
        ('"a": null', (3, 1, "`a` must be text or an object with `text` or `messages`")),
        ('"a": ["x"]', (3, 1, "`a` must be text or an object with `text` or `messages`")),
        ('"a": {}', (3, 1, "`a` has neither `text` nor `messages`")),
        ('"a": {"text": null}', (3, 1, "`a` has neither `text` nor `messages`")),
        ('"a": {"text": "x",\n"modle": 1}', (4, 1, "unknown key `modle`")),
        ('"a": {"text": "x",\n"tags": [1]}', (4, 1, "`tags` must be a list of texts")),
        (
            '"a": {"messages": [],\n"text": "x"}',
            (4, 1, "`messages` and `text` exclude each other"),
        ),
        ('"a": {"text": "x",\n"role": "boss"}', None),
        ('"a": {"text": "x",\n"local": {\n"slug": 1}}', (5, 1, "`slug` must be text")),
        ('"a": "\\ud800"', (3, 1, "`a` has text that is not valid Unicode, or too many levels")),
        ('"a b": "x"', None),
        ('"a": {"text": "x",\n"name": "a b"}', None),
    ],
)
def test_an_entry_that_is_wrong_hides_no_other(
    entry: str, problem: tuple[int, int, str] | None
) -> None:
    text = f'{{\n"first": "x",\n{entry},\n"last": "y"}}'
    right = [each for each in read_entries(text.encode(), JSON) if isinstance(each, CatalogEntry)]

    assert [each.key for each in right] == ["first", "last"]
    ((line, column, message),) = problems(text)
    assert problem in (None, (line, column, message))
    assert line == text.count("\n", 0, text.index(entry.rpartition("\n")[2])) + 1


def test_a_prompt_has_as_many_bytes_as_a_file_may_have() -> None:
    ((line, _, message),) = problems(json.dumps({"a": "x" * 2**20}))

    assert (line, message) == (1, "`a` has 1,048,578 bytes; a prompt has at most 1,048,576")


def test_an_object_is_nested_as_deeply_as_front_matter_may_be() -> None:
    value: Any = 1
    for _ in range(70):
        value = [value]

    ((_, _, message),) = problems(json.dumps({"a": {"text": "x", "params": {"p": value}}}))

    assert message == "`a` is nested deeper than 64 levels"


def test_text_that_yaml_takes_for_something_else_is_told_to_be_put_in_quotes() -> None:
    (error,) = read_entries(b"answer: yes\n", YAML)

    assert isinstance(error, PromptFileError)
    assert error.problems[0].hint == "put it in quotes"


# -- one value new, every other byte as it was --


def test_a_text_is_replaced_where_it_stands() -> None:
    text = '\ufeff{ "a" :\t"x\\u00e9" ,\r\n  "b": "y" }\r\n\r\n'

    assert edited(text, "a", content="new\nline") == text.replace('"x\\u00e9"', '"new\\nline"')


@pytest.mark.parametrize(
    ("text", "written"),
    [('{"a": "\\u00e9"}', '"\\u00fc"'), ('{"a": "é"}', '"ü"'), ('{"a": ""}', '"ü"')],
)
def test_what_is_not_ascii_is_written_as_the_file_does(text: str, written: str) -> None:
    assert edited(text, "a", content="ü") == f'{{"a": {written}}}'


def test_only_the_members_that_change_are_written() -> None:
    text = """\
{
\t"a": {"title":"T",   "params": { "temperature":0.0, "n" : 1 },
\t\t"messages": [ {"content": "Hi", "role": "user"},
\t\t\t{"role": "assistant", "content": "Yes"} ]
\t},
\t"b": "y"
}
"""
    messages = (Message("user", "Hi"), Message("assistant", "No"))

    assert edited(text, "a", content=messages, params={"temperature": 0, "n": 2}) == text.replace(
        '"Yes"', '"No"'
    ).replace(": 1 }", ": 2 }")


def test_members_come_and_go() -> None:
    text = """\
{
  "a": {
    "title": "T",
    "model": "m",
    "text": "x",
    "tags": ["t"]
  },
  "b": {"title": "T", "text": "y"}
}
"""

    assert edited(text, "a", title=None, tags=(), params={"n": 1}) == text.replace(
        '    "title": "T",\n    "model"', '    "model"'
    ).replace(',\n    "tags": ["t"]', ',\n    "params": {\n      "n": 1\n    }')
    assert edited(text, "b", title=None, model="m") == text.replace(
        '{"title": "T", "text": "y"}', '{"text": "y", "model": "m"}'
    )


def test_a_text_becomes_an_object_when_it_has_to() -> None:
    text = '{\n  "a": "x",\n  "b": "y"\n}\n'

    assert edited(text, "a", model="m") == text.replace(
        '"x"', '{\n    "text": "x",\n    "model": "m"\n  }'
    )


def test_a_message_stated_by_its_role_stays_so() -> None:
    text = '{"a": {"role": "system", "text": "x"}}'

    assert edited(text, "a", content=(Message("system", "y"),)) == text.replace('"x"', '"y"')
    assert json.loads(edited(text, "a", content="y")) == {"a": {"text": "y"}}
    assert json.loads(edited(text, "a", content=(Message("user", "u"), Message("tool", "t")))) == {
        "a": {
            "messages": [{"role": "user", "content": "u"}, {"role": "tool", "content": "t"}],
        }
    }


@pytest.mark.parametrize(
    ("text", "path", "edited_text"),
    [
        ("{}\n", JSON, '{"a": "x"}\n'),
        ('{\n  "b": "y"\n}\n', JSON, '{\n  "b": "y",\n  "a": "x"\n}\n'),
        ('{"b": "y"}', JSON, '{"b": "y", "a": "x"}'),
        ("", YAML, "a: x\n"),
        ("# c\n", YAML, "# c\na: x\n"),
        ("b: y  # c\n# d\n", YAML, "b: y  # c\na: x\n# d\n"),
        ("b: |\n  y\n", YAML, "b: |\n  y\na: x\n"),
        ("b: y", YAML, "b: y\na: x"),
    ],
)
def test_a_new_entry_comes_last(text: str, path: str, edited_text: str) -> None:
    assert replaced(text, "a", prompt("a", "x"), path) == edited_text


def test_yaml_in_braces_takes_no_new_name() -> None:
    with pytest.raises(ConflictError) as raised:
        replaced("{b: y}\n", "a", prompt("a", "x"), YAML)

    assert raised.value.message == (
        "`forseti.yaml#a` cannot be written: the mapping is written in braces, and takes no new "
        "names; `forseti.yaml` is unchanged"
    )


@pytest.mark.parametrize(
    ("old", "new", "written"),
    [
        ("x", "y", "y"),
        ("'x'", "it's", "it's"),
        ('"x"', "y", '"y"'),
        ("x  # note", "y", "y  # note"),
        ("x  # note", "y\nz", '"y\\nz"  # note'),
        ("x", "yes", "'yes'"),
        ("x", "y\nz", "|-\n  y\n  z"),
        ("x", "y\nz\n", "|\n  y\n  z"),
        ("|\n    x\n    more", "y\n\nz\n", "|\n    y\n\n    z"),
        ("|-  # note\n  x", "y\nz", "|-  # note\n  y\n  z"),
        (">\n  x\n  more", "y\nz\n", "|\n  y\n  z"),
        ("|\n  x", " y\nz\n", "|2\n   y\n  z"),
        ("|\n  x\n  z", "y", "y"),
        ("|\n  x", "y\x85\nz\n", '"y\\N\\nz\\n"'),
        ('"x\n  more"', "y", '"y"'),
    ],
)
def test_a_text_in_yaml_is_replaced_where_it_stands(old: str, new: str, written: str) -> None:
    text = "# c\nfirst: 'f'\n\na: {}\n\n# about b\nb:   y\n"

    result = edited(text.replace("{}", old), "a", YAML, content=new)

    assert result == text.replace("{}", written)


def test_an_object_in_yaml_keeps_its_looks() -> None:
    text = """\
a:
  title: T   # label
  tags: [t,   u]
  params:
      temperature: 0  # cold
      stop: [x]
  messages:
    - role: system
      content: |
        You are x.

        Be brief.
    # the question
    - {role: user, content: "Hi"}
b: y
"""
    old = prompts(text, YAML)["a"]
    messages = (Message("system", "You are y.\n"), Message("user", "Ho: a, b"))
    wanted = replace(
        old, title=None, content=messages, params={"temperature": 1, "stop": ["so"]}, model="m"
    )

    assert (
        replaced(text, "a", wanted, YAML)
        == """\
a:
  tags: [t,   u]
  params:
      temperature: 1  # cold
      stop: [so]
  messages:
    - role: system
      content: |
        You are y.
    # the question
    - {role: user, content: "Ho: a, b"}
  model: m
b: y
"""
    )


def test_a_list_of_messages_in_yaml_grows_below_its_key() -> None:
    text = "a:\n  messages:\n  - role: user\n    content: Hi\nb: y\n"
    messages = (Message("system", "Be\nbrief\n"), Message("user", "Hi"))

    assert edited(text, "a", YAML, content=messages) == (
        "a:\n  messages:\n  - role: system\n    content: |\n      Be\n      brief\n"
        "  - role: user\n    content: Hi\nb: y\n"
    )


def test_crlf_stays_in_yaml() -> None:
    text = "a: |\r\n  x\r\n\r\nb: |\r\n  y\r\n"

    assert edited(text, "a", YAML, content="new\nlines\n") == text.replace(
        "  x\r\n", "  new\r\n  lines\r\n"
    )


# -- any catalog --

_keys = st.text("ab_.-", min_size=1, max_size=3)
_spaces = st.sampled_from(["", " ", "\n", "\r\n  ", "\t"])


@st.composite
def json_texts(draw: st.DrawFn, value: Any) -> str:
    """Draw one way to write a JSON value: any white space, any escapes."""

    def space() -> str:
        return draw(_spaces)

    if isinstance(value, dict):
        members = (
            f"{space()}{draw(json_texts(key))}{space()}:{space()}{draw(json_texts(each))}{space()}"
            for key, each in value.items()
        )
        return "{" + (",".join(members) or space()) + "}"
    if isinstance(value, list):
        items = (f"{space()}{draw(json_texts(each))}{space()}" for each in value)
        return "[" + (",".join(items) or space()) + "]"
    return json.dumps(value, ensure_ascii=draw(st.booleans()))


@st.composite
def json_catalogs(draw: st.DrawFn) -> str:
    value = draw(st.dictionaries(_keys, st.text(max_size=3) | _objects, min_size=1, max_size=4))
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return mark + draw(_spaces) + draw(json_texts(value)) + draw(_spaces)


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
_objects: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"text": _texts},
    optional={
        "title": _texts,
        "params": st.dictionaries(_texts, st.integers(0, 9) | _texts, max_size=3),
        "tags": st.lists(_texts, max_size=2),
    },
)


def _check_a_replacement(text: str, path: str, key: str, wanted: Prompt) -> None:
    """Check that a catalog says one thing new, and that all else kept its bytes."""
    before = entries(text, path)
    result = replace_entry(text.encode(), f"{path}#{key}", wanted)
    after = entries(result, path)

    assert after[key].prompt == wanted
    assert list(before) == list(after)
    assert all(before[each].data == after[each].data for each in before if each != key)
    assert _without_value(result, path, key) == _without_value(text.encode(), path, key)


def _without_value(data: bytes, path: str, key: str) -> tuple[str, str]:
    """Return what stands before and behind the value of an entry."""
    text = data.decode().lstrip("\ufeff").replace("\r\n", "\n")
    members = (json_catalog if path == JSON else yaml_catalog).read_members(text)
    (member,) = (each for each in members if each.key == key)
    return text[: member.start], text[member.end :]


@pytest.mark.slow
@given(st.data())
def test_a_value_of_any_json_is_replaced_alone(data: st.DataObject) -> None:
    text = data.draw(json_catalogs())
    assume(not problems(text))
    key = data.draw(st.sampled_from(sorted(prompts(text))))
    drawn = data.draw(strategies.prompts())
    wanted = replace(drawn, name=data.draw(st.sampled_from([key, drawn.name])))

    _check_a_replacement(text, JSON, key, wanted)


@st.composite
def yaml_catalogs(draw: st.DrawFn) -> str:
    """Draw YAML as people write it: styles, comments, blank lines, any indentation."""
    value = draw(st.dictionaries(_keys, _texts | _objects, min_size=1, max_size=3))
    style = draw(st.sampled_from([None, '"', "'", "|", ">"]))
    flow = draw(st.sampled_from([False, None, True]))
    pieces = [
        yaml.dump(
            {key: each},
            allow_unicode=draw(st.booleans()),
            default_style=style if isinstance(each, str) else None,
            default_flow_style=flow if isinstance(each, dict) else False,
            indent=draw(st.integers(2, 4)),
            width=draw(st.sampled_from([5, 80])),
        ).removesuffix("...\n")
        + draw(st.sampled_from(["", "\n", "# note\n", "\n# note\n\n"]))
        for key, each in value.items()
    ]
    return "".join(pieces)


@pytest.mark.slow
@given(st.data())
def test_a_value_of_any_yaml_is_replaced_alone(data: st.DataObject) -> None:
    text = data.draw(yaml_catalogs())
    assume(not problems(text, YAML))
    key = data.draw(st.sampled_from(sorted(prompts(text, YAML))))
    drawn = data.draw(strategies.prompts())
    wanted = replace(drawn, name=data.draw(st.sampled_from([key, drawn.name])))

    _check_a_replacement(text, YAML, key, wanted)


@given(st.sampled_from([JSON, YAML]), st.text(max_size=40) | st.binary(max_size=40).map(str))
def test_no_file_is_a_crash(path: str, text: str) -> None:
    data = text.encode(errors="replace")
    for form in (data, b"{" + data, b'{"a": ' + data + b"}", b"a: " + data):
        assert all(line >= 1 and column >= 1 for line, column, _ in problems(form, path))
