"""Jinja2 in its sandbox: what a prompt's text may do, and what it may not."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given

from promptsync.jinja import Jinja
from promptsync.template_errors import MissingNameError, TemplateError
from tests.strategies import unicode_text


def said(text: str, /, **values: object) -> str:
    """Return what a template says with values."""
    return Jinja(text).render(values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ x }}", "<a & b>"),
        ("{{ x | upper }}\n", "<A & B>\n"),
        ("{% if x %}a{% else %}b{% endif %}", "a"),
        ("{% for k, v in pairs.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=<é>;"),
        ("{{ pairs | tojson }}", '{"a": 1, "b": "<é>"}'),
        ("{{ pairs | tojson(indent=1) }}", '{\n "a": 1,\n "b": "<é>"\n}'),
        ("{% set y = 1 %}{{ y }}{# a comment #}", "1"),
        ("{% if y is defined %}a{% endif %}", ""),
        ("{{ y | default('b') }}", "b"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a\n\n", "a\n\n"),
    ],
)
def test_it_speaks_jinja_without_escapes_for_html(text: str, expected: str) -> None:
    assert said(text, x="<a & b>", pairs={"a": 1, "b": "<é>"}) == expected


@pytest.mark.parametrize(
    "text", ["{{> rules}}", "{{>rules}} {{ '{{> a}}' }}", "\ue0000\ue001{{> a}}"]
)
def test_an_include_that_is_left_over_is_text(text: str) -> None:
    expected = text.replace("{{ '{{> a}}' }}", "{{> a}}")

    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("\n{{ x }}", "x", 2),
        ("{% for each in x %}\n{% endfor %}", "x", 1),
        ("{% if a %}\n\n{{ a.b }}{% endif %}", "b", 3),
        ("{{ a.b.c }}", "b", 1),
        ("{{ a['b'] }}", "b", 1),
        ("{% if x == 1 %}{% endif %}", "x", 1),
        ("{{ 'a' ~\n x }}", "x", 1),
    ],
)
def test_a_name_without_a_value_is_an_error(text: str, name: str, line: int) -> None:
    with pytest.raises(MissingNameError) as raised:
        said(text, a={"c": 1})

    assert (raised.value.name, raised.value.line) == (name, line)


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a\n{{ x", "unexpected end of template", 2),
        ("\n\n{% if %}", "Expected an expression, got 'end of statement block'", 3),
        ("{{ x | unknown }}", "No filter named 'unknown'", 1),
        ("a\n{% include 'b' %}", "`{% include %}` takes in a template, and there is none", 2),
        ("{% extends 'b' %}", "`{% extends %}` takes in a template, and there is none", 1),
    ],
)
def test_a_template_that_is_wrong_is_an_error_with_its_line(
    text: str, message: str, line: int
) -> None:
    with pytest.raises(TemplateError) as raised:
        Jinja(text)

    assert raised.value.message.startswith(message)
    assert raised.value.line == line


def test_a_template_that_is_nested_too_deeply_is_an_error() -> None:
    with pytest.raises(TemplateError, match="nested"):
        Jinja("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}")


class Account:
    """A value with more than a prompt should get at."""

    owner = "Ada"
    _balance = 7


@pytest.mark.parametrize(
    "text",
    [
        "{{ x.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ account._balance }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{{ x.append(1) }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ range(1000000) | list }}",
        "{{ 1 / 0 }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ x + 1 }}",
    ],
)
def test_what_the_sandbox_refuses_is_an_error_with_its_line(text: str) -> None:
    values: list[int] = []

    with pytest.raises(TemplateError) as raised:
        said(f"\n{text}", x=values, account=Account())

    assert raised.value.line == 2
    assert values == []


def test_the_names_are_those_that_are_looked_up() -> None:
    text = "{{ a }}{% for b in c %}{{ b }}{% endfor %}{{ d is defined }}{{ range(2) }}"

    assert Jinja(text).names == {"a", "c", "d"}


@given(unicode_text)
def test_a_value_of_any_text_comes_through_as_it_is(value: str) -> None:
    assert said("{{ x }}\n{{ x }}", x=value) == f"{value}\n{value}"


def test_jinja_is_imported_only_for_a_text_that_has_its_tags() -> None:
    program = """
import sys
from promptsync.prompt import Prompt, Template
from promptsync.rendering import compile_prompt
for text, template in (("{{x}}", Template.MUSTACHE), ("plain", Template.JINJA2)):
    compile_prompt(Prompt(name="a", content=text, template=template), where="a").render({"x": 1})
print("jinja2" in sys.modules)
compile_prompt(Prompt(name="a", content="{{ x }}", template=Template.JINJA2), where="a")
print("jinja2" in sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stdout.split() == ["False", "True"]
