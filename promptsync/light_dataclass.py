"""Frozen dataclasses without `dataclasses`: importing that and what it imports costs 15 ms.

An application that starts with a bundle waits for each import. `dataclasses` also compiles six
methods for every class; only `__init__` is compiled here. To type checkers, and to
`dataclasses.replace`, `fields` and `asdict`, these classes are what `dataclasses` makes.
"""

from __future__ import annotations

from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  exported
    from dataclasses import field as field  # noqa: PLC0414
    from dataclasses import replace as replace  # noqa: PLC0414
    from typing import Any


class _Missing:
    def __repr__(self) -> str:
        return "<factory>"  # where `help()` shows a default


_MISSING: Any = _Missing()


class _Field:
    """What `dataclasses.field` says of a field."""

    def __init__(
        self,
        *,
        default: Any = _MISSING,
        default_factory: Callable[[], object] | None = None,
        repr: bool = True,  # noqa: A002  as `dataclasses` has it
        compare: bool = True,
    ) -> None:
        self.default, self.default_factory = default, default_factory
        self.repr, self.compare = repr, compare

    def as_argument(self, name: str) -> str:
        """Write the argument that `__init__` has for this field."""
        is_required = self.default is _MISSING and self.default_factory is None
        return name if is_required else f"{name}=_{name}.default"

    def as_value(self, name: str) -> str:
        """Write what the argument is worth."""
        if self.default_factory is None:
            return name
        return f"_{name}.default_factory() if {name} is _{name}.default else {name}"

    def in_dataclasses(self) -> Any:
        """Return the same for `dataclasses`."""
        import dataclasses  # only for who asks

        options: dict[str, Any] = {"repr": self.repr, "compare": self.compare}
        if self.default_factory is not None:
            options["default_factory"] = self.default_factory
        elif self.default is not _MISSING:
            options["default"] = self.default
        return dataclasses.field(**options)


class _InDataclasses:
    """An attribute by which `dataclasses` knows its classes, made when somebody looks at it."""

    def __init__(self, fields: Mapping[str, _Field], *, kw_only: bool) -> None:
        self._fields, self._kw_only = fields, kw_only
        self._made: type | None = None

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, owner: type) -> object:
        if self._made is None:
            from dataclasses import make_dataclass  # only for who asks

            hints, name = self._owner.__annotations__, self._owner.__name__
            fields = [(each, hints[each], of.in_dataclasses()) for each, of in self._fields.items()]
            self._made = make_dataclass(name, fields, frozen=True, kw_only=self._kw_only)
        return getattr(self._made, self._name)


def _dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
    if not (frozen and slots):
        raise TypeError("these are frozen and have slots; `dataclasses` makes others")
    return lambda plain: _made_from(plain, kw_only=kw_only)


def _made_from(plain: type, *, kw_only: bool) -> type:
    """Make the class anew: slots cannot be added to one."""
    given = vars(plain)
    fields = {name: _as_field(given.get(name, _MISSING)) for name in plain.__annotations__}
    left_out = {*fields, "__dict__", "__weakref__"}
    return type(plain)(
        plain.__name__,
        plain.__bases__,
        {
            "__repr__": _repr_of(fields),
            **{name: value for name, value in given.items() if name not in left_out},
            **_comparison_of(fields),
            "__qualname__": plain.__qualname__,
            "__slots__": tuple(fields),
            "__match_args__": () if kw_only else tuple(fields),
            "__init__": _init_of(plain, fields, kw_only=kw_only),
            "__setattr__": _refuse_change,
            "__delattr__": _refuse_change,
            "__getstate__": _values,
            "__setstate__": _set_values,
            "__replace__": _replace,
            "__dataclass_fields__": _InDataclasses(fields, kw_only=kw_only),
            "__dataclass_params__": _InDataclasses(fields, kw_only=kw_only),
        },
    )


def _as_field(default: Any) -> _Field:
    return default if isinstance(default, _Field) else _Field(default=default)


def _init_of(plain: type, fields: Mapping[str, _Field], *, kw_only: bool) -> Callable[..., None]:
    first = ("self", "*") if kw_only else ("self",)
    arguments = (each.as_argument(name) for name, each in fields.items())
    values = ((name, each.as_value(name)) for name, each in fields.items())
    lines = [f"def __init__({', '.join((*first, *arguments))}):"]
    lines += [f"    set_attribute(self, {name!r}, {value})" for name, value in values]
    known = {f"_{name}": each for name, each in fields.items()}
    found: dict[str, Any] = {}
    exec("\n".join(lines), {"set_attribute": object.__setattr__, **known}, found)  # noqa: S102
    init: Callable[..., None] = found["__init__"]
    init.__qualname__ = f"{plain.__qualname__}.__init__"
    init.__annotations__ = {**plain.__annotations__, "return": None}
    return init


def _repr_of(fields: Mapping[str, _Field]) -> Callable[[object], str]:
    shown = [name for name, each in fields.items() if each.repr]

    def __repr__(self: object) -> str:  # noqa: N807
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__qualname__}({values})"

    return __repr__


def _comparison_of(fields: Mapping[str, _Field]) -> Mapping[str, Callable[..., Any]]:
    compared = attrgetter(*(name for name, each in fields.items() if each.compare))

    def __eq__(self: object, other: object) -> Any:  # noqa: N807
        return compared(self) == compared(other) if type(self) is type(other) else NotImplemented

    def __hash__(self: object) -> int:  # noqa: N807
        return hash(compared(self))

    return {"__eq__": __eq__, "__hash__": __hash__}


def _refuse_change(self: object, name: str, _: object = None) -> None:
    from dataclasses import FrozenInstanceError  # only for who tries

    raise FrozenInstanceError(f"cannot change `{name}` of a {type(self).__name__}")


# What copies and pickles carry: without it they would set attributes, which is refused.
def _values(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__slots__]


def _set_values(self: Any, values: list[object]) -> None:
    for name, value in zip(self.__slots__, values, strict=True):
        object.__setattr__(self, name, value)


def _replace(self: Any, /, **changes: object) -> Any:
    return type(self)(**{name: getattr(self, name) for name in self.__slots__} | changes)


if not TYPE_CHECKING:
    dataclass, field, replace = _dataclass, _Field, _replace
