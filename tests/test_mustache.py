"""Mustache as its specification has it, and where promptsync differs on purpose."""

from __future__ import annotations

import datetime
import enum
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

import pystache  # type: ignore[import-untyped]  # it has no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.mustache import Mustache
from promptsync.template_errors import MissingNameError, TemplateError
from tests.strategies import unicode_text


def said(text: str, /, **values: object) -> str:
    """Return what a template says with values."""
    return Mustache(text).render(values)


@pytest.mark.parametrize("tag", ["{{x}}", "{{ x }}", "{{{x}}}", "{{{ x }}}", "{{&x}}", "{{& x }}"])
def test_a_variable_is_never_escaped_for_html(tag: str) -> None:
    assert said(f"[{tag}]", x="a & <b> \"c\" 'd'") == "[a & <b> \"c\" 'd']"


def test_what_a_value_says_is_not_read_again() -> None:
    assert said("{{x}}{{y}}", x="{{y}}", y="{{x}}") == "{{y}}{{x}}"


class Mood(str, enum.Enum):  # noqa: UP042  whose str() is not its text
    CALM = "calm"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        (None, ""),
        (0, "0"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (True, "true"),
        (False, "false"),
        (["a", 1, None], '["a", 1, null]'),
        (("a",), '["a"]'),
        ({"b": "Grüße", "a": {}}, '{"b": "Grüße", "a": {}}'),
        ({}, "{}"),
        ([], "[]"),
        (defaultdict(int, a=1), '{"a": 1}'),
        (MappingProxyType({"a": {1}}), '{"a": [1]}'),
        (Mood.CALM, "calm"),
        (Decimal("1.10"), "1.10"),
        (datetime.date(2026, 11, 21), "2026-11-21"),
        ({"day": datetime.date(2026, 11, 21)}, '{"day": "2026-11-21"}'),
    ],
)
def test_a_value_is_said_as_text_or_as_json(value: object, text: str) -> None:
    assert said("{{x}}", x=value) == text


def endless() -> list[Any]:
    """Return a list that is in itself."""
    made: list[Any] = []
    made.append(made)
    return made


@pytest.mark.parametrize(
    "value", [b"a", object(), said, (each for each in "a"), [b"a"], endless(), {(1, 2): 3}]
)
def test_a_value_without_a_text_is_an_error_with_its_line(value: object) -> None:
    with pytest.raises(TemplateError) as raised:
        said("\n{{x}}", x=value)

    assert raised.value.line == 2
    assert "`x`" in raised.value.message


@dataclass
class User:
    name: str
    _key: str = "secret"


class Point(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("{{a.b.c}}", {"a": {"b": {"c": "d"}}}, "d"),
        ("{{user.name}}", {"user": User("Ada")}, "Ada"),
        ("{{list.1}}", {"list": ["a", "b"]}, "b"),
        ("{{point.x}}/{{point.1}}", {"point": Point(1, 2)}, "1/2"),
        ("{{#rows}}{{0}}={{1}};{{/rows}}", {"rows": [("a", 1), ("b", 2)]}, "a=1;b=2;"),
        ("{{#a}}{{b.c}}{{/a}}", {"a": {"x": 1}, "b": {"c": "d"}}, "d"),
        ("{{naïve-name_1}}", {"naïve-name_1": "a"}, "a"),
    ],
)
def test_a_dotted_name_goes_down(text: str, values: dict[str, object], expected: str) -> None:
    assert said(text, **values) == expected


@pytest.mark.parametrize(
    ("text", "values", "name"),
    [
        ("{{x}}", {}, "x"),
        ("{{a.b}}", {"a": {}}, "a.b"),
        ("{{a.b.c}}", {"a": {"b": "c"}}, "a.b.c"),
        ("{{a.upper}}", {"a": "text"}, "a.upper"),
        ("{{a.2}}", {"a": [1, 2]}, "a.2"),
        ("{{a.count}}", {"a": [1]}, "a.count"),
        ("{{user._key}}", {"user": User("Ada")}, "user._key"),
        ("{{user.__class__}}", {"user": User("Ada")}, "user.__class__"),
        ("{{#x}}{{/x}}", {}, "x"),
        ("{{^x}}{{/x}}", {}, "x"),
        ("{{#a}}{{b.c}}{{/a}}", {"a": {"b": {}}, "b": {"c": "outer"}}, "b.c"),
        ("{{#a}}{{b}}{{/a}}", {"a": [{"b": 1}, {}]}, "b"),
        ("{{a.b}}", {"a": defaultdict(dict)}, "a.b"),
    ],
)
def test_a_name_without_a_value_is_an_error(
    text: str, values: dict[str, object], name: str
) -> None:
    with pytest.raises(MissingNameError) as raised:
        said(f"\n\n{text}", **values)

    assert (raised.value.name, raised.value.line) == (name, 3)


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, ()])
def test_a_section_of_nothing_is_left_out(value: object) -> None:
    assert said("a{{#x}}b{{/x}}{{^x}}c{{/x}}d", x=value) == "acd"


@pytest.mark.parametrize("value", [True, 1, "a", {"y": 1}])
def test_a_section_of_something_is_said_once(value: object) -> None:
    assert said("a{{#x}}b{{/x}}{{^x}}c{{/x}}d", x=value) == "abd"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{#list}}({{.}}){{/list}}", "(1)(2)"),
        ("{{#nested}}[{{#.}}{{.}},{{/.}}]{{/nested}}", "[1,2,][3,]"),
        ("{{#people}}{{name}} {{/people}}", "Ada Grace "),
        ("{{#people}}{{#.}}{{name}}{{/.}} {{/people}}", "Ada Grace "),
        ("{{#person}}{{name}} of {{city}}{{/person}}", "Ada of Paris"),
        ("{{#person}}{{#list}}{{name}}{{.}} {{/list}}{{/person}}", "Ada1 Ada2 "),
        ("{{#yes}}{{#yes}}a{{/yes}}{{^yes}}b{{/yes}}{{/yes}}", "a"),
        ("{{#list}}{{^no}}{{.}}{{/no}}{{/list}}", "12"),
        ("{{#person.name}}{{.}}{{/person.name}}", "Ada"),
        ("{{#set}}{{.}}{{/set}}", "1"),
        ("{{#list}}{{#no}}{{/no}}{{/list}}", ""),
    ],
)
def test_a_section_is_said_for_each_item(text: str, expected: str) -> None:
    values: dict[str, object] = {
        "list": [1, 2],
        "nested": [[1, 2], [3]],
        "people": [{"name": "Ada"}, {"name": "Grace"}],
        "person": {"name": "Ada"},
        "name": "nobody",
        "city": "Paris",
        "yes": True,
        "no": False,
        "set": {1},
    }

    assert said(text, **values) == expected


def numbers() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize("value", [numbers, numbers()], ids=["function", "generator"])
def test_functions_are_not_called_and_generators_not_used_up(value: object) -> None:
    with pytest.raises(TemplateError, match=r"`x` is a (function|generator)"):
        said("{{#x}}a{{/x}}", x=value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n{{#yes}}\nb\n{{/yes}}\nc\n", "a\nb\nc\n"),
        ("a\r\n{{#yes}}\r\nb\r\n{{/yes}}\r\n", "a\r\nb\r\n"),
        ("  {{#yes}}  \n b\n\t{{/yes}}", " b\n"),
        ("{{#yes}}\n{{/yes}}\n", ""),
        ("a {{#yes}}\nb{{/yes}}\n", "a \nb\n"),
        ("{{#yes}} {{/yes}}\na", " \na"),
        ("a\n  {{! a comment }}\nb", "a\nb"),
        ("a {{! a comment }} b", "a  b"),
        ("a\n{{!\n  lines\n}}\nb", "a\nb"),
        ("a\n  {{^no}}\nb\n  {{/no}}\nc", "a\nb\nc"),
        ("  {{x}}  \n", "  1  \n"),
        ("{{=<% %>=}}\n<%x%>{{x}}", "1{{x}}"),
        ("{{=| |=}}|x||={{ }}=|{{x}}", "11"),
        ("{{= <<  >> =}}<<#yes>>{<<x>>}<</yes>>", "{1}"),
        ("{{=<% %>=}}<%{x}%><%& x %>", "11"),
        ("\n\n{{=<% %>=}}  \n\na", "\n\n\na"),
    ],
)
def test_a_tag_that_says_nothing_takes_its_line_with_it(text: str, expected: str) -> None:
    assert said(text, yes=True, no=False, x=1) == expected


@pytest.mark.parametrize("text", ["{{> shared.rules}}", "{{>a}} b", "a\n  {{> a b }}\nc", "{{>}}"])
def test_an_include_that_is_left_over_is_text(text: str) -> None:
    assert said(text) == text


def test_braces_that_open_no_tag_are_text() -> None:
    text = '{"a": {"b": 1}} } }} {% x %} { {'

    assert said(text) == text


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a\n{{x", "`{{x` is not closed by `}}`", 2),
        ("{{{x}}", "`{{{x}}` is not closed by `}}}`", 1),
        ("\n{{#a}}\n", "the section `a` is not closed", 2),
        ("{{/a}}", "the section `a` is closed, but was not opened", 1),
        (
            "{{#a}}\n{{#b}}\n{{/a}}",
            "the section `a` is closed before `b`, opened on line 2",
            3,
        ),
        ("{{}}", "`` is no name of a variable", 1),
        ("{{a b}}", "`a b` is no name of a variable", 1),
        ("{{a..b}}", "`a..b` is no name of a variable", 1),
        ('{{"a": 1}}', '`"a": 1` is no name of a variable', 1),
        ("{{#if x}}", "mustache knows no `if`", 1),
        ("{{.}}", "`.` stands for an item, and here is no section that has items", 1),
        ("{{^a}}{{.}}{{/a}}", "`.` stands for an item, and here is no section that has items", 1),
        ("{{=<% =}}", "delimiters are set by two of them, such as `{{=<% %>=}}`", 1),
        ("{{=<% %>=}}\n<%> a %>", "`<%> a %>`: an include is written `{{> name}}`", 2),
        ("{{#a}}" * 65, "sections are nested deeper than 64", 1),
    ],
)
def test_a_template_that_is_wrong_is_an_error_with_its_line(
    text: str, message: str, line: int
) -> None:
    with pytest.raises(TemplateError) as raised:
        Mustache(text)

    assert (raised.value.message, raised.value.line) == (message, line)


def test_what_other_dialects_write_is_said_in_this_one() -> None:
    with pytest.raises(TemplateError) as raised:
        Mustache("{{#each items}}")

    assert raised.value.hint == "write {{#items}} … {{/items}}"


@pytest.mark.slow
def test_a_long_line_of_tags_takes_no_longer_than_its_length() -> None:
    # Looking for the start of the line from each tag would take the square of it.
    tags = 60_000

    assert said("{{#x}}a{{/x}} " * tags, x=True) == "a " * tags


# Templates whose names all have a value, and what the other implementation says of them.
NAMES = ("text", "number", "list", "people", "person", "yes", "no")
leaves = st.one_of(
    st.text("a \n\t.#é", max_size=6),
    st.sampled_from(
        ["\n", "  ", "{{! a }}", "\n{{! a }}\n", "{{text}}", "{{{text}}}", "{{& number}}"]
    ),
    st.sampled_from(["{{person.name}}", "{{ number }}", "\n  {{text}}\n"]),
)
sections = st.sampled_from(NAMES)
templates = st.recursive(
    leaves,
    lambda inner: (
        st.builds(
            lambda kind, name, space, parts: (
                f"{space}{{{{{kind}{name}}}}}{space}{''.join(parts)}{space}{{{{/{name}}}}}{space}"
            ),
            st.sampled_from("#^"),
            sections,
            st.sampled_from(["", "\n", " "]),
            st.lists(inner, max_size=4),
        )
        | st.lists(inner, max_size=4).map("".join)
    ),
    max_leaves=12,
    # A tag with spaces behind it is not alone on its line for pystache; it is for mustache.js.
).map(lambda text: re.sub(r"\}\}[ \t]+(?=\n|\Z)", "}}", text))
values = st.fixed_dictionaries(
    {
        "text": st.text("a<&\n{} é", max_size=5),
        "number": st.integers(-9, 9),
        "list": st.lists(st.integers(0, 3) | st.text("ab", max_size=2), max_size=3),
        "people": st.lists(st.fixed_dictionaries({"name": st.text("ab")}), max_size=3),
        "person": st.fixed_dictionaries({"name": st.text("ab")}),
        "yes": st.just(True),
        "no": st.sampled_from([False, None]),
    }
)


@given(templates, values)
def test_it_says_what_pystache_says(text: str, values: dict[str, Any]) -> None:
    other = pystache.Renderer(escape=str, missing_tags="strict")

    assert said(text, **values) == other.render(text, values)


@given(st.lists(unicode_text), st.lists(unicode_text, min_size=3, max_size=3))
def test_values_of_any_text_come_through_as_they_are(
    literals: list[str], values: list[str]
) -> None:
    texts = [text.replace("{{", "") for text in literals]
    names = [f"v{index % 3}" for index in range(len(texts))]
    template = "".join(f"{text} {{{{{name}}}}} " for text, name in zip(texts, names, strict=True))

    rendered = said(template, v0=values[0], v1=values[1], v2=values[2])

    assert rendered == "".join(f"{text} {values[index % 3]} " for index, text in enumerate(texts))


@given(unicode_text | st.text("{}#^/!>&=. ab\n", max_size=30))
def test_any_text_is_a_template_or_an_error_with_a_line(text: str) -> None:
    line = line_of_error(text)

    assert line is None or 1 <= line <= text.count("\n") + 1


def line_of_error(text: str) -> int | None:
    """Return the line on which a template is wrong, None when it is right."""
    try:
        Mustache(text)
    except TemplateError as error:
        return error.line
    return None
