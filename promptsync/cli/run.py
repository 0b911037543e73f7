"""`promptsync run`: run a program that loads its prompts at another alias."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import click

from promptsync.alias_override import AliasOverride
from promptsync.catalog import Catalog, select
from promptsync.cli.columns import WIDTH
from promptsync.cli.errors import ReportingCommand, show_error
from promptsync.cli.options import alias_option_for, names_argument, quiet_option
from promptsync.cli.safe_text import one_line, shown_name
from promptsync.cli.talk import say
from promptsync.config import environment_with, user_cache_folder
from promptsync.deployed import find_deployed
from promptsync.errors import UsageError
from promptsync.hand_over import hand_over
from promptsync.prompt_name import NAME
from promptsync.registries import open_registry
from promptsync.registries.base import Registry

SEPARATOR = "--"

# As `env` and shells have it.
CANNOT_RUN = 126
NOT_FOUND = 127


class BeforeACommand(ReportingCommand):
    """A command that leaves alone what follows `--`: that is another program's command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options before the separator, and keep the rest for later."""
        own, rest = args, list[str]()
        if SEPARATOR in args:
            cut = args.index(SEPARATOR)
            own, rest = args[:cut], args[cut + 1 :]
        ctx.meta[__name__] = rest
        return super().parse_args(ctx, own)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what the command line looks like, with the other program's."""
        return [*super().collect_usage_pieces(ctx), SEPARATOR, "COMMAND", "[ARGUMENT]..."]


@click.command(cls=BeforeACommand)
@names_argument
@alias_option_for("Load the versions that this alias points at.", required=True)
@click.option(
    "--registry",
    "-r",
    metavar="NAME",
    help="Ask this registry of the configuration; the program chooses its own.",
)
@quiet_option
@click.pass_context
def command(
    context: click.Context,
    *,
    names: tuple[str, ...],
    alias: str,
    registry: str | None,
    quiet: bool,
) -> int:
    """Run a program that loads prompts at another alias.

    COMMAND runs unchanged, with PROMPTSYNC_ALIAS in its environment: `promptsync.load` then takes
    that alias for the prompts that are named, or for all. A prompt without it is loaded as the
    program asks. What is loaded is said first; where nothing has the alias, nothing is run.
    """
    program: list[str] = context.meta[__name__]
    if not program:
        raise UsageError(
            "say which command to run, after `--`",
            hint=f"`promptsync run --alias {shown_name(alias)} -- python evaluate.py`",
        )
    override, told = _look(names, alias, registry)
    if not quiet:
        say(told)
    return _hand_over(program, override)


def _look(names: Sequence[str], alias: str, registry: str | None) -> tuple[AliasOverride, str]:
    """Ask what will be loaded. Raises UsageError where the alias is not what the person thinks."""
    deployed = find_deployed(None, start=Path.cwd(), registry=registry, may_be_empty=True)
    catalog, config = deployed.catalog, deployed.registry
    folder, cache = deployed.folder, user_cache_folder()
    with closing(open_registry(config, folder=folder, cache=cache)) as opened:
        chosen = _choose(catalog, names, opened, alias)
        found = _versions(catalog, chosen, opened, alias)
        if not (names or found):
            # A program may have registered what has the alias.
            found = _versions(catalog, [each.name for each in opened.list_prompts()], opened, alias)
    _refuse_missing(chosen if names else (), found, config.name, alias)
    served = {_served_name(catalog, name) for name in chosen}
    override = AliasOverride(alias, frozenset({*chosen, *served}) if names else frozenset())
    where = f"`{shown_name(alias)}`" + (f" in registry `{config.name}`" if registry else "")
    return override, _sentence(found, len({*catalog.prompts, *found}), where)


def _choose(
    catalog: Catalog, names: Sequence[str], registry: Registry, alias: str
) -> Sequence[str]:
    """Return the prompts that are meant: by files, or registered by a program at the alias."""
    if not names:
        return select(catalog, names)
    chosen = set[str]()
    for name in names:
        try:
            chosen.update(select(catalog, [name]))
        except UsageError:
            if not NAME.fullmatch(name) or registry.get_prompt(name, alias=alias) is None:
                raise
            chosen.add(name)
    return sorted(chosen)


def _served_name(catalog: Catalog, name: str) -> str:
    return catalog.served_name(name) if name in catalog.files else name


def _versions(
    catalog: Catalog, names: Sequence[str], registry: Registry, alias: str
) -> Mapping[str, str]:
    """Return the version that the alias points at, by name, for each prompt that has it."""
    served = {_served_name(catalog, name): name for name in names}
    found = registry.get_prompts(list(served), alias=alias)
    return dict(sorted((served[each.name], each.version) for each in found))


def _refuse_missing(
    asked_for: Sequence[str], found: Mapping[str, str], registry: str, alias: str
) -> None:
    missing = [name for name in asked_for if name not in found]
    if found and not missing:
        return
    which = f"no version of `{shown_name(missing[0])}`" if missing else "no prompt"
    raise UsageError(
        f"{which} has the alias `{shown_name(alias)}` in registry `{registry}`",
        hint=f"`promptsync upload {missing[0] if missing else 'NAME'}` gives it to what the file "
        "says",
    )


def _sentence(found: Mapping[str, str], total: int, where: str) -> str:
    listed = ", ".join(f"{shown_name(name)} {one_line(each)}" for name, each in found.items())
    others = total - len(found)
    rest = f"; {others} as the program asks" if others else ""
    count = f"{len(found)} of {total} prompts" if total > 1 else "1 prompt"
    told = f"{count} at {where}: {listed}{rest}"
    return textwrap.fill(
        told, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _hand_over(program: Sequence[str], override: AliasOverride) -> int:
    sys.stdout.flush()
    try:
        return hand_over(program, environment_with(override.environment()))
    except FileNotFoundError:
        show_error(
            UsageError(
                f"there is no command `{shown_name(program[0])}`",
                hint="what follows `--` is run as it is, without a shell",
            )
        )
        return NOT_FOUND
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        show_error(UsageError(f"`{shown_name(program[0])}` cannot be run: {reason}"))
        return CANNOT_RUN
