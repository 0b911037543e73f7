"""Write a report in the format that was asked for. Functions of values only."""

from __future__ import annotations

from importlib import import_module

from promptsync.cli.options import Format
from promptsync.cli.render_text import render_text
from promptsync.cli.report import Report


def render(report: Report, format_: Format, *, everything: bool = False) -> str:
    """Return a report in one format, ending with a line end.

    `everything` lists prompts in sync too, where a format leaves them out.
    """
    if format_ is Format.TEXT:
        return render_text(report, everything=everything)
    # Each format is one module, and most runs need none of these.
    module = import_module(f"promptsync.cli.render_{format_.value}")
    rendered: str = module.render_report(report)
    return rendered
