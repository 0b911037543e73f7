"""Disputes: two prompts whose edits in the registry make different things of one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptsync.composition_edit import Content
from promptsync.message_markup import write_body
from promptsync.plan import Change, Refusal
from promptsync.remote_edit import as_file_prompt

# More lines of two texts fill a screen; the files have the rest.
MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one change makes of the text of a file."""

    change: Change
    after: str


def find_disputes(changes: Sequence[Change], kind: str) -> dict[str, Refusal]:
    """Return a refusal for each change that makes something else of a file than another one."""
    refusals: dict[str, Refusal] = {}
    for (name, before), claims in _claims(changes, kind).items():
        texts = list(dict.fromkeys(each.after for each in claims))
        if len(texts) < 2:  # noqa: PLR2004  one text is no dispute
            continue
        for claim in claims:
            refusals.setdefault(claim.change.name, _disputed(claim, claims, name, before))
    return refusals


def _claims(changes: Sequence[Change], kind: str) -> Mapping[tuple[str, str], list[_Claim]]:
    """Return what is made of each file that some edit goes into, by its name and its text before.

    A file's own prompt counts where a composite claims the file, too.
    """
    claims: dict[str, list[_Claim]] = {}
    before: dict[str, str] = {}
    for change in changes:
        for edit in change.edits:
            if edit.changes_content:
                claims.setdefault(edit.name, []).append(_Claim(change, _shown(edit.after.content)))
                before.setdefault(edit.name, _shown(edit.before.content))
    for change in changes:
        own = None if change.edits else _own_content(change, kind)
        if own is not None and change.name in claims and _shown(own) != before[change.name]:
            claims[change.name].append(_Claim(change, _shown(own)))
    return {(name, before[name]): each for name, each in claims.items()}


def _shown(content: Content) -> str:
    return content if isinstance(content, str) else write_body(content)


def _own_content(change: Change, kind: str) -> Content | None:
    """Return what a change makes of the prompt's own file, where it makes something of that."""
    local, remote = change.state.local, change.state.remote
    if local is None or remote is None or local.partials:
        return None
    return as_file_prompt(local, remote, kind).content


def _disputed(claim: _Claim, claims: Sequence[_Claim], name: str, before: str) -> Refusal:
    names_by_text: dict[str, list[str]] = {}
    for each in claims:
        names_by_text.setdefault(each.after, []).append(each.change.name)
    first = claims[0].change.name
    return Refusal(
        claim.change.state,
        f"partial `{name}` was changed in different ways",
        f"`promptsync download {first}` takes one; commit, then merge the other",
        tuple(_texts_side_by_side(names_by_text, before)),
    )


def _texts_side_by_side(names_by_text: Mapping[str, Sequence[str]], before: str) -> Iterator[str]:
    """Yield the lines in which the texts differ, below the names of the prompts that have them."""
    texts = [text.split("\n") for text in (*names_by_text, before)]
    shortest = min(map(len, texts))
    start = next((i for i in range(shortest) if len({each[i] for each in texts}) > 1), shortest)
    rest = shortest - start
    end = next((i for i in range(rest) if len({each[-1 - i] for each in texts}) > 1), rest)
    for names, lines in zip(names_by_text.values(), texts, strict=False):
        shown = lines[start : len(lines) - end]
        yield ", ".join(names) + ":"
        yield from (f"  {line}" for line in shown[:MAX_LINES])
        if len(shown) > MAX_LINES:
            yield f"  … and {len(shown) - MAX_LINES} more lines"
