"""The options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How a result is written to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"


Names = Annotated[
    list[str] | None,
    typer.Argument(help="Prompts by name or file; all of them when none is given."),
]
RegistryName = Annotated[
    str | None,
    typer.Option(
        "--registry",
        "-r",
        help="A registry of the configuration; else its default.",
        metavar="NAME",
    ),
]
OutputFormat = Annotated[Format, typer.Option("--format", help="How to write the result.")]
Alias = Annotated[
    str | None,
    typer.Option("--alias", help="Look at the versions this alias points at.", metavar="ALIAS"),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
PlanChecksum = Annotated[
    str | None,
    typer.Option(
        "--plan-checksum",
        help="Apply only if the plan has this checksum: exactly what was reviewed.",
        metavar="SHA256",
    ),
]
ChangedSince = Annotated[
    str | None,
    typer.Option(
        "--changed-since",
        help="Only prompts that changed since the merge base with this revision.",
        metavar="REV",
    ),
]
