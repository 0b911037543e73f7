from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
from hypothesis import given

from promptsync.composition import (
    CompositionError,
    escape_includes,
    expand,
    has_directive,
    includes_of,
    line_of_include,
    partials_of,
)
from promptsync.content_hash import content_hash
from promptsync.prompt import Message, Prompt
from tests import strategies
from tests.builders import chat, prompt


def catalog(**text_by_name: str) -> dict[str, Prompt]:
    return {name: prompt(name, text) for name, text in text_by_name.items()}


def expanded(text: str, **text_by_name: str) -> object:
    return expand(prompt("top", text), catalog(**text_by_name)).content


def test_an_include_takes_in_the_text_of_a_partial() -> None:
    assert expanded("Do: {{> rules}} Now.", rules="be brief") == "Do: be brief Now."


def test_includes_nest() -> None:
    assert expanded("1 {{> a}} 5", a="2 {{>b}} 4", b="3") == "1 2 3 4 5"


def test_a_partial_may_be_taken_in_many_times() -> None:
    assert expanded("{{> a}}{{>a}} {{> b}}", a="x{{> b}}", b="y") == "xyxy y"


def test_space_within_a_directive_makes_no_difference() -> None:
    assert expanded("{{>a}}{{> a }}{{>\ta\n}}", a="x") == "xxx"


@pytest.mark.parametrize("text", ["{{ > a}}", "{{> a b}}", "{{> }}", "{> a}", "{{a}}", "{{#a}}"])
def test_what_is_no_directive_stays(text: str) -> None:
    assert expanded(text, a="x") == text


def test_what_expanding_puts_together_is_not_expanded_again() -> None:
    assert expanded("{{> a}}> b}}", a="{{", b="x") == "{{> b}}"


def test_every_dialect_and_every_message_has_includes() -> None:
    parts = [{"type": "text", "text": "{{> a}}!"}, {"type": "image_url", "image_url": {"url": "u"}}]
    composite = Prompt(
        name="top",
        content=(Message("system", "{{> a}}"), Message("user", parts), Message("tool", "b")),
    )

    assert expand(composite, catalog(a="x")).content == (
        Message("system", "x"),
        Message(
            "user",
            [{"type": "text", "text": "x!"}, {"type": "image_url", "image_url": {"url": "u"}}],
        ),
        Message("tool", "b"),
    )


def test_a_prompt_without_directives_is_left_as_it_is() -> None:
    plain = chat(system="{{name}}", user="{% if x %}")

    assert expand(plain, {}) is plain
    assert escape_includes(plain) is plain
    assert not has_directive(plain)


def test_the_hash_of_a_composite_is_the_hash_of_what_it_expands_to() -> None:
    composite = expand(prompt("top", "Say {{> a}}"), catalog(a="hello"))

    assert content_hash(composite) == content_hash(prompt(text="Say hello"))


def test_one_backslash_is_taken_off_a_literal_directive() -> None:
    assert expanded(r"\{{> a}} \\{{> a}} \\\{{>a}} \a", a="x") == r"{{> a}} \{{> a}} \\{{>a}} \a"


def test_backslashes_of_a_partial_are_taken_off_once() -> None:
    assert expanded("{{> a}}", a=r"\{{> b}} {{> b}}", b=r"\\{{> c}}") == r"{{> b}} \{{> c}}"


@given(strategies.prompts())
def test_remote_content_that_is_escaped_expands_to_itself(remote: Prompt) -> None:
    assert expand(escape_includes(remote), {}) == remote
    assert not includes_of(escape_includes(remote))


def test_a_cycle_names_its_chain() -> None:
    with pytest.raises(CompositionError) as caught:
        expanded("{{> a}}", a="{{> b}}", b="{{> c}}", c="{{> a}}")

    assert caught.value.message == "includes go in a circle: top -> a -> b -> c -> a"
    assert caught.value.include == "a"


def test_a_prompt_cannot_include_itself() -> None:
    with pytest.raises(CompositionError, match="in a circle: top -> top"):
        expand(prompt("top", "again {{> top}}"), {"top": prompt("top", "again {{> top}}")})


def test_a_cycle_behind_a_partial_that_was_fine_before_is_found() -> None:
    with pytest.raises(CompositionError, match="top -> b -> c -> b"):
        expanded("{{> a}}{{> b}}", a="x", b="{{> a}}{{> c}}", c="{{> b}}")


def test_a_missing_partial_names_its_chain_and_the_include_that_leads_to_it() -> None:
    with pytest.raises(CompositionError) as caught:
        expanded("{{> a}}", a="{{> missing}}")

    assert caught.value.message == "there is no prompt `missing` to include: top -> a -> missing"
    assert caught.value.include == "a"


def test_a_missing_partial_suggests_one_of_nearly_that_name() -> None:
    with pytest.raises(CompositionError) as caught:
        expanded("{{> house-rule}}", **{"house-rules": "x", "other": "y"})

    assert caught.value.hint == ("did you mean `house-rules`?")


def test_a_chat_prompt_is_no_partial() -> None:
    with pytest.raises(CompositionError) as caught:
        expand(prompt("top", "{{> talk}}"), {"talk": chat("talk", user="Hi")})

    assert caught.value.message == (
        "`talk` is a chat prompt; only a text prompt can be included: top -> talk"
    )


def test_a_name_in_another_case_is_another_name() -> None:
    with pytest.raises(CompositionError, match="there is no prompt `A`"):
        expanded("{{> A}}", a="x")


def bomb(leaf: str, *, depth: int, width: int = 10) -> dict[str, Prompt]:
    names = [f"p{level}" for level in range(depth)]
    texts = ["".join([f"{{{{> {below}}}}}"] * width) for below in names[1:]]
    return {name: prompt(name, text) for name, text in zip(names, [*texts, leaf], strict=True)}


@pytest.mark.parametrize("message_count", [1, 50], ids=["text", "chat"])
def test_an_include_bomb_is_refused_in_little_memory(message_count: int) -> None:
    partials = bomb("x" * 100_000, depth=40, width=100)
    messages = tuple(Message("user", "{{> p39}}{{> p0}}") for _ in range(message_count))
    tracemalloc.start()

    with pytest.raises(CompositionError, match="more than 1,048,576 characters") as caught:
        expand(Prompt(name="top", content=messages), partials)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024
    assert caught.value.include == "p0"


def test_messages_that_are_too_large_only_together_are_refused() -> None:
    messages = tuple(Message("user", "{{> a}}") for _ in range(10_000))

    with pytest.raises(CompositionError, match="more than 1,048,576 characters") as caught:
        expand(Prompt(name="top", content=messages), catalog(a="x" * 500_000))

    assert caught.value.include == "a"


def test_a_prompt_may_be_as_large_as_a_file() -> None:
    whole, half = "x" * 2**20, "x" * 2**19
    halves = (Message("user", "{{> a}}"), Message("user", "{{> a}}"))

    assert expanded("{{> a}}", a=whole) == whole
    assert expand(Prompt(name="top", content=halves), catalog(a=half)) == Prompt(
        name="top", content=(Message("user", half), Message("user", half))
    )
    for text in ("{{> a}}.", "{{> b}}"):
        with pytest.raises(CompositionError, match="more than 1,048,576 characters"):
            expanded(text, a=whole, b="{{> a}}.")


def test_a_bomb_of_empty_partials_is_expanded_in_one_pass() -> None:
    assert expand(prompt("top", "{{> p0}}"), bomb("", depth=60)).content == ""


def test_nesting_has_a_limit() -> None:
    assert expand(prompt("top", "{{> p0}}"), bomb("x", depth=64, width=1)).content == "x"
    with pytest.raises(CompositionError, match="nested deeper than 64") as caught:
        expand(prompt("top", "{{> p0}}"), bomb("x", depth=2000, width=1))

    assert caught.value.include == "p0"


def test_a_million_backslashes_are_read_in_one_pass() -> None:
    text = "\\" * 1_000_000 + " {{> a}}"

    assert expanded(text, a="x") == "\\" * 1_000_000 + " x"


def test_includes_are_listed_once_each_in_their_order() -> None:
    composite = chat(system="{{> b}} {{> a}}", user=r"{{> b}} \{{> c}}")

    assert includes_of(composite) == ("b", "a")


def test_all_partials_below_a_prompt_are_found_in_spite_of_cycles() -> None:
    below: dict[str, Any] = catalog(a="{{> b}}", b="{{> a}} {{> c}}", c="", other="")

    assert set(partials_of(prompt("top", "{{> a}} {{> missing}}"), below)) == {"a", "b", "c"}


def test_the_line_of_an_include_is_known() -> None:
    text = "---\ntitle: x\n---\n\\{{> a}}\n\n{{> a}}\n{{> a}}\n"

    assert line_of_include(text, "a") == 6
    assert line_of_include(text, "b") == 1
