"""The parts of the documentation that are made from the code: what a person would only copy."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping

import click

from promptsync.cli import app
from tests.documentation.pages import ROOT
from tests.test_architecture import EDGE, VALUES, WORLD, source_trees

VECTORS = ROOT / "tests" / "vectors" / "content-hash.json"

_PART = re.compile(
    r"^<!-- made from the code: (?P<name>.+?) -->\n(?P<text>.*?)^<!-- end -->$",
    re.MULTILINE | re.DOTALL,
)


def with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Return a page with each of its parts made anew."""
    return _PART.sub(
        lambda found: (
            f"<!-- made from the code: {found['name']} -->\n{parts[found['name']]}<!-- end -->"
        ),
        text,
    )


def names_of_parts(text: str) -> list[str]:
    """Return the names of a page's parts, in order."""
    return [found["name"] for found in _PART.finditer(text)]


def command_parts() -> dict[str, str]:
    """Return the description of each command, by its name, such as `hook install`."""
    return {name: _description(name, command) for name, command in _commands(app, "")}


def _commands(group: click.Group, prefix: str) -> Iterator[tuple[str, click.Command]]:
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None, f"{name} is listed and cannot be imported"
            if isinstance(command, click.Group):
                yield from _commands(command, f"{prefix}{name} ")
            else:
                yield f"{prefix}{name}", command


def _description(name: str, command: click.Command) -> str:
    with click.Context(command, info_name=f"promptsync {name}") as context:
        usage = " ".join(["promptsync", name, *command.collect_usage_pieces(context)])
        rows = [
            record
            for parameter in command.params
            if isinstance(parameter, click.Option)
            and (record := parameter.get_help_record(context)) is not None
        ]
    assert command.help, f"`{name}` has no help"
    help_text = "\n\n".join(map(_as_code, command.help.split("\n\n")))
    table = "".join(f"| {_options(options)} | {_cell(text)} |\n" for options, text in rows)
    if table:
        table = f"| Option | |\n| --- | --- |\n{table}\n"
    return f"\n{help_text}\n\n```text\n{usage}\n```\n\n{table}"


def _options(record: str) -> str:
    """Write `-r, --registry NAME` as code; in a table, a bar would end the cell."""
    return "`" + record.replace("|", "\\|") + "`"


def _cell(text: str) -> str:
    return _as_code(text).replace("|", "\\|")


def _as_code(text: str) -> str:
    """Join a text that help wraps as it likes."""
    return " ".join(text.split())


def vector_part() -> str:
    """Return what the test vectors of the content hash are about, as a table."""
    rows = "".join(
        f"| {_cell(vector['description'])} | `{vector['hash'][:19]}` |\n"
        for vector in json.loads(VECTORS.read_bytes())
    )
    return f"\n| Vector | Hash |\n| --- | --- |\n{rows}\n"


def module_parts() -> dict[str, str]:
    """Return the modules of each layer with the first sentence of what they say of themselves."""
    layers = {"values": VALUES, "world": WORLD, "edge": EDGE}
    return {name: _modules(layer) for name, layer in layers.items()}


def _modules(layer: frozenset[str]) -> str:
    rows = "".join(
        f"| `{name}` | {_cell(_first_sentence(tree))} |\n"
        for name, tree in source_trees().items()
        if name.partition(".")[0] in layer
    )
    return f"\n| Module | |\n| --- | --- |\n{rows}\n"


def _first_sentence(tree: ast.Module) -> str:
    paragraph = _as_code((ast.get_docstring(tree) or "").partition("\n\n")[0])
    found = re.match(r"(.+?)\.(?: |$)", paragraph)
    return found[1] if found else paragraph
