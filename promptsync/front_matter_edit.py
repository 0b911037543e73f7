"""Change values in YAML front matter and leave the rest as its author wrote it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from promptsync.front_matter import FrontMatterError, read_front_matter, write_front_matter


def edit_front_matter(text: str, stated: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return `text` edited so that it reads as `wanted`; `stated` is what it reads as now.

    Comments, order and quoting of what stays the same are kept. Where the editor cannot do
    that, the whole is written anew: the values decide, not the looks.
    """
    try:
        edited = _edit(text, stated, wanted)
        if read_front_matter(edited) == dict(wanted):
            return edited
    except (YAMLError, FrontMatterError):
        # ruamel reads YAML 1.2 and PyYAML 1.1: some text is valid in one of them only.
        pass
    return write_front_matter(wanted)


def _edit(text: str, stated: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 4096
    document = yaml.load(text)
    if document is None:
        return write_front_matter(wanted)
    _update(document, stated, wanted)
    result = io.StringIO()
    yaml.dump(document, result)
    return result.getvalue()


def _update(document: Any, stated: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    for key in [key for key in stated if key not in wanted]:
        del document[key]
    for key, value in wanted.items():
        if key in stated and stated[key] == value and type(stated[key]) is type(value):
            continue
        if key in stated and isinstance(stated[key], Mapping) and isinstance(value, Mapping):
            _update(document[key], stated[key], value)
        else:
            document[key] = _scalar(value)


def _scalar(value: Any) -> Any:
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
