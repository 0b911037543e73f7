"""`promptsync graph`: who includes whom, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptsync import prompt_sources
from promptsync.cli.options import (
    Format,
    cli_command,
    format_option,
    names_argument,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render_graph import render_graph
from promptsync.cli.talk import say
from promptsync.errors import PromptFileError, UsageError
from promptsync.include_graph import IncludeGraph, Node
from promptsync.local_prompt import parse_source
from promptsync.prompt_name import told_name
from promptsync.workspace import Workspace, open_workspace


@cli_command()
@names_argument
@registry_option
@format_option(Format.TEXT, Format.MERMAID, Format.JSON)
def command(*, names: tuple[str, ...], registry: str | None, format_: Format) -> int:
    """Show who includes whom, offline.

    With names, what they include and what includes them. Circles and missing partials are shown,
    too; `promptsync lint` fails for them.
    """
    workspace = open_workspace(Path.cwd(), registry)
    graph, unreadable = _read(workspace)
    if not graph.nodes and not unreadable:
        raise UsageError("there are no prompt files", hint="`promptsync init` makes a first one")
    chosen = _chosen(graph, names)
    show(render_graph(graph.around(chosen) if chosen else graph, chosen, format_))
    if unreadable:
        count = f"{unreadable} prompts" if unreadable > 1 else "1 prompt"
        say(f"\nwarning: left out {count} that cannot be read; `promptsync lint` says why")
    elif graph.missing or graph.circles:
        say("\nhint: `promptsync lint` names the lines")
    return 0


def _read(workspace: Workspace) -> tuple[IncludeGraph, int]:
    """Return the graph, and how many prompts could not be read."""
    nodes: dict[str, Node] = {}
    unreadable = 0
    for source in prompt_sources.in_work_tree(workspace.roots):
        if isinstance(source, PromptFileError):
            unreadable += 1
            continue
        try:
            prompt = parse_source(source)
        except PromptFileError:
            unreadable += 1
        else:
            nodes.setdefault(prompt.name, Node.of(prompt, source.path))
    return IncludeGraph(nodes), unreadable


def _chosen(graph: IncludeGraph, names: Sequence[str]) -> list[str]:
    """Return the names asked for; the path of a prompt will do. Raises UsageError."""
    name_by_path = {node.path: name for name, node in graph.nodes.items()}
    chosen = [name_by_path.get(each.removeprefix("./"), each) for each in names]
    for name in chosen:
        if name not in graph.nodes and name not in graph.missing:
            near = graph.near(name)
            hint = f"did you mean `{near}`?" if near else "`promptsync graph` shows all"
            raise UsageError(f"there is no prompt file for `{told_name(name)}`", hint=hint)
    return chosen
