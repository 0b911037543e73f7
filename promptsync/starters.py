"""The starter prompts that the package ships, with the partials that each of them includes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from promptsync.composition import partials_of
from promptsync.prompt_file import parse_prompt


@dataclass(frozen=True, slots=True)
class Starter:
    """One starter prompt: `texts` holds its file and those of its partials, by name."""

    name: str
    title: str
    texts: Mapping[str, str]


def read_starters() -> Mapping[str, Starter]:
    """Return the starter prompts by name; partials are only found inside of them."""
    folder = files("promptsync") / "starter_prompts"
    texts = {
        each.name.removesuffix(".md"): each.read_text(encoding="utf-8")
        for each in folder.iterdir()
        if each.name.endswith(".md")
    }
    prompts = {
        name: parse_prompt(text, path=f"{name}.md", name=name)
        for name, text in sorted(texts.items())
    }
    return {
        name: Starter(
            name=name,
            title=prompt.title or name,
            texts={each: texts[each] for each in (name, *sorted(partials_of(prompt, prompts)))},
        )
        for name, prompt in prompts.items()
        if not prompt.partial
    }
