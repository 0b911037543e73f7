"""Every error promptsync raises on purpose.

* PromptsyncError
  - UsageError                  the request cannot be carried out as asked
    - MissingPackageError       it needs a package that is not installed; an ImportError as well
  - ConfigError                 promptsync.toml or the environment is wrong
  - PromptFileError             prompt files are wrong; carries one Problem for each finding
  - GitError                    git is missing, failed, or cannot answer
    - ShallowCloneError         the history that would decide is not in this clone
  - ConflictError               a person has to decide
    - MovedError                the registry holds another version than the one to be replaced
  - BusyError                   another run is at work; asking again later is safe
  - RegistryError               a registry did not do what was asked
    - RegistryUnavailableError  the network or the service failed; safe to retry
    - RegistryRefusedError      the service understood and refused
    - RegistryAnswerError       the service answered something that makes no sense
    - HashMismatchError         the service stored something other than was sent
  - LoadError                   a prompt cannot be served to the application
    - UnknownPromptError        the registry has no prompt of that name, or no such version
      + UnknownAliasError       it has the prompt, but the alias points at none of its versions
    - InvalidContentError       what the registry has under that name cannot be served
  - LineageError                a tracing tool did not take which prompts were used
  - RenderError                 variables cannot be filled in
    - MissingVariableError      the prompt has a variable that was not given
"""

from __future__ import annotations

from enum import Enum

from promptsync.light_dataclass import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptsync.remote_prompt import RemotePrompt


class PromptsyncError(Exception):
    """What is wrong with which thing; `hint` says what to do about it."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint is not None:
            # An application that does not catch it shows it in its traceback.
            self.add_note(f"hint: {hint}")


class UsageError(PromptsyncError):
    """The request cannot be carried out as asked."""


class MissingPackageError(UsageError, ModuleNotFoundError):
    """A package is not installed that promptsync can do without: an extra, or a tool's SDK.

    A ModuleNotFoundError as well, because an import may raise it, and those are asked for that.
    """


class ConfigError(PromptsyncError):
    """The configuration or an environment variable is wrong or missing."""


class Severity(Enum):
    """How much a finding matters: only errors make a prompt file unusable."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in one prompt file; `line` and `column` count from 1."""

    path: str
    line: int
    message: str
    column: int = 1
    hint: str | None = None
    rule: str = "PS001"
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """Write the finding the way editors can jump to it."""
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class PromptFileError(PromptsyncError):
    """Prompt files are wrong. `problems` is never empty."""

    def __init__(self, problems: tuple[Problem, ...] | Problem) -> None:
        found = (problems,) if isinstance(problems, Problem) else problems
        super().__init__("\n".join(map(str, found)), hint=found[0].hint)
        self.problems = found


class GitError(PromptsyncError):
    """git is missing, failed, or has no answer."""


class ShallowCloneError(GitError):
    """The history that would decide is not in this clone."""


class ConflictError(PromptsyncError):
    """A person has to decide."""

    exit_code = 3


class MovedError(ConflictError):
    """The registry holds another version than the one to be replaced.

    `current` is what it holds now, None for nothing.
    """

    def __init__(self, name: str, current: RemotePrompt | None) -> None:
        now = f"now has version {current.version}" if current else "is gone"
        super().__init__(
            f"`{name}` {now} in the registry; it was left alone",
            hint="run the same command again to plan anew",
        )
        self.current = current


class BusyError(PromptsyncError):
    """Another run is at work; asking again later is safe."""

    # As for a registry that is away: it is nobody's decision, only not now.
    exit_code = 4


class RegistryError(PromptsyncError):
    """A registry did not do what was asked."""

    exit_code = 4


class RegistryUnavailableError(RegistryError):
    """The network or the service failed; asking again is safe."""


class RegistryRefusedError(RegistryError):
    """The service understood the request and refused it.

    `status` is the HTTP status and `code` the service's own word for the reason, if there are any.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code


class RegistryAnswerError(RegistryError):
    """The service answered something that makes no sense, such as HTML or half a document."""


class HashMismatchError(RegistryError):
    """The service stored something other than was sent."""


class LoadError(PromptsyncError):
    """A prompt cannot be served to the application. No outage raises it."""

    exit_code = 4


class UnknownPromptError(LoadError):
    """The registry has no prompt of that name, or not the version that was asked for."""


class UnknownAliasError(UnknownPromptError):
    """The registry has the prompt, but the alias points at none of its versions."""


class InvalidContentError(LoadError):
    """What the registry has under that name is no prompt, another one, or belies its stamp."""


class LineageError(PromptsyncError):
    """A tracing tool did not take which prompts were used. Raised only for who asked for it."""

    exit_code = 4


class RenderError(PromptsyncError):
    """Variables cannot be filled in: the prompt's template is wrong, or a value does not fit it."""


class MissingVariableError(RenderError):
    """The prompt has variables that were not given.

    `variables` are all that are missing, and `variable` is the one that was met first.
    """

    def __init__(
        self, message: str, *, variables: tuple[str, ...] = (), hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.variables = variables

    @property
    def variable(self) -> str:
        """The variable that was met first."""
        return next(iter(self.variables), "")
