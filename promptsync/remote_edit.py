"""Turn remote content into what its prompt file would have to say, and show the difference."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from promptsync.composition import escape_includes, includes_of
from promptsync.composition_edit import Content
from promptsync.errors import ConflictError
from promptsync.prompt import NAMING_KEYS, Prompt
from promptsync.prompt_file import format_prompt, update_text
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt, PromptState


@dataclass(frozen=True, slots=True)
class TwoTexts:
    """One prompt as two prompt files: what the registry would make of it, and what git has."""

    remote: str
    local: str

    @property
    def first_differing_line(self) -> int:
        """The first line of the local text that differs, counted from 1."""
        remote, local = self.remote.split("\n"), self.local.split("\n")
        pairs = zip(remote, local, strict=False)
        same = next((index for index, (one, other) in enumerate(pairs) if one != other), None)
        return min(len(remote), len(local)) if same is None else same + 1

    def unified_diff(self, remote_label: str, local_label: str) -> list[str]:
        """Return the lines of a unified diff, without line ends: `-` is the registry, `+` git."""
        return [
            line.removesuffix("\n")
            for line in difflib.unified_diff(
                _lines(self.remote), _lines(self.local), remote_label, local_label
            )
        ]


def _lines(text: str) -> list[str]:
    # str.splitlines() also splits where editors and git do not, such as at a form feed.
    return [f"{line}\n" for line in text.removesuffix("\n").split("\n")] if text else []


def two_texts(state: PromptState, kind: str, file_text: str | None) -> TwoTexts:
    """Return both sides of a state as prompt files; a missing side is empty.

    With `file_text`, the file as it is, the lines of the local side are the file's own. A
    composite is shown expanded, because that is what the registry has.
    """
    local, remote = state.local, state.remote
    if local is None or remote is None:
        return TwoTexts(
            _remote_text(remote) if remote else "",
            file_text or (format_prompt(local.prompt, path_name=state.name) if local else ""),
        )
    if file_text is None or includes_of(local.prompt):
        flat = replace(local, prompt=escape_includes(local.expanded))
        return TwoTexts(
            format_prompt(as_file_prompt(flat, remote, kind), path_name=state.name),
            format_prompt(flat.prompt, path_name=state.name),
        )
    prompt = as_file_prompt(local, remote, kind)
    edited = update_text(file_text, prompt, path=local.path, path_name=local.prompt.name)
    return TwoTexts(edited, file_text)


def _remote_text(remote: RemotePrompt) -> str:
    # To be looked at, not to be written: its name need not be one that a file can have.
    shown = replace(escape_includes(remote.prompt), name="shown")
    return format_prompt(shown, path_name="shown")


def as_file_prompt(
    local: LocalPrompt, remote: RemotePrompt, kind: str, *, own: Content | None = None
) -> Prompt:
    """Return what a prompt file has to say to agree with a remote prompt.

    What the registry does not hold (inputs, the served name, tables of other registries) stays.
    Details that the file leaves out belong to the people who use the registry, and stay out.
    `own` is what the file of a composite has to say, where that is known. Else ConflictError is
    raised for a composite whose text was edited.
    """
    file, there = local.prompt, escape_includes(remote.prompt)
    content = _content(local, remote, there) if own is None else own
    options = dict(file.registry_options)
    naming = {key: each for key, each in options.get(kind, {}).items() if key in NAMING_KEYS}
    options[kind] = {**naming, **there.registry_options.get(kind, {})}
    return replace(
        file,
        content=content,
        title=file.title and (there.title or file.title),
        description=file.description and (there.description or file.description),
        tags=file.tags and (there.tags or file.tags),
        metadata={key: there.metadata.get(key, value) for key, value in file.metadata.items()},
        model=there.model,
        params=there.params,
        tools=there.tools,
        response_format=there.response_format,
        template=there.template,
        registry_options={key: value for key, value in options.items() if value},
    )


def _content(local: LocalPrompt, remote: RemotePrompt, escaped: Prompt) -> Content:
    """Return what the file has to say: a composite's stays, which nobody edited."""
    file = local.prompt
    if not includes_of(file):
        return escaped.content
    if remote.prompt.content != local.expanded.content:
        names = ", ".join(f"`{name}`" for name in includes_of(file))
        raise ConflictError(
            f"`{file.name}` includes {names}, and its text was edited in the registry",
            hint=f"`promptsync diff {file.name}` shows the edit; put it into the right file",
        )
    return file.content
