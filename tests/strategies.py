"""What Hypothesis draws from: every prompt a file can hold, the awkward ones first."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from promptsync.message_markup import ROLES
from promptsync.prompt import Message, Prompt, Template
from promptsync.prompt_schema import REGISTRY_KINDS

# Any Unicode text; lone surrogates are none.
unicode_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

# Lines that mean something to prompt files, to git, to Markdown, to templates or to UTF-8.
MARKED_LINES = (
    *("# user:", "# tool:", "\\# system:", "\\\\# developer:", "# user: ", " # user:", "# User:"),
    *("---", "--- ", "----", "...", "<<<<<<< HEAD", "<<<<<<<", "\\<<<<<<< x", "<<<<<<<<"),
    *("=======", ">>>>>>>", ">>>>>>> main", "\\>>>>>>>", "|||||||", "```python", "    code"),
    *("", "", " ", "\t", "trailing ", "{{x}}", "{{#each}}", "{{> shared.rules}}"),
    *("\\{{> shared.rules}}", "\\\\{{>a}}", "{% if x %}", "title: x", "- item", "# comment"),
    *("Grüße 日本語", "a\N{GRINNING FACE}b", "e\u0301", "\u200f\u202e", "\x1b[31m"),
    *("\r", "a\rb", "end\r", "\ufeff", "\ufefftext", "\x85", "a\u2028b", "\u2029", "\0", "\x0c"),
)
# Texts that YAML reads as something else when they are not in quotes.
YAML_TEXTS = (
    *("yes", "No", "on", "y", "1e3", "0o7", "0x1f", "1_000", "12:30", "2024-01-31", ".5", "-1"),
    *("~", "null", "=", "<<", "", " ", "*a", "&a x", "!x", "@x", "`x`", "%x", "- a", "a: b", "a:"),
    *(
        "#c",
        "a #c",
        " lead",
        "trail ",
        "'",
        '"',
        "{a}",
        "[a]",
        "? a",
        "|",
        ">",
        "--- a",
        "a\n...\n",
    ),
    *("two\nlines", "two\nlines\n", "\nlead", "end\n\n", "a \nb", "\ta\nb", "a\r\nb", "  a\n b"),
    *("a\x85b", "\u2028\n", "\ufeff", "\N{GRINNING FACE}\nb", "a\tb", "\x7f", "\x1b", "word " * 30),
)

marked_texts = st.lists(st.sampled_from(MARKED_LINES) | unicode_text, max_size=6).map("\n".join)
yaml_texts = st.sampled_from(YAML_TEXTS) | unicode_text | marked_texts

numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1.0, 1e-7, 1e21, 1e22, 2**53, 2**53 + 1, 5e-324]),
)
json_scalars = st.none() | st.booleans() | numbers | yaml_texts
json_values: st.SearchStrategy[Any] = st.recursive(
    json_scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(yaml_texts, inner, max_size=3),
    max_leaves=6,
)
json_objects = st.dictionaries(yaml_texts, json_values, max_size=3)

names = st.text("Aa0_.-", min_size=1, max_size=6) | st.sampled_from(["a.b-c_D9", "x" * 255])

text_parts = st.fixed_dictionaries({"type": st.just("text"), "text": marked_texts})
image_parts = st.fixed_dictionaries({"type": st.just("image_url"), "image_url": json_objects})
plain_messages = st.builds(Message, st.sampled_from(ROLES), marked_texts)
rich_messages = st.builds(
    Message,
    role=st.sampled_from((*ROLES, "function", "")),
    content=marked_texts | st.lists(text_parts | image_parts | json_scalars, max_size=2),
    extra=st.dictionaries(
        yaml_texts.filter(lambda key: key not in {"role", "content"}), json_values, max_size=2
    ),
)
contents = st.one_of(
    marked_texts,
    st.lists(plain_messages, min_size=1, max_size=4).map(tuple),
    st.lists(plain_messages | rich_messages, max_size=3).map(tuple),
)


# The names a registry serves a prompt under are text, whatever else its table holds.
registry_tables = st.builds(
    lambda table, naming: {**table, **naming},
    json_objects,
    st.dictionaries(st.sampled_from(["slug", "name"]), names, min_size=1, max_size=1),
)
registry_options = st.lists(st.tuples(st.sampled_from(REGISTRY_KINDS), registry_tables), max_size=2)

_texts = yaml_texts.filter(bool)
details: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "title": _texts,
        "description": _texts,
        "tags": st.lists(yaml_texts, max_size=3).map(tuple),
        "metadata": json_objects,
        "inputs": json_objects,
        "partial": st.booleans(),
    },
)
behaviour: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "model": _texts,
        "params": json_objects,
        "tools": st.lists(json_values, min_size=1, max_size=2) | _texts,
        "response_format": json_objects.filter(bool),
        "template": st.sampled_from(Template),
        "registry_options": registry_options.map(
            lambda tables: {
                kind: dict(tables)[kind] for kind in REGISTRY_KINDS if kind in dict(tables)
            }
        ),
    },
)


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    """Draw prompts as reading a file gives them: what is empty is absent."""
    return Prompt(name=draw(names), content=draw(contents), **draw(details), **draw(behaviour))
