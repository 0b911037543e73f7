"""Values that are dataclasses without `dataclasses`: each fact is compared with the real ones."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from promptsync import light_dataclass
from promptsync.prompt import Message, Prompt


@light_dataclass.dataclass(frozen=True, slots=True)
class Song:
    """One to compare with the other."""

    title: str
    year: int = 1959
    tags: list[str] = light_dataclass.field(default_factory=list)
    plays: int = light_dataclass.field(default=0, compare=False)
    lyrics: str = light_dataclass.field(default="", repr=False)

    def age(self, year: int) -> int:
        return year - self.year


@dataclasses.dataclass(frozen=True, slots=True)
class RealSong:
    """The other."""

    title: str
    year: int = 1959
    tags: list[str] = dataclasses.field(default_factory=list)
    plays: int = dataclasses.field(default=0, compare=False)
    lyrics: str = dataclasses.field(default="", repr=False)

    def age(self, year: int) -> int:
        return year - self.year


@light_dataclass.dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One whose fields are named."""

    left: int = 0
    top: int

    def __repr__(self) -> str:
        return "a point"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RealPoint:
    """The other."""

    left: int = 0
    top: int

    def __repr__(self) -> str:
        return "a point"


# What somebody may do with a class and one value of it.
USES: dict[str, Callable[[Any], object]] = {
    "defaults": lambda made: [getattr(made("So What"), each.name) for each in _fields(made)],
    "by place": lambda made: made("So What", 1960).year,
    "shown": lambda made: repr(made("So What", lyrics="none")),
    "equal": lambda made: made("So What") == made("So What", plays=3),
    "another": lambda made: made("So What") == made("So What", 1960),
    "another type": lambda made: made("So What") == ("So What", 1959, [], 0, ""),
    "hash": lambda made: hash(made("So What", 1959, (), 3)) == hash(made("So What", 1959, ())),
    "no hash": lambda made: hash(made("So What")),
    "own list": lambda made: made("So What").tags is made("So What").tags,
    "no title": lambda made: made(),
    "unknown": lambda made: made("So What", composer="Davis"),
    "too many": lambda made: made("So What", 1959, [], 0, "", "more"),
    "set": lambda made: setattr(made("So What"), "year", 1960),
    "deleted": lambda made: delattr(made("So What"), "year"),
    "method": lambda made: made("So What").age(1969),
    "copy": lambda made: (
        copy.copy(made("So What", tags=["modal"])) == made("So What", 1959, ["modal"])
    ),
    "deep copy": lambda made: copy.deepcopy(made("So What", plays=2)).plays,
    "pickle": lambda made: pickle.loads(pickle.dumps(made("So What", plays=2))).plays,  # noqa: S301  its own
    "replaced": lambda made: _shown(dataclasses.replace(made("So What"), year=1960)),
    "replaced by none": lambda made: dataclasses.replace(made("So What"), composer="Davis"),
    "as dict": lambda made: dataclasses.asdict(made("So What", tags=["modal"])),
    "as tuple": lambda made: dataclasses.astuple(made("So What")),
    "fields": lambda made: [(each.name, each.type, each.repr) for each in _fields(made)],
    "is one": lambda made: (dataclasses.is_dataclass(made), dataclasses.is_dataclass(made("Blue"))),
    "by pattern": lambda made: made.__match_args__,
    "slots": lambda made: made.__slots__,
    "names": lambda made: (made.__module__, made.__doc__ is None, made.age.__name__),
    "signature": lambda made: str(inspect.signature(made)),
}
KW_ONLY_USES: dict[str, Callable[[Any], object]] = {
    "by place": lambda made: made(1, 2),
    "default after": lambda made: made(top=2).left,
    "no top": lambda made: made(left=2),
    "own repr": lambda made: repr(made(top=2)),
    "by pattern": lambda made: made.__match_args__,
    "replaced": lambda made: dataclasses.replace(made(top=2), left=4).left,
    "signature": lambda made: str(inspect.signature(made)),
}


def _fields(made: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(made)


def _shown(value: object) -> str:
    return repr(value).removeprefix("Real")


def outcome(use: Callable[[Any], object], made: type) -> tuple[str, str]:
    """Return what comes of a use, in words that leave out which of the classes it was."""
    try:
        found = use(made)
    except (TypeError, AttributeError) as error:
        words = "" if isinstance(error, dataclasses.FrozenInstanceError) else str(error)
        return type(error).__name__, words.replace("Real", "")
    return "", str(found).replace("Real", "")


@pytest.mark.parametrize("use", USES)
def test_a_value_does_what_a_dataclass_does(use: str) -> None:
    assert outcome(USES[use], Song) == outcome(USES[use], RealSong)


@pytest.mark.parametrize("use", KW_ONLY_USES)
def test_a_value_of_named_fields_does_what_such_a_dataclass_does(use: str) -> None:
    assert outcome(KW_ONLY_USES[use], Point) == outcome(KW_ONLY_USES[use], RealPoint)


def test_a_value_is_replaced_without_dataclasses() -> None:
    song = Song("So What", tags=["modal"])

    assert light_dataclass.replace(song, year=1960) == Song("So What", 1960, ["modal"])


def test_a_prompt_is_told_from_another_by_every_field() -> None:
    one = Prompt(name="greeting", content=(Message("user", "Hello"),))
    others = [
        dataclasses.replace(one, **{each.name: "other"})  # type: ignore[arg-type]
        for each in dataclasses.fields(Prompt)
    ]

    assert one not in others
    assert len(others) == len(Prompt.__slots__)


def test_only_frozen_values_with_slots_are_made() -> None:
    with pytest.raises(TypeError, match="`dataclasses` makes others"):
        light_dataclass.dataclass(frozen=False, slots=True)


def test_dataclasses_is_imported_only_for_those_who_ask() -> None:
    program = """
import sys
from promptsync.prompt import Message
message = Message("user", "Hello")
assert message == Message("user", "Hello") and repr(message)
before = "dataclasses" in sys.modules
import dataclasses
print(before, dataclasses.asdict(message))
"""
    # Coverage of the child imports it.
    result = subprocess.run(
        [sys.executable, "-c", program], env={}, capture_output=True, text=True, check=True
    )

    assert result.stdout == "False {'role': 'user', 'content': 'Hello', 'extra': {}}\n"
