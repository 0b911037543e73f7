"""Variables of one template language in the form of another, as far as both have them.

GitHub replaces `{{name}}` and knows nothing else. dotprompt has Handlebars and promptfoo Nunjucks;
in both `{{name}}` is never escaped for HTML, so in Mustache it is `{{{name}}}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from promptsync.formats.conversion import Note, listed
from promptsync.prompt import Prompt, Template, texts_of

_TAG = re.compile(r"\{\{\{[^{}]*\}\}\}|\{\{[^{}]*\}\}")
_STATEMENT = re.compile(r"(?<!\{)\{([%#])")
_VARIABLE = re.compile(r"\{\{(\s*[A-Za-z_][\w.-]*\s*)\}\}")
_UNESCAPED = re.compile(r"\{\{\{(\s*[A-Za-z_][\w.-]*\s*)\}\}\}|\{\{&(\s*[A-Za-z_][\w.-]*\s*)\}\}")
# What Handlebars without helpers shares with Mustache: sections, their ends, comments.
_SHARED_WITH_HANDLEBARS = re.compile(
    r"\{\{\s*(?:[#^/]\s*(?!if\b|each\b|unless\b|with\b)[\w.]+\s*|!.*)\}\}", re.DOTALL
)
_PARTIAL = re.compile(r"\{\{>\s*[A-Za-z0-9_.-]+\s*\}\}")
# What dotprompt reads although Mustache does not: blocks and helpers, but not those for messages.
_HELPER = re.compile(
    r"\{\{(?!\s*(?:[=>&]|role\b))\s*(?:history|else|this|[#^/!@].*|\w+ .*)\s*\}\}", re.DOTALL
)
_HANDLEBARS_WORDS = frozenset({"this", "else", "history"})


class Language(Enum):
    """The template language of a format that is neither Mustache nor Jinja2 itself."""

    PLACEHOLDERS = "GitHub"
    HANDLEBARS = "Handlebars"
    NUNJUCKS = "Nunjucks"


@dataclass(slots=True)
class _Found:
    """What a conversion came across: tags by what becomes of them."""

    rewritten: list[str]
    escaped: list[str]
    foreign: list[str]


def to_language(prompt: Prompt, language: Language) -> tuple[Prompt, list[Note]]:
    """Return a prompt whose text is in a format's language; `template` stays what it was."""
    found = _Found([], [], [])
    changed = map_texts(prompt, lambda text: _WRITERS[prompt.template](text, language, found))
    notes = []
    if found.foreign:
        message = f"{language.value} has no equivalent, and the text stays: {listed(found.foreign)}"
        notes.append(Note("content", message))
    if found.escaped:
        message = f"{language.value} does not escape values for HTML: {listed(found.escaped)}"
        notes.append(Note("content", message))
    if (template := _template_of(changed, language)) is not prompt.template:
        message = f"reads back as `{template.value}`, and no longer as `{prompt.template.value}`"
        notes.append(Note("template", message, is_lost=False))
    return changed, notes


def from_language(prompt: Prompt, language: Language) -> tuple[Prompt, list[Note]]:
    """Return a prompt in Mustache or Jinja2, whichever is nearer to a format's language."""
    template = _template_of(prompt, language)
    if template is Template.JINJA2:
        return replace(prompt, template=template), []
    if language is Language.NUNJUCKS:
        return prompt, []
    found = _Found([], [], [])
    changed = map_texts(prompt, lambda text: _to_mustache(text, language, found))
    notes = []
    if found.rewritten:
        message = f"with three braces now, so that nothing is escaped: {listed(found.rewritten)}"
        notes.append(Note("content", message, is_lost=False))
    if found.foreign:
        message = f"Mustache has no equivalent, and the text stays: {listed(found.foreign)}"
        notes.append(Note("content", message))
    return changed, notes


def _template_of(prompt: Prompt, language: Language) -> Template:
    """Return what a text in a language is read as; one without any tag needs no language."""
    if language is not Language.NUNJUCKS or not any(map(_has_tags, texts_of(prompt))):
        return Template.MUSTACHE
    return Template.JINJA2


def _has_tags(text: str) -> bool:
    return "{{" in text or "{%" in text or "{#" in text


def _statements(text: str) -> Iterator[str]:
    """Yield the statements and comments of Jinja2, each character looked at once."""
    position, unclosed = 0, set[str]()
    while (found := _STATEMENT.search(text, position)) is not None:
        kind, position = found[1], found.end()
        end = -1 if kind in unclosed else text.find(f"{kind}}}", position)
        if end < 0:
            unclosed.add(kind)
        else:
            position = end + 2
            yield text[found.start() : position]


def _from_mustache(text: str, language: Language, found: _Found) -> str:
    def converted(tag: re.Match[str]) -> str:
        whole = tag.group()
        if unescaped := _UNESCAPED.fullmatch(whole):
            return "{{" + (unescaped[1] or unescaped[2]) + "}}"
        if language is Language.HANDLEBARS and _HELPER.fullmatch(whole):
            return whole
        if _VARIABLE.fullmatch(whole):
            found.escaped.append(whole)
        else:
            found.foreign.append(whole)
        return whole

    if language is Language.NUNJUCKS:
        found.foreign += _statements(text)
    return _TAG.sub(converted, text)


def _from_jinja(text: str, language: Language, found: _Found) -> str:
    if language is not Language.NUNJUCKS:
        tags = (each.group() for each in _TAG.finditer(text))
        found.foreign += [tag for tag in tags if not _VARIABLE.fullmatch(tag)]
        found.foreign += _statements(text)
    return text


def _from_text(text: str, language: Language, found: _Found) -> str:
    found.foreign += _TAG.findall(text)
    if language is Language.NUNJUCKS:
        found.foreign += _statements(text)
    return text


_WRITERS: dict[Template, Callable[[str, Language, _Found], str]] = {
    Template.MUSTACHE: _from_mustache,
    Template.JINJA2: _from_jinja,
    Template.NONE: _from_text,
}


def _to_mustache(text: str, language: Language, found: _Found) -> str:
    def converted(tag: re.Match[str]) -> str:
        whole = tag.group()
        variable = _VARIABLE.fullmatch(whole)
        if variable and not (
            language is Language.HANDLEBARS and variable[1].strip() in _HANDLEBARS_WORDS
        ):
            found.rewritten.append(whole)
            return "{{{" + variable[1] + "}}}"
        is_shared = language is Language.HANDLEBARS and (
            _SHARED_WITH_HANDLEBARS.fullmatch(whole)
            or _UNESCAPED.fullmatch(whole)
            or _PARTIAL.fullmatch(whole)
        )
        if not is_shared:
            found.foreign.append(whole)
        return whole

    return _TAG.sub(converted, text)


def map_texts(prompt: Prompt, change: Callable[[str], str]) -> Prompt:
    """Return a prompt with every text changed, those in the parts of messages too."""

    def changed(value: Any) -> Any:
        if isinstance(value, str):
            return change(value)
        if isinstance(value, list):
            return [changed(each) for each in value]
        if isinstance(value, dict):
            return {key: changed(member) for key, member in value.items()}
        return value

    if isinstance(prompt.content, str):
        return replace(prompt, content=change(prompt.content))
    messages = (replace(each, content=changed(each.content)) for each in prompt.content)
    return replace(prompt, content=tuple(messages))


def variables_in(prompt: Prompt) -> list[str]:
    """Return the names of the plain variables of a prompt in order, each once, dotted ones cut."""
    names = (
        found.group().strip("{}& ").split(".")[0]
        for text in texts_of(prompt)
        for found in _TAG.finditer(text)
        if _VARIABLE.fullmatch(found.group()) or _UNESCAPED.fullmatch(found.group())
    )
    return list(dict.fromkeys(names))
