"""What every registry can do, in promptsync's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from promptsync.errors import RegistryAnswerError
from promptsync.prompt import Prompt
from promptsync.registries.redaction import shorten
from promptsync.remote_prompt import RemotePrompt, Stamp

if TYPE_CHECKING:
    from promptsync.experiment import Experiment

# As `If-Match: *` in HTTP: whatever is there may be replaced.
ANY_VERSION = "*"


class AnotherPromptError(RegistryAnswerError):
    """The service answered with another prompt than was asked for."""

    def __init__(self, service: str, *, asked: str, answered: object) -> None:
        shown = f"`{shorten(answered, 80)}`" if isinstance(answered, str) else "a nameless prompt"
        super().__init__(
            f"{service} answered with {shown} where `{shorten(asked, 80)}` was asked for",
            hint="check the registry's address, and what stands between it and this machine",
        )


AskNames = Callable[[], Collection[str]]


class Registry(Protocol):
    """A service that stores versions of prompts under names, and aliases that point at versions.

    Safe to use from several threads. Every method raises RegistryUnavailableError when the
    service cannot be reached in time, RegistryRefusedError when it says no, and
    RegistryAnswerError when its answer makes no sense; nothing else crosses this seam.
    """

    kind: str
    """The registry's kind, as in the configuration: `local`, `braintrust`, …"""

    can_rename: bool
    """Whether the service keeps a prompt's versions when its name changes."""

    @property
    def address(self) -> str:
        """Where this registry is, for people: no credentials in it."""
        ...

    def list_prompts(self, *, wanted: AskNames | None = None) -> Iterable[RemotePrompt]:
        """Return the latest version of each prompt, each name once.

        The first request may be under way when this returns, so that other work is done while
        it travels. `wanted` gives the names the caller cares about; it is asked once the first
        answer is there. The listing may end when all of them were seen and the service gave no
        sign of more. Without it, everything there is comes.
        """
        ...

    def get_prompt(
        self,
        name: str,
        *,
        version: str | None = None,
        alias: str | None = None,
        details: bool = True,
    ) -> RemotePrompt | None:
        """Return one prompt, latest unless `version` or `alias` say which.

        None means that there is no such prompt or version, or that the alias points at none of
        its versions; it never means that the service could not be asked. Without `details`, what
        only describes the prompt may be missing, and who wrote before, where that saves a request.
        """
        ...

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Return several prompts as `get_prompt` does, those that there are, in any order.

        In the fewest requests that the service allows; side by side where it takes one each.
        """
        ...

    def list_versions(self, name: str) -> Sequence[RemotePrompt]:
        """Return every version of a prompt, newest first; empty when there is no such prompt."""
        ...

    def save_prompt(
        self, prompt: Prompt, stamp: Stamp | None, *, replaces: str | None = ANY_VERSION
    ) -> RemotePrompt:
        """Store a prompt whole and return what the service *reads back*.

        That is a new version, unless the latest one has this content already and the service can
        change details and stamp beside it.

        `replaces` is the version that has to be the latest right before the write, None where
        there must be no prompt; else MovedError is raised and nothing is written.

        Details the prompt does not have are removed there. The caller compares the content hash
        of the answer, and its stamp, which is None where the service did not keep it. A write
        whose answer was lost is read again, never repeated blindly.
        """
        ...

    def delete_prompt(self, name: str) -> None:
        """Remove a prompt with its versions; nothing happens when there is none."""
        ...

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version of a prompt."""
        ...

    def list_aliases(self, names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what the aliases of some prompts point at: name -> alias -> version.

        A prompt that no alias points into is left out, and so is an unknown one.
        """
        ...

    def rename_prompt(self, name: str, new_name: str) -> None:
        """Give a prompt another name; its versions, stamps and aliases stay with it.

        Raises RegistryRefusedError when there is no such prompt, when the new name is taken, and
        where `can_rename` is false.
        """
        ...

    def list_experiments(self, name: str) -> Sequence[Experiment]:
        """Return the service's experiments that ran versions of a prompt, newest first.

        Empty when there are none, or where the service has no experiments.
        """
        ...

    def unsupported(self, prompt: Prompt, *, replaces: RemotePrompt | None = None) -> list[str]:
        """Say what of this prompt the service cannot hold, a sentence each; empty is fine.

        `replaces` is what is stored under its name now: some services fix a prompt's type.
        """
        ...

    def close(self) -> None:
        """Give back connections."""
        ...
