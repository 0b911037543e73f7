"""JSON values to YAML front matter: every text is written so that reading gives it back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from promptsync.front_matter import TOO_DEEP, FrontMatterError, read_front_matter
from promptsync.prompt import Json

_TEXT = "tag:yaml.org,2002:str"


class _Dumper(yaml.SafeDumper):
    """PyYAML's own emitter: libyaml's writes emoji as escapes and texts with one on one line."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write equal values out twice instead of as an anchor, which reading refuses."""
        return True


# YAML 1.1 takes them for line ends, and normalises some.
_FOREIGN_LINE_END = re.compile("[\r\x85\u2028\u2029]")


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # A literal block keeps the line breaks a reviewer wants to see. PyYAML falls back to quotes
    # by itself where a block cannot hold the text, such as spaces before a line break.
    style = "|" if "\n" in value else None
    if _FOREIGN_LINE_END.search(value):
        style = '"'
    return dumper.represent_scalar(_TEXT, value, style=style)


_Dumper.add_representer(str, _represent_text)


def write_front_matter(values: Mapping[str, Json]) -> str:
    """Write a mapping as YAML, keys in the given order. Reading it gives the mapping back.

    Raises FrontMatterError for values that reading would refuse.
    """
    if not values:
        return ""
    try:
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
        text = _dump(dict(values), width=100)
    except UnicodeEncodeError as error:
        raise FrontMatterError("a value is not valid Unicode text") from error
    except ValueError as error:
        raise FrontMatterError("a number is infinite or not a number") from error
    except RecursionError as error:
        raise FrontMatterError(TOO_DEEP) from error
    # After a text that ends with blank lines PyYAML closes the document, which `---` does here.
    if text.endswith("\n...\n"):
        text = text.removesuffix("...\n")
    read_front_matter(text)
    return text


def write_inline(value: Json) -> str:
    """Write one value as it can stand after a key on the same line, where it has a single line."""
    return (
        _dump(value, width=math.inf, default_flow_style=True).removesuffix("\n...\n").rstrip("\n")
    )


def write_quoted(text: str) -> str:
    """Write text in double quotes on one line, which holds any text in any place."""
    node = yaml.ScalarNode(_TEXT, text, style='"')
    written: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=math.inf)
    return written.rstrip("\n")


def _dump(value: Json, **options: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, **options)
    return text
