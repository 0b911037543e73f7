"""Draw who includes whom: as indented text, as a Mermaid flowchart, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from promptsync.cli.options import Format
from promptsync.cli.render_json import to_json
from promptsync.cli.safe_text import one_line, printable, shown_name
from promptsync.include_graph import Branch, IncludeGraph, tree


def render_graph(graph: IncludeGraph, chosen: Sequence[str], format_: Format) -> str:
    """Return a graph in one format, ending with a line end.

    The text begins with the `chosen` prompts, or with all that nothing includes.
    """
    if format_ is Format.JSON:
        return to_json(_document(graph))
    if format_ is Format.MERMAID:
        return "\n".join(_mermaid(graph)) + "\n"
    lines = _around(graph, chosen) if chosen else _whole(graph)
    return "\n".join(map(printable, lines)) + "\n"


def _whole(graph: IncludeGraph) -> Iterator[str]:
    """Yield the tree of each composite that nothing includes, and of each circle without one."""
    tops = [
        name for name in graph.nodes if graph.includes_of(name) and not graph.includers_of(name)
    ]
    reached = {each.name for top in tops for each in tree(top, graph.includes_of)}
    tops += [circle[0] for circle in graph.circles if circle[0] not in reached]
    for name in sorted(dict.fromkeys(tops)):
        yield _heading(graph, name)
        yield from _branches(graph, name, graph.includes_of)
        yield ""
    shared = [name for name in sorted(graph.included_by) if len(graph.includers_of(name)) > 1]
    if shared:
        yield "in several prompts:"
        yield from (f"  {shown_name(name)}: {_names(graph.includers_of(name))}" for name in shared)
        yield ""
    yield _count_line(graph)


def _around(graph: IncludeGraph, chosen: Sequence[str]) -> Iterator[str]:
    for index, name in enumerate(chosen):
        if index:
            yield ""
        yield _heading(graph, name)
        for label, nothing, follow in (
            ("includes", "includes nothing", graph.includes_of),
            ("is included by", "is included by no prompt", graph.includers_of),
        ):
            yield f"  {label if follow(name) else nothing}"
            yield from (f"  {line}" for line in _branches(graph, name, follow))


def _heading(graph: IncludeGraph, name: str) -> str:
    node = graph.nodes.get(name)
    place = one_line(node.path) if node else "missing"
    return f"{shown_name(name)}  {place}"


def _branches(
    graph: IncludeGraph, name: str, follow: Callable[[str], Sequence[str]]
) -> Iterator[str]:
    for branch in tree(name, follow):
        remarks = list(_remarks(graph, branch))
        remark = f" ({', '.join(remarks)})" if remarks else ""
        yield f"{'  ' * branch.depth}{shown_name(branch.name)}{remark}"


def _remarks(graph: IncludeGraph, branch: Branch) -> Iterator[str]:
    node = graph.nodes.get(branch.name)
    if node is None:
        near = graph.near(branch.name)
        yield f"missing; did you mean `{near}`?" if near else "missing"
    elif node.is_partial:
        yield "partial"
    if branch.is_circle:
        yield "a circle"
    elif branch.is_again:
        yield "as above"


def _names(names: Sequence[str]) -> str:
    return ", ".join(map(shown_name, names))


def _count_line(graph: IncludeGraph) -> str:
    composites = sum(bool(node.includes) for node in graph.nodes.values())
    included = sum(name in graph.included_by for name in graph.nodes)
    parts = [_counted(len(graph.nodes), "prompt")]
    parts += [f"{composites} include{'s' if composites == 1 else ''}", f"{included} included"]
    parts += [f"{len(graph.missing)} missing"] if graph.missing else []
    parts += [_counted(len(graph.circles), "circle")] if graph.circles else []
    return ", ".join(parts)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _mermaid(graph: IncludeGraph) -> Iterator[str]:
    """Yield a flowchart: an arrow goes from a composite to what it includes.

    https://mermaid.js.org/syntax/flowchart.html
    """
    shown = [name for name in graph.nodes if graph.includes_of(name) or graph.includers_of(name)]
    names = sorted([*shown, *graph.missing] or graph.nodes)
    ids = {name: f"p{index}" for index, name in enumerate(names)}
    yield "flowchart LR"
    for name in names:
        node = graph.nodes.get(name)
        label = f'"{name} (missing)"' if node is None else f'"{name}"'
        shape = f"([{label}])" if node and node.is_partial else f"[{label}]"
        yield f"  {ids[name]}{shape}"
    back = {pair for circle in graph.circles for pair in pairwise(circle)}
    for name in names:
        for included in graph.includes_of(name):
            arrow = "-. circle .->" if (name, included) in back else "-->"
            yield f"  {ids[name]} {arrow} {ids[included]}"


def _document(graph: IncludeGraph) -> dict[str, object]:
    return {
        "schema": 1,
        "prompts": [
            {
                "name": name,
                "path": node.path,
                "partial": node.is_partial,
                "includes": list(node.includes),
                "included_by": list(graph.includers_of(name)),
            }
            for name, node in sorted(graph.nodes.items())
        ],
        "missing": [
            {"name": name, "included_by": list(graph.includers_of(name)), "near": graph.near(name)}
            for name in graph.missing
        ],
        "circles": [list(circle) for circle in graph.circles],
    }
