"""Filling in a chat prompt of 2 kB with ten variables, beside what is bare and what is known."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pystache  # type: ignore[import-untyped]  # it has no types
from jinja2 import Environment

from benchmarks.measuring import Figure
from promptsync.loaded_prompt import LoadedPrompt, Source, make_loaded_prompt
from promptsync.prompt import Message, Prompt, Template

NAMES = tuple(f"customer_{word}" for word in "abcdefghij")
VALUES = {name: f"what {name} says about it" for name in NAMES}
SYSTEM = "Cite the signal you judge. " * 62 + "".join(
    f"\n{name}: {{{{{name}}}}} of its time" for name in NAMES[:7]
)
USER = "".join(f"\n{name}: {{{{{name}}}}} and more" for name in NAMES[7:])
PROMPT = Prompt(
    name="greeting",
    content=(Message("system", SYSTEM), Message("user", USER)),
    model="gpt-5-mini",
    params={"temperature": 0},
)
RENDERS = 50
ROUNDS = 201

Render = Callable[[], object]


def rendering_figures() -> Iterator[Figure]:
    """Compare rendering with replacing text, with pystache, and Jinja2 with itself."""
    ours = _loaded(PROMPT)
    said = [each.content for each in ours.render(**VALUES).messages or ()]
    if said != _replaced(VALUES):
        raise RuntimeError("the two say different things")
    mine, bare = _side_by_side(lambda: ours.render(**VALUES), lambda: _replaced(VALUES))
    yield Figure("render 2 kB, 10 variables / str.replace", mine, bare, 1.2, unit="us")
    mine, other = _side_by_side(lambda: ours.render(**VALUES), _pystache())
    yield Figure("render 2 kB, pystache", mine, other, 2, at_least=True, unit="us")
    jinja = _loaded(replace(PROMPT, template=Template.JINJA2))
    mine, bare = _side_by_side(lambda: jinja.render(**VALUES), _jinja())
    yield Figure("render 2 kB, Jinja2 / its compiled templates", mine, bare, 1.5, unit="us")


def _loaded(prompt: Prompt) -> LoadedPrompt:
    return make_loaded_prompt(prompt, content_hash="sha256:1", source=Source.FILE)


_TAGS = [(f"{{{{{name}}}}}", name) for name in NAMES]


def _replaced(values: Mapping[str, str]) -> list[str]:
    """Replace one variable after the other in each message, as programs do it by hand."""
    said = []
    for message in (SYSTEM, USER):
        text = message
        for tag, name in _TAGS:
            text = text.replace(tag, values[name])
        said.append(text)
    return said


def _pystache() -> Render:
    renderer = pystache.Renderer(escape=str, missing_tags="strict")
    parsed = [pystache.parse(text) for text in (SYSTEM, USER)]
    return lambda: [renderer.render(text, VALUES) for text in parsed]


def _jinja() -> Render:
    environment = Environment(autoescape=False)  # noqa: S701  prompts are no HTML
    templates = [environment.from_string(text) for text in (SYSTEM, USER)]
    return lambda: [template.render(VALUES) for template in templates]


def _side_by_side(ours: Render, other: Render) -> tuple[float, float]:
    """Render in turn and return the median seconds of each."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for render, found in zip((ours, other), times, strict=True):
            started = time.perf_counter()
            for _ in range(RENDERS):
                render()
            found.append((time.perf_counter() - started) / RENDERS)
    return statistics.median(times[0]), statistics.median(times[1])
