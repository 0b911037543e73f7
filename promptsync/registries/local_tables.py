"""The tables of the embedded registry, and the queries that read them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    Column,
    Exists,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    and_,
    func,
    select,
)

METADATA = MetaData()

# `caseless_name` is folded here and not by the database, whose lower() follows its locale.
# No id is ever used again, so that a writer cannot append to a prompt made after a deletion.
PROMPTS = Table(
    "promptsync_prompts",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("caseless_name", Text, nullable=False, unique=True),
    sqlite_autoincrement=True,
)

# Rows are appended and never updated. The primary key decides between two writers.
VERSIONS = Table(
    "promptsync_versions",
    METADATA,
    Column("prompt_id", ForeignKey(PROMPTS.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("stamp", Text),
    Column("author", Text),
    Column("created", String(24), nullable=False),
)

ALIASES = Table(
    "promptsync_aliases",
    METADATA,
    Column("prompt_id", Integer, primary_key=True, autoincrement=False),
    Column("alias", Text, primary_key=True),
    Column("number", Integer, nullable=False),
    ForeignKeyConstraint(
        ["prompt_id", "number"], [VERSIONS.c.prompt_id, VERSIONS.c.number], ondelete="CASCADE"
    ),
)


def every_version() -> Select[Any]:
    """Select all that is known of each version."""
    return select(PROMPTS.c.name, VERSIONS).join_from(PROMPTS, VERSIONS)


def versions_of(name: str) -> Select[Any]:
    """Select the versions of one prompt, newest first."""
    return every_version().where(PROMPTS.c.name == name).order_by(VERSIONS.c.number.desc())


def aliases_of(names: Collection[str]) -> Select[Any]:
    """Select the aliases of some prompts, with the name of each and the number of the version."""
    # Joined with the versions: a row deleted by hand in SQLite leaves its aliases behind.
    is_there = and_(
        ALIASES.c.prompt_id == VERSIONS.c.prompt_id, ALIASES.c.number == VERSIONS.c.number
    )
    return (
        select(PROMPTS.c.name, ALIASES.c.alias, ALIASES.c.number)
        .join_from(PROMPTS, VERSIONS)
        .join(ALIASES, is_there)
        .where(PROMPTS.c.name.in_(names))
    )


def aliased_versions(names: Collection[str], alias: str) -> Select[Any]:
    """Select the versions of some prompts that an alias points at."""
    return every_version().where(PROMPTS.c.name.in_(names), has_alias(alias))


def has_alias(alias: str) -> Exists:
    """Hold for each version that an alias points at."""
    return (
        select(ALIASES.c.number)
        .where(
            ALIASES.c.alias == alias,
            ALIASES.c.prompt_id == VERSIONS.c.prompt_id,
            ALIASES.c.number == VERSIONS.c.number,
        )
        .exists()
    )


def latest_versions() -> Select[Any]:
    """Select the latest version of every prompt, in one query."""
    latest = (
        select(VERSIONS.c.prompt_id, func.max(VERSIONS.c.number).label("number"))
        .group_by(VERSIONS.c.prompt_id)
        .subquery()
    )
    is_latest = and_(
        VERSIONS.c.prompt_id == latest.c.prompt_id, VERSIONS.c.number == latest.c.number
    )
    return every_version().join(latest, is_latest).order_by(PROMPTS.c.caseless_name)


def head_of(name: str) -> Select[Any]:
    """Select the latest version of the prompt that has this name, in whatever case."""
    is_this = PROMPTS.c.caseless_name == name.lower()
    return every_version().where(is_this).order_by(VERSIONS.c.number.desc()).limit(1)
