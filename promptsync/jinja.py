"""Fill in the variables of a Jinja2 text, in the library's own sandbox.

The text may have come from a registry, so it may change no value, reach no attribute that begins
with an underscore and read no other template. How long it runs is not bounded: Jinja2 has loops.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from itertools import count
from types import TracebackType
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from promptsync.template_errors import MissingNameError, TemplateError
from promptsync.value_text import to_json

_INCLUDE = "{{>"
_TAKES_IN = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class Jinja:
    """A template that was compiled once, to be filled in many times.

    `names` are the variables that it looks up, those that it tests with `is defined` as well.
    """

    __slots__ = ("_render", "names")

    def __init__(self, text: str) -> None:
        """Compile a template. Raises TemplateError."""
        try:
            tree = _parse(text)
            self.names = frozenset(meta.find_undeclared_variables(tree))
            template = _environment().from_string(tree)
        except jinja2.TemplateSyntaxError as error:
            raise TemplateError(error.message or "syntax error", error.lineno) from error
        except RecursionError as error:
            raise TemplateError("the template is nested too deeply", 1) from error
        self._render: Callable[[Mapping[str, object]], str] = template.render

    def render(self, values: Mapping[str, object]) -> str:
        """Return the text. Raises MissingNameError, and TemplateError for all else that fails."""
        try:
            return self._render(values)
        except _MissingError as error:
            raise MissingNameError(error.name, _line_of(error.__traceback__)) from error
        except Exception as error:
            line = _line_of(error.__traceback__)
            raise TemplateError(f"{type(error).__name__}: {error}", line) from error

    def missing(self, values: Mapping[str, object]) -> Collection[str]:
        """Return the variables that were not given and are used, as far as the text goes.

        That a text may test for a name, only filling it in can tell.
        """
        found: dict[str, object] = {}
        while True:
            try:
                self._render({**values, **found})
            except _MissingError as error:
                if error.name in found or error.name not in self.names:
                    return found
                found[error.name] = jinja2.ChainableUndefined(name=error.name)
            except Exception:  # noqa: BLE001  what else is wrong is said by `render`
                return found
            else:
                return found


class _MissingError(jinja2.UndefinedError):
    def __init__(self, message: str, name: str) -> None:
        super().__init__(message)
        self.name = name


class _Missing(jinja2.StrictUndefined):
    """What a name is that no value was given for; keeps the name for the error."""

    __slots__ = ()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if self._undefined_exception is jinja2.UndefinedError:
            name = str(self._undefined_name)
            self._undefined_exception = lambda message: _MissingError(message, name)  # type: ignore[assignment]


@cache
def _environment() -> jinja2.Environment:
    environment = ImmutableSandboxedEnvironment(
        undefined=_Missing, autoescape=False, keep_trailing_newline=True
    )
    # The library's own filter escapes for HTML, which a model would read as it stands.
    environment.filters["tojson"] = to_json
    return environment


def _parse(text: str) -> nodes.Template:
    """Parse a template in which an include that is left over is literal text, as everywhere."""
    mark = next(each for each in map("\ue000{}\ue001".format, count()) if each not in text)
    tree = _environment().parse(text.replace(_INCLUDE, mark))
    for data in tree.find_all(nodes.TemplateData):
        data.data = data.data.replace(mark, _INCLUDE)
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str):
            constant.value = constant.value.replace(mark, _INCLUDE)
    if other := next(tree.find_all(_TAKES_IN), None):
        raise TemplateError(
            f"`{{% {type(other).__name__.lower()} %}}` takes in a template, and there is none",
            other.lineno,
            "take in another prompt with `{{> name}}`",
        )
    return tree


def _line_of(traceback: TracebackType | None) -> int:
    """Return the last line of the template that an error went through."""
    line = 1
    while traceback:
        if traceback.tb_frame.f_code.co_filename == "<template>":
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
