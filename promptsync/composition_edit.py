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
from promptsync.expanded_text import (
    ExpandedText,
    Occurrence,
    Slot,
    TooManyIncludesError,
    expand_text,
)
from promptsync.prompt import Json, Message, Prompt
from promptsync.text_changes import (
    Hunk,
    changes_by_line,
    changes_by_word,
    slack,
    whole_change,
    with_context,
)

Content = str | tuple[Message, ...]

# As much of a text as a person needs to find the place.
MAX_EXCERPT = 200
MAX_CONTEXT = 40


class EditConflict(Exception):  # noqa: N818  nothing failed: a person has to decide
    """Why an edit cannot be given to one file. `details` shows the texts it is about."""

    def __init__(self, reason: str, details: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = tuple(details)


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
        changed = self._changed_slots(expanded, edited)
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

    def _changed_slots(self, expanded: ExpandedText, edited: str) -> dict[Slot, str]:
        if expanded.text == edited:
            return {}
        changes: dict[Slot, list[tuple[int, int, str]]] = {}
        hunks = list(_placeable_hunks(expanded, edited))
        ends = [*(hunk.old_start for hunk, _ in hunks[1:]), len(expanded.text)]
        first = 0
        for (hunk, around), last in zip(hunks, ends, strict=True):
            found = _candidates(expanded, edited, hunk, first, last)
            if not found:
                raise _crossing(expanded, edited, around)
            slot, placed, note = _place(found, hunk)
            first = placed.old_end
            new = edited[placed.new_start : placed.new_end]
            change = (placed.old_start - slot.start, placed.old_end - slot.start, new)
            changes.setdefault(slot, []).append(change)
            self.notes += [note] if note else []
        return {
            slot: _changed(expanded.text[slot.start : slot.end], each)
            for slot, each in changes.items()
        }


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
            f"one place says  {_excerpt(each)}" for each in dict.fromkeys(p.said for p in places)
        ]
        edited = "only some of them were edited"
        if all(each.after != each.before for each in places):
            edited = "they were edited differently"
        raise EditConflict(f"partial `{name}` is included {len(places)} times, and {edited}", shown)
    if places[0].before and not texts[0]:
        raise EditConflict(f"all of the text of partial `{name}` was deleted")


def _placeable_hunks(expanded: ExpandedText, edited: str) -> Iterator[tuple[Hunk, Hunk]]:
    """Yield the changes, each small enough to lie in one file where that can be had.

    With each comes what people would call the change: the lines around its words.
    """
    whole = whole_change(expanded.text, edited)
    if _candidates(expanded, edited, whole, 0, len(expanded.text)):
        yield whole, whole
        return
    for hunk in changes_by_line(expanded.text, edited):
        if _candidates(expanded, edited, hunk, hunk.old_start, hunk.old_end):
            yield hunk, hunk
        else:
            yield from ((each, hunk) for each in changes_by_word(expanded.text, edited, hunk))


def _place(candidates: Sequence[tuple[Slot, int]], hunk: Hunk) -> tuple[Slot, Hunk, str | None]:
    """Choose the file that a change belongs to: where several could have it, the outermost.

    What is added at the edge of a partial may be meant for everybody who includes it, or for this
    prompt alone. The latter changes nobody else.
    """
    slot, moved = min(candidates, key=lambda each: (each[0].owner.depth, abs(each[1])))
    others = {each.owner.name for each, _ in candidates if each.owner is not slot.owner}
    note = None
    if others:
        inner = ", ".join(f"`{name}`" for name in sorted(others))
        note = f"an edit at the edge of {inner} was taken as one of `{slot.owner.name}`"
    return slot, hunk.moved(moved), note


def _candidates(
    expanded: ExpandedText, edited: str, hunk: Hunk, first: int, last: int
) -> list[tuple[Slot, int]]:
    """Return the slots that can hold a whole change, and how far it has to be moved for that."""
    moves = slack(expanded.text, edited, hunk, first=first, last=last)
    found = []
    for slot in expanded.slots:
        lowest = max(moves.start, slot.start - hunk.old_start)
        highest = min(moves.stop - 1, slot.end - hunk.old_end)
        if lowest <= highest:
            found.append((slot, min(max(0, lowest), highest)))
    return found


def _crossing(expanded: ExpandedText, edited: str, hunk: Hunk) -> EditConflict:
    hunk = with_context(expanded.text, hunk, MAX_CONTEXT)
    touched = [
        slot for slot in expanded.slots if slot.start < hunk.old_end and hunk.old_start < slot.end
    ]
    runs: list[tuple[Occurrence, str]] = []
    for slot in touched:
        part = expanded.text[max(slot.start, hunk.old_start) : min(slot.end, hunk.old_end)]
        if runs and runs[-1][0] is slot.owner:
            part = runs.pop()[1] + part
        runs.append((slot.owner, part))
    owners = list(dict.fromkeys(f"`{owner.name}`" for owner, _ in runs))
    width = max(len(owner) for owner in [*owners, "registry"])
    shown = [f"{f'`{owner.name}`':{width}}  {_excerpt(part)}" for owner, part in runs]
    new = edited[hunk.new_start : hunk.new_end]
    return EditConflict(
        f"one edit runs across the boundary of {' and '.join(owners)}",
        [*shown, f"{'registry':{width}}  {_excerpt(new)}"],
    )


def _changed(text: str, changes: Sequence[tuple[int, int, str]]) -> str:
    pieces, position = [], 0
    for start, end, new in changes:
        pieces += [text[position:start], new]
        position = end
    return "".join([*pieces, text[position:]])


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


def _excerpt(text: str) -> str:
    """Return the beginning and the end of a text in quotes, on one line."""
    if len(text) > MAX_EXCERPT:
        half = MAX_EXCERPT // 2
        text = f"{text[:half]} … {text[-half:]}"
    return json.dumps(text, ensure_ascii=False)
