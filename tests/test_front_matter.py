from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given

from promptsync.front_matter import (
    MAX_DEPTH,
    FrontMatterError,
    line_of,
    lines_of,
    read_front_matter,
)
from promptsync.front_matter_edit import edit_front_matter
from promptsync.front_matter_writer import write_front_matter
from tests import strategies

COMMENTED = """\
# who: the desk
title: "Signal"   # shown in lists

# cheap enough
model: gpt-5-mini  # see ADR 7
params:
    temperature: 0   # cold
    # about the answer
    max_tokens: 800

    stop: [END, "STOP"]  # both
tags:
  - signal   # first
  - 'trading'
# pass-through
braintrust: {parser: {use_cot: yes}, slug: x}
description: >
  Folded
  # text

  more
metadata:
  owner: desk
  since: 2024-01-01
# the end
"""


def refusal(text: str) -> FrontMatterError:
    with pytest.raises(FrontMatterError) as caught:
        read_front_matter(text)
    return caught.value


def refused(text: str) -> tuple[int, int, str]:
    error = refusal(text)
    return error.line, error.column, error.message


def test_yaml_is_read_as_json_values() -> None:
    text = "a: 1\nb: [1.5, true, null, text]\nc: {d: ~}\ne: |\n  x\n  y\n"

    assert read_front_matter(text) == {
        "a": 1,
        "b": [1.5, True, None, "text"],
        "c": {"d": None},
        "e": "x\ny\n",
    }


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "{}\n"], ids=repr)
def test_front_matter_may_be_empty(text: str) -> None:
    assert read_front_matter(text) == {}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31 12:00:00", "2024-01-31 12:00:00"),
        ("yes", True),
        ("off", False),
        ("'yes'", "yes"),
        ("1e3", "1e3"),
        ("1.0e+3", 1000.0),
        ("0o7", "0o7"),
        ("0x1F", 31),
        ("1_000", 1000),
        ("-0.0", -0.0),
    ],
)
def test_yaml_is_that_of_pyyaml_with_dates_as_text(written: str, value: object) -> None:
    read = read_front_matter(f"a: {written}")["a"]

    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize("text", ["- a\n", "text\n", "5", "[]"])
def test_front_matter_is_a_mapping(text: str) -> None:
    assert refusal(text).message == "front matter must be a mapping of keys to values"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a: 1\nb: c: d\n",
            (2, 5, "invalid YAML: mapping values are not allowed in this context"),
        ),
        (
            "a: [1\nb: 2\n",
            (2, 2, "invalid YAML: while parsing a flow sequence, did not find expected ',' or ']'"),
        ),
        (
            "a: 1\n--- \nb: 2\n",
            (
                2,
                1,
                "invalid YAML: expected a single document in the stream, "
                "but found another document",
            ),
        ),
        (
            "ä: 1\nb: é\x1b[31m\n",
            (2, 5, "invalid YAML: character U+001B must be escaped in quotes"),
        ),
        ("a: 1\nb: 2\na: 3\n", (3, 1, "key `a` stands twice")),
        ("a:\n  b: 1\n  'b': 2\n", (3, 3, "key `b` stands twice")),
        ("a: 1\n5: b\n", (2, 1, "a key must be text; put `5` in quotes")),
        ("a:\n  yes: b\n", (2, 3, "a key must be text; put `yes` in quotes")),
        ("<<: {a: 1}\n", (1, 1, "a key must be text; put `<<` in quotes")),
        ("title: {{name}}\n", (1, 9, "a key must be text; put it in quotes")),
        ("? [a]\n: 1\n", (1, 3, "a key must be text; put it in quotes")),
        ("at: 12:30\n", (1, 5, "`12:30` has no equivalent in JSON; put text in quotes")),
        ("at: 1:30.5\n", (1, 5, "`1:30.5` has no equivalent in JSON; put text in quotes")),
        ("a: .inf\n", (1, 4, "`.inf` has no equivalent in JSON; put text in quotes")),
        ("a:\n - .nan\n", (2, 4, "`.nan` has no equivalent in JSON; put text in quotes")),
        ("a: 1.0e+999\n", (1, 4, "`1.0e+999` has no equivalent in JSON; put text in quotes")),
        ("a: =\n", (1, 4, "`=` has no equivalent in JSON; put text in quotes")),
        (
            f"a: {'9' * 400}\n",
            (1, 4, f"`{'9' * 40}` has no equivalent in JSON; put text in quotes"),
        ),
        ("a: &x 1\n", (1, 4, "anchors and aliases are not allowed in front matter")),
        ("a: [&x 1,*x]\n", (1, 5, "anchors and aliases are not allowed in front matter")),
        ("b:\n  *x : 1\n", (2, 3, "anchors and aliases are not allowed in front matter")),
        ("a: !!binary aaaa\n", (1, 4, "the tag `tag:yaml.org,2002:binary` is not allowed")),
        ("a: !!bool maybe\n", (1, 4, "the tag `tag:yaml.org,2002:bool` is not allowed")),
        ("a: !!int ''\n", (1, 4, "the tag `tag:yaml.org,2002:int` is not allowed")),
        ("a: !!set {b}\n", (1, 4, "the tag `tag:yaml.org,2002:set` is not allowed")),
        ("!x {a: 1}\n", (1, 1, "the tag `!x` is not allowed")),
        (
            "a: !!python/object/apply:os.system [id]\n",
            (1, 4, "the tag `tag:yaml.org,2002:python/object/apply:os.system` is not allowed"),
        ),
    ],
    ids=lambda each: repr(each)[:30] if isinstance(each, str) else "",
)
def test_bad_yaml_is_refused_with_its_place(text: str, expected: tuple[int, int, str]) -> None:
    line, column, message = refused(text)

    assert (line, column, message.removesuffix(" in front matter")) == (
        *expected[:2],
        expected[2].removesuffix(" in front matter"),
    )


@pytest.mark.parametrize("text", ["a: Hello!\n", "a: 'R&D * 2'\n", "a: b*c\n", "a: '*x'\n"])
def test_signs_within_text_are_no_anchors_aliases_or_tags(text: str) -> None:
    assert list(read_front_matter(text)) == ["a"]


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    names = "abcdefghijklmnopqrstuvwxyz"
    levels = [f"{name}: &{name} [{f'*{below},' * 9}]" for below, name in pairwise(names)]
    bomb = "\n".join(["a: &a [lol]", *levels])

    assert refused(bomb) == (1, 4, "anchors and aliases are not allowed in front matter")


def nested(depth: int) -> str:
    return "a: " + "[" * (depth - 1) + "]" * (depth - 1)


def test_nesting_is_limited_in_either_style() -> None:
    too_deep = f"front matter is nested deeper than {MAX_DEPTH} levels"
    blocks = "".join(f"{' ' * level}a:\n" for level in range(MAX_DEPTH))
    lists = "a:\n" + "- " * (MAX_DEPTH - 1) + "x\n"
    pairs = "a: " + "[a: " * (MAX_DEPTH // 2 - 1) + "b" + "]" * (MAX_DEPTH // 2 - 1)

    for text in (nested(MAX_DEPTH), blocks, lists, pairs):
        assert read_front_matter(text)
    assert refusal(nested(MAX_DEPTH + 1)).message == too_deep
    assert refusal(f"{blocks}{' ' * MAX_DEPTH}a:\n").message == too_deep
    assert refusal(lists.replace("- x", "- - x")).message == too_deep
    assert refusal(pairs.replace("[a: b]", "[a: [b: [c: d]]]")).message == too_deep


# libyaml composes recursively in C: what the guard lets through crashes the interpreter.
BOMBS = (
    *("[", "{", "a: [", "- ", "? ", "-\t", "- ? ", "\n- ", "\r", "a: 1"),
    *("\r- ", "\x85- ", "\u2028- ", "\u2029- ", "\ufeff- ", "\n\ufeff- "),
)


def test_deep_front_matter_cannot_crash_the_interpreter() -> None:
    program = f"""
from promptsync.front_matter import FrontMatterError, read_front_matter
for start in {BOMBS!a}:
    for repeated in ("- ", "? ", "[", "{{", "- - ? "):
        try:
            read_front_matter(start + repeated * 40000 + "x")
        except FrontMatterError:
            continue
print("survived")
"""

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert (result.stdout, result.returncode) == ("survived\n", 0)


def test_many_small_lists_are_not_deep() -> None:
    assert read_front_matter(f"a: [{'[b], ' * 200}]")["a"] == [["b"]] * 200
    assert read_front_matter("a:\n" + "- [b]\n" * 200)["a"] == [["b"]] * 200


def test_front_matter_has_a_size_limit() -> None:
    assert read_front_matter(f"a: {'x' * 200_000}\n")
    assert refusal(f"a: {'x' * 300_000}\n").message == "front matter is larger than 256 KiB"


def test_the_line_of_a_key_is_known_at_any_depth() -> None:
    text = "title: x\nparams:\n  stop:\n    - a\n    - b: 1\n      c: 2\n"

    assert line_of(text, "title") == 1
    assert line_of(text, "params", "stop", 1, "c") == 6
    assert lines_of(text, [("params",), ("params", "stop", 0), ()]) == [2, 4, 1]


def test_the_line_of_what_is_not_there_is_the_nearest_above() -> None:
    text = "title: x\nparams:\n  stop: [a]\n"

    assert line_of(text, "tags") == 1
    assert line_of(text, "params", "temperature") == 2
    assert line_of(text, "params", "stop", 7) == 3
    assert line_of(text, "params", "stop", "a") == 3
    assert line_of(text, "params", 0) == 2
    assert line_of(text, "title", "x") == 1
    assert line_of("", "title") == 1


@given(strategies.json_objects)
def test_what_is_written_reads_the_same(values: dict[str, Any]) -> None:
    text = write_front_matter(values)

    assert repr(read_front_matter(text)) == repr(values)
    assert "\n---\n" not in f"\n{text}"
    assert "\r" not in text
    assert "\0" not in text


def test_text_is_written_for_people_who_review_it() -> None:
    values: dict[str, Any] = {
        "title": "Grüße \N{GRINNING FACE}",
        "description": "one\ntwo \N{GRINNING FACE}\n",
        "model": "yes",
        "tags": ["a", "b"],
        "params": {"stop": "\x85", "n": 1},
        "text": "ends\n\n",
    }

    assert write_front_matter(values) == (
        "title: Grüße \N{GRINNING FACE}\n"
        "description: |\n  one\n  two \N{GRINNING FACE}\n"
        "model: 'yes'\n"
        "tags:\n- a\n- b\n"
        'params:\n  stop: "\\N"\n  n: 1\n'
        "text: |+\n  ends\n\n"
    )


def test_equal_values_are_written_twice_and_not_as_an_alias() -> None:
    shared = {"a": 1}

    assert write_front_matter({"b": shared, "c": shared}) == "b:\n  a: 1\nc:\n  a: 1\n"


@pytest.mark.parametrize("text", ["wait...", "...", "a\n...\n", "a\n\n...\n\n"], ids=repr)
def test_dots_at_the_end_are_text(text: str) -> None:
    assert read_front_matter(write_front_matter({"a": text})) == {"a": text}
    assert read_front_matter(edited(a=text))["a"] == text


def test_nothing_is_written_for_nothing() -> None:
    assert write_front_matter({}) == ""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a\ud800", "a value is not valid Unicode text"),
        (float("nan"), "a number is infinite or not a number"),
        (float("-inf"), "a number is infinite or not a number"),
        ("x" * 300_000, "front matter is larger than 256 KiB"),
    ],
    ids=["surrogate", "nan", "inf", "large"],
)
def test_what_could_not_be_read_back_is_not_written(value: Any, message: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        write_front_matter({"a": {"b": [value]}})

    assert caught.value.message == message


@pytest.mark.parametrize("depth", [MAX_DEPTH, 100_000])
def test_values_that_are_nested_too_deep_are_not_written(depth: int) -> None:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]

    with pytest.raises(FrontMatterError, match="nested deeper than 64 levels"):
        write_front_matter({"a": value})


def edited(text: str = COMMENTED, **changes: Any) -> str:
    """Return front matter with some keys changed; `...` takes a key away."""
    stated = read_front_matter(text)
    wanted = {key: value for key, value in (stated | changes).items() if value is not ...}
    result = edit_front_matter(text, stated, wanted)
    assert read_front_matter(result) == wanted
    return result


def changed(old: str, new: str) -> str:
    assert COMMENTED.count(old) == 1
    return COMMENTED.replace(old, new)


def params(**changes: Any) -> dict[str, Any]:
    values = read_front_matter(COMMENTED)["params"] | changes
    return {key: value for key, value in values.items() if value is not ...}


def test_a_changed_value_keeps_the_comment_beside_it() -> None:
    assert edited(model="gpt-5") == changed("gpt-5-mini", "gpt-5")
    assert edited(title="yes") == changed('"Signal"', "'yes'")
    assert edited(params=params(temperature=0.5)) == changed("temperature: 0 ", "temperature: 0.5 ")
    assert edited(params=params(stop=["x y"])) == changed('[END, "STOP"]', "[x y]")
    assert edited(braintrust={"slug": "y"}) == changed(
        "{parser: {use_cot: yes}, slug: x}", "{slug: y}"
    )


def test_a_list_keeps_its_indentation() -> None:
    assert edited(tags=["a", "b"]) == changed(
        "  - signal   # first\n  - 'trading'\n", "  - a\n  - b\n"
    )


def test_a_nested_list_keeps_its_indentation() -> None:
    text = "params:\n  stop:\n    - a\n  n: 1\n"

    assert edited(text, params={"stop": ["b", "c"], "n": 1}) == (
        "params:\n  stop:\n    - b\n    - c\n  n: 1\n"
    )


def test_a_number_sign_in_a_block_of_text_is_no_comment() -> None:
    text = "description: |\n  a\n  # b\n# about the model\nmodel: m\n"

    assert edited(text, description="c") == "description: c\n# about the model\nmodel: m\n"


def test_a_value_of_another_shape_is_written_anew_in_its_place() -> None:
    assert edited(title="a\nb\n") == changed(
        'title: "Signal"   # shown in lists\n', "title: |\n  a\n  b\n"
    )
    assert edited(description="new") == changed(">\n  Folded\n  # text\n\n  more\n", "new\n")
    assert edited(tags="x") == changed("tags:\n  - signal   # first\n  - 'trading'\n", "tags: x\n")
    assert edited(params=params(temperature={"a": []})) == changed(
        "    temperature: 0   # cold\n", "    temperature:\n      a: []\n"
    )
    assert edited("tags: [a] # b\n", tags="c") == "tags: c # b\n"
    assert edited("tags: [a] # b\n", tags="c\nd") == "tags: |-\n  c\n  d\n"
    assert edited(metadata={}) == changed(
        "metadata:\n  owner: desk\n  since: 2024-01-01\n", "metadata: {}\n"
    )


def test_a_key_that_goes_leaves_the_comments_around_it() -> None:
    assert edited(model=...) == changed("model: gpt-5-mini  # see ADR 7\n", "")
    assert edited(params=params(max_tokens=...)) == changed("    max_tokens: 800\n", "")
    assert edited(metadata=...) == changed("metadata:\n  owner: desk\n  since: 2024-01-01\n", "")


def test_a_new_key_stands_behind_the_others() -> None:
    assert edited(role="user") == changed("# the end\n", "role: user\n# the end\n")
    assert edited(params=params(top_p=1)) == changed("# both\n", "# both\n    top_p: 1\n")


def test_a_key_without_a_value_gets_one() -> None:
    text = "# top\ntitle:\nmodel: x # y\n"

    assert edited(text, title="A") == "# top\ntitle: A\nmodel: x # y\n"


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("# nothing yet\n", {"model": "x"}, "# nothing yet\nmodel: x\n"),
        ("{}\n", {"model": "x"}, "model: x\n"),
        ("{title: a, model: b}\n", {"model": "x"}, "title: a\nmodel: x\n"),
        ("? title\n: a\n", {"title": "x"}, "title: x\n"),
        ("title: |+\n  a\n\nmodel: b\n", {"title": "x"}, "title: x\n\nmodel: b\n"),
        ("title: a\n...\n", {"model": "x"}, "title: a\nmodel: x\n"),
    ],
    ids=[
        "only a comment",
        "empty flow",
        "flow",
        "explicit key",
        "kept blank lines",
        "closed document",
    ],
)
def test_unusual_yaml_is_edited_too(text: str, changes: dict[str, Any], expected: str) -> None:
    assert edited(text, **changes) == expected


@given(strategies.json_objects)
def test_an_edit_always_reads_as_wanted(values: dict[str, Any]) -> None:
    assert edited(**values).startswith("# who: the desk\n")


@given(strategies.json_objects, strategies.json_objects)
def test_an_edit_of_any_yaml_reads_as_wanted(
    stated: dict[str, Any], wanted: dict[str, Any]
) -> None:
    result = edit_front_matter(write_front_matter(stated), stated, wanted)

    assert repr(sorted(read_front_matter(result))) == repr(sorted(wanted))


def test_a_value_in_quotes_is_text_wherever_the_same_one_stands_without() -> None:
    text = 'plain: on\nquoted: "on"\nagain: on\nnumber: 5\nword: "5"\n'

    assert read_front_matter(text) == {
        "plain": True,
        "quoted": "on",
        "again": True,
        "number": 5,
        "word": "5",
    }
