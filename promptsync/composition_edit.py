"""Find the file behind an edit: a composite's expanded text was edited, and its files stay apart.

An edit of the prompt's own words goes into its own file, one inside a partial into that partial.
What cannot be told is an EditConflict. Whatever is returned was expanded again, and gives exactly
the edited content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

from promptsync.composition import (
    CompositionError,
    escape_includes,
    escape_text,
    expand,
    includes_of,
)
from promptsync.edit_conflict import EditConflict, excerpt
from promptsync.edit_placement import place_changes
from promptsync.expanded_text import TooManyIncludesError, expand_text
from promptsync.prompt import Json, Message, Prompt

Content = str | tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class AttributedEdit:
    """What an edit makes of each file: the content of the prompt's own one, texts of partials.

    `own` is None where the own file stays. `notes` are sentences about what might have been meant
    otherwise.
    """

    own: Content | None
    text_by_partial: Mapping[str, str]
    notes: tuple[str, ...] = ()


def attribute_edit(
    prompt: Prompt, catalog: Mapping[str, Prompt], edited: Content
) -> AttributedEdit:
    """Say which files have to change so that a prompt expands to the edited content.

    `prompt` and `catalog` are as the files have them; `edited` is expanded content, as a registry
    holds it. Raises EditConflict.
    """
    now = expand(prompt, catalog).content
    if now == edited:
        return AttributedEdit(None, {})
    attribution = _Attribution(prompt.name, catalog)
    own = attribution.content(prompt.content, now, edited)
    texts = attribution.partials()
    _check(replace(prompt, content=own), catalog, texts, edited)
    changed = None if own == prompt.content else own
    return AttributedEdit(changed, texts, tuple(dict.fromkeys(attribution.notes)))


def _check(
    prompt: Prompt, catalog: Mapping[str, Prompt], texts: Mapping[str, str], edited: Content
) -> None:
    """Trust no alignment: what the files would say has to be what was edited, to the letter."""
    changed = {name: replace(catalog[name], content=text) for name, text in texts.items()}
    try:
        is_equal = expand(prompt, {**catalog, **changed}).content == edited
    except CompositionError:
        is_equal = False
    if not is_equal:
        raise EditConflict("the edited text cannot be put together from these files")


@dataclass(slots=True)
class _Attribution:
    """The edit of one prompt, over all of its messages."""

    name: str
    catalog: Mapping[str, Prompt]
    notes: list[str] = field(default_factory=list)
    places: dict[str, list[_Place]] = field(default_factory=dict)

    def content(self, raw: Content, now: Content, edited: Content) -> Content:
        if isinstance(raw, str) and isinstance(edited, str):
            return self.text(raw, edited)
        if isinstance(raw, str) or isinstance(now, str) or isinstance(edited, str):
            kinds = ("text", "messages") if isinstance(raw, str) else ("messages", "text")
            raise EditConflict(f"it was turned from {kinds[0]} into {kinds[1]}")
        pairs = _pair_messages(now, edited)
        return tuple(
            escaped_message(edited[new])
            if old is None
            else self._message(raw[old], now[old], edited[new])
            for old, new in pairs
        )

    def text(self, raw: str, edited: str) -> str:
        """Return what the own file says for one edited text, and note what its partials say."""
        try:
            expanded = expand_text(raw, self.name, self.catalog)
        except TooManyIncludesError as error:
            raise EditConflict("it is made of too many includes to find the edited one") from error
        changed, notes = place_changes(expanded, edited)
        self.notes += notes
        written = {slot: escape_text(text) for slot, text in changed.items()}
        for place in expanded.occurrences:
            said = _Place(place.written({}), place.written(written), place.said(changed))
            self.places.setdefault(place.name, []).append(said)
        return expanded.top.written(written)

    def partials(self) -> dict[str, str]:
        """Return the new text of each partial that changed. Raises EditConflict."""
        changed = {
            name: places
            for name, places in self.places.items()
            if any(each.after != each.before for each in places)
        }
        for name, places in changed.items():
            _require_one_text(name, places)
        return {name: places[0].after for name, places in changed.items()}

    def _message(self, raw: Message, now: Message, edited: Message) -> Message:
        if now == edited:
            for text, said in zip(_texts(raw), _texts(now), strict=True):
                self.text(text, said)
            return raw
        is_same_text = now.content == edited.content
        if now.role != edited.role and not is_same_text:
            if _takes_in(raw):
                raise EditConflict(
                    f"a message with includes became another: {now.role} is now {edited.role}"
                )
            return escaped_message(edited)
        return replace(edited, content=self._message_content(raw, edited))

    def _message_content(self, raw: Message, edited: Message) -> str | list[Json]:
        if isinstance(raw.content, str) and isinstance(edited.content, str):
            return self.text(raw.content, edited.content)
        if not _takes_in(raw):
            return escaped_message(edited).content
        if isinstance(raw.content, str) or isinstance(edited.content, str):
            raise EditConflict("a message with includes was turned into another kind of content")
        if len(raw.content) != len(edited.content):
            raise EditConflict("parts were added to, or taken from, a message with includes")
        pairs = zip(raw.content, edited.content, strict=True)
        return [self._part(old, new) for old, new in pairs]

    def _part(self, raw: Json, edited: Json) -> Json:
        if not (isinstance(raw, dict) and isinstance(edited, dict)):
            return edited
        if not (isinstance(raw.get("text"), str) and isinstance(edited.get("text"), str)):
            return edited
        return {**edited, "text": self.text(raw["text"], edited["text"])}


@dataclass(frozen=True, slots=True)
class _Place:
    """What a partial's file says before and after, going by one place; `said` is expanded."""

    before: str
    after: str
    said: str


def _require_one_text(name: str, places: Sequence[_Place]) -> None:
    texts = list(dict.fromkeys(each.after for each in places))
    if len(texts) > 1:
        shown = [
            f"one place says  {excerpt(each)}" for each in dict.fromkeys(p.said for p in places)
        ]
        edited = "only some of them were edited"
        if all(each.after != each.before for each in places):
            edited = "they were edited differently"
        raise EditConflict(f"partial `{name}` is included {len(places)} times, and {edited}", shown)
    if places[0].before and not texts[0]:
        raise EditConflict(f"all of the text of partial `{name}` was deleted")


def _pair_messages(
    now: Sequence[Message], edited: Sequence[Message]
) -> Iterator[tuple[int | None, int]]:
    """Yield for each edited message the one that it was, None for a new one, in their order."""
    if [each.role for each in now] == [each.role for each in edited]:
        yield from ((index, index) for index in range(len(edited)))
        return
    matcher = SequenceMatcher(None, _keys(now), _keys(edited), autojunk=False)
    for _, first, last, new_first, new_last in matcher.get_opcodes():
        for offset, new in enumerate(range(new_first, new_last)):
            yield (first + offset if first + offset < last else None), new


def _keys(messages: Sequence[Message]) -> list[str]:
    return [json.dumps([each.role, each.content]) for each in messages]


def escaped_message(message: Message) -> Message:
    """Return a message as a file has to say it: every directive literal."""
    escaped = escape_includes(Prompt(name="message", content=(message,))).content[0]
    return escaped if isinstance(escaped, Message) else message


def _takes_in(message: Message) -> bool:
    return bool(includes_of(Prompt(name="message", content=(message,))))


def _texts(message: Message) -> Iterator[str]:
    if isinstance(message.content, str):
        yield message.content
        return
    for part in message.content:
        if isinstance(part, dict) and isinstance(part.get("text"), str):
            yield part["text"]
