"""What may be wrong with a prompt although its file is valid. Deterministic, offline, fast.

Rules PS001 to PS005 are errors found while reading files; the ones here are warnings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from promptsync.errors import Problem, Severity
from promptsync.message_markup import ROLES
from promptsync.prompt import Prompt, Template, texts_of
from promptsync.template_errors import TemplateError

RULES: Mapping[str, str] = {
    "PS001": "the file cannot be read as a prompt file",
    "PS002": "a git conflict is not resolved",
    "PS003": "front matter has a wrong key or value",
    "PS004": "two files claim one name",
    "PS005": "an include cannot be expanded",
    "PS010": "invisible or direction-changing characters",
    "PS011": "a variable that `inputs` does not declare",
    "PS012": "an input that the prompt does not use",
    "PS013": "control characters, such as terminal escape sequences",
    "PS014": "a line that is nearly a role marker, and so is text",
    "PS015": "a template that cannot be filled in",
}

# Of one rule in one file; a file of invisible characters has a finding for each of them.
MAX_FINDINGS = 20

# Zero-width characters have a use between letters and emoji; these never have one in a prompt,
# or can make text read in another order than a model gets it (https://trojansource.codes).
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0]|[\U000e0000-\U000e007f]"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MUSTACHE = re.compile(r"\{\{\{?\s*([#^/&!>=]?)\s*([A-Za-z_][\w.]*)\s*\}?\}\}")
_NEARLY_MARKER = re.compile(
    rf"^#[^\S\n]*({'|'.join(ROLES)})[^\S\n]*:[^\S\n]*$", re.MULTILINE | re.IGNORECASE
)
_OFF = re.compile(r"^\s*#.*\bpromptsync:\s*disable=([A-Z0-9, ]+)", re.MULTILINE)


def lint_prompt(prompt: Prompt, text: str, path: str) -> Iterator[Problem]:
    """Yield the findings of one prompt file, in the order of its lines.

    A comment `# promptsync: disable=PS011` in its front matter turns a rule off for it. The body
    cannot: it may have come from a registry.
    """
    front = text[: max(text.find("\n---", 3), 0)] if text.startswith("---\n") else ""
    off = {rule.strip() for found in _OFF.findall(front) for rule in found.split(",")}
    checks: Mapping[str, Callable[[Prompt, str, str], Iterator[Problem]]] = {
        "PS010": _invisible,
        "PS011": _undeclared,
        "PS012": _unused,
        "PS013": _control,
        "PS014": _nearly_marker,
        "PS015": _not_understood,
    }
    findings = [
        each
        for rule, check in checks.items()
        if rule not in off
        for each in islice(check(prompt, text, path), MAX_FINDINGS)
    ]
    yield from sorted(findings, key=lambda each: (each.line, each.column))


def variables_of(prompt: Prompt) -> frozenset[str]:
    """Return the variables of a Mustache prompt, sections included; empty for other dialects.

    Of a dotted name it is the first part. Names inside a section may belong to its items, so
    only those outside of every section are sure to be variables.
    """
    if prompt.template is not Template.MUSTACHE:
        return frozenset()
    names: set[str] = set()
    for text in texts_of(prompt):
        depth = 0
        for sign, name in _MUSTACHE.findall(text):
            depth -= sign == "/"
            if depth == 0 and sign not in ("/", "!", ">", "="):
                names.add(name.split(".")[0])
            depth += sign in ("#", "^")
    return frozenset(names)


def _invisible(_: Prompt, text: str, path: str) -> Iterator[Problem]:
    for found in _INVISIBLE.finditer(text):
        name = unicodedata.name(found.group(), "a tag character").lower()
        yield _warning(
            text,
            path,
            found.start(),
            "PS010",
            f"invisible character U+{ord(found.group()):04X} ({name})",
            "delete it, unless a model is meant to see what people cannot",
        )


def _control(_: Prompt, text: str, path: str) -> Iterator[Problem]:
    for found in _CONTROL.finditer(text):
        message = f"control character U+{ord(found.group()):04X}"
        yield _warning(text, path, found.start(), "PS013", message, "delete it")


def _nearly_marker(_: Prompt, text: str, path: str) -> Iterator[Problem]:
    # A comment in the front matter is no marker.
    start = max(text.find("\n---\n", 3), 0) if text.startswith("---\n") else 0
    for found in _NEARLY_MARKER.finditer(text, start):
        marker = f"# {found[1].lower()}:"
        if found.group() != marker:
            message = f"this line is text: a role marker is exactly `{marker}`"
            hint = "write it like that to begin a message, else in other words"
            yield _warning(text, path, found.start(), "PS014", message, hint)


def _not_understood(prompt: Prompt, text: str, path: str) -> Iterator[Problem]:
    from promptsync.rendering import understand  # RULES are shown without it

    for own in texts_of(prompt):
        try:
            understand(own, prompt.template)
        except TemplateError as error:
            line = own.split("\n")[error.line - 1]
            hint = error.hint or "no application can load it: correct it, or say `template: none`"
            yield _warning(text, path, max(text.find(line), 0), "PS015", error.message, hint)


def _undeclared(prompt: Prompt, text: str, path: str) -> Iterator[Problem]:
    if not prompt.inputs:
        return
    for name in sorted(variables_of(prompt) - set(prompt.inputs)):
        found = re.search(rf"\{{\{{\{{?\s*[#^&]?\s*{re.escape(name)}\b", text)
        yield _warning(
            text,
            path,
            found.start() if found else 0,
            "PS011",
            f"variable `{name}` is not among `inputs`",
            f"declare it below `inputs:`, or correct the name; known: {', '.join(prompt.inputs)}",
        )


def _unused(prompt: Prompt, text: str, path: str) -> Iterator[Problem]:
    if prompt.template is not Template.MUSTACHE:
        return
    whole = "\n".join(texts_of(prompt))
    if "{{>" in whole:
        return  # an included partial may use it
    for name in prompt.inputs:
        if not re.search(rf"\{{\{{\{{?\s*[#^&]?\s*{re.escape(name)}\b", whole):
            found = re.search(rf"^\s+{re.escape(name)}\s*:", text, re.MULTILINE)
            position = found.end() - len(found.group().lstrip()) if found else 0
            message = f"input `{name}` is not used"
            yield _warning(text, path, position, "PS012", message, "use it, or take it out")


def _warning(text: str, path: str, position: int, rule: str, message: str, hint: str) -> Problem:
    line = text.count("\n", 0, position) + 1
    column = position - text.rfind("\n", 0, position)
    return Problem(path, line, message, column, hint, rule, Severity.WARNING)
