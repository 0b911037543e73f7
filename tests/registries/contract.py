"""What every registry must do: the definition of done for an adapter.

A test class inherits RegistryContract and provides three fixtures:

* `registry`: an empty registry, in which the aliases `production` and `staging` may be used
* `reopen`: a function that opens a fresh connection to the same store
* `edit_remotely`: a function (name, text) that plays a person who changes the text of a text
  prompt in the service's own web page, and nothing else

and, where the service can delete one version of a prompt, a fourth:

* `delete_version`: a function (name, version) that does so behind the adapter's back

What a service cannot hold it must say with `unsupported`; it is never an exception from a fact.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptsync.content_hash import content_hash
from promptsync.errors import MovedError, RegistryRefusedError
from promptsync.fetching import fetch
from promptsync.prompt import Message, Prompt, Template
from promptsync.prompt_details import details_differ
from promptsync.prompt_file import parse_prompt
from promptsync.prompt_schema import REGISTRY_KINDS
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.stamp_check import check_stamp
from tests.builders import chat, prompt

Reopen = Callable[[], Registry]
EditRemotely = Callable[[str, str], None]
DeleteVersion = Callable[[str, str], None]

TOOL = {
    "type": "function",
    "function": {
        "name": "look_up",
        "description": "Look up a price",
        "parameters": {
            "type": "object",
            "properties": {"symbol": {"type": "string"}, "day": {"type": "string"}},
            "required": ["symbol"],
        },
    },
}
RESPONSE_FORMAT = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "strict": True,
        "schema": {"type": "object", "properties": {"score": {"type": "number"}}},
    },
}
SAMPLING = {"temperature": 0.2, "max_tokens": 800, "top_p": 0.9, "stop": ["END", "\n"]}
# Everything that a prompt file says to a model beside its messages.
CONFIGURED_FILE = f"""\
---
model: gpt-5-mini
params: {json.dumps(SAMPLING)}
tools: {json.dumps([TOOL])}
response_format: {json.dumps(RESPONSE_FORMAT)}
---

# system:

You are careful.

# user:

Signal: {{{{signal}}}}
"""
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/chart.png"}}

SAMPLES = {
    "text": prompt(),
    "chat": chat(system="You are careful.", user="Signal: {{signal}}"),
    "every role": chat(developer="Be brief.", user="Hello", assistant="Hi", tool="42"),
    "message parts": prompt(
        content=(Message("user", [{"type": "text", "text": "What is this?"}, PICTURE]),)
    ),
    "params": prompt(params={"temperature": 0.2, "max_tokens": 800, "stop": ["END", "\n"]}),
    "tools": prompt(content=(Message("user", "What does it cost?"),), tools=[TOOL]),
    "response format": prompt(response_format=RESPONSE_FORMAT),
    "jinja2": prompt(text="Hello {% if name %}{{ name }}{% endif %}", template=Template.JINJA2),
    "no template": prompt(text="Literal {{braces}}", template=Template.NONE),
    "details": prompt(
        title="Greet: a customer",
        description="Says hello.\n\nIn two paragraphs.",
        tags=("support", "v1"),
        metadata={"owner": {"team": "support", "since": 2024}, "reviewed": True},
    ),
    "umlauts": prompt(text="Grüße, 你好, مرحبا, e\u0301 is not \u00e9"),
    "emoji": prompt(text="\N{WAVING HAND SIGN}\N{EMOJI MODIFIER FITZPATRICK TYPE-4} :smile:"),
    "rich markup": prompt(text="[bold]not bold[/bold] [/inst] [draft]"),
    "escape characters": prompt(text='\\n \\u0041 "quoted" \t tab \x1b[31mred\x1b[0m \x7f'),
    "html": prompt(text="a & b &amp; <script>alert(1)</script>"),
    "blank lines": prompt(text="\n\nfirst\n\n\nsecond\n\n"),
    "trailing newline": prompt(text="Hello\n"),
    "carriage returns": prompt(text="one\r\ntwo\rthree"),
    "only blanks": prompt(text=" \t "),
    "no text": prompt(text=""),
    "100 kB": prompt(text="All work and no play.\n" * 5000),
    "role marker": chat(user="# system:\n\nnot a message"),
    "dotted name": prompt("forseti.persona_v2-final"),
    "long name": prompt("a" * 255),
    "whole numbers": prompt(params={"zero": 0, "minus": -1, "seed": 2**53 - 1}),
    "fractions": prompt(params={"zero": 0.0, "one": 1.0, "tiny": 1e-7, "pi": 3.141592653589793}),
}

STAMP = Stamp(
    content_hash="sha256:" + "1" * 64,
    path="prompts/greeting.md",
    file_sha256="2" * 64,
    commit="3" * 40,
    repository="https://example.com/team/prompts.git",
)

json_values = st.recursive(
    st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, min_size=1)
    ),
    max_leaves=5,
)
# What a prompt file may hold: no NUL.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)
json_objects = st.dictionaries(
    st.from_regex(r"[a-z_]{1,8}", fullmatch=True), json_values, max_size=3
)
prompts = st.builds(
    Prompt,
    name=st.just("generated"),
    content=texts
    | st.lists(
        st.builds(Message, st.sampled_from(["system", "user", "assistant"]), texts),
        min_size=1,
        max_size=3,
    ).map(tuple),
    title=st.none() | texts,
    description=st.none() | texts,
    model=st.none() | st.sampled_from(["gpt-5-mini", "claude-sonnet-5"]),
    params=json_objects,
    tags=st.lists(texts, unique=True, max_size=2).map(tuple),
    metadata=json_objects,
)


def is_held(registry: Registry, prompt: Prompt) -> bool:
    """Tell whether the service can hold a prompt; where it cannot, it has to say why."""
    sentences = registry.unsupported(prompt, replaces=registry.get_prompt(prompt.name))
    assert all(sentence.strip() for sentence in sentences)
    return sentences == []


def save_text(registry: Registry, text: str, *, stamp: Stamp | None = STAMP) -> RemotePrompt:
    return registry.save_prompt(prompt(text=text), stamp)


def latest(registry: Registry, name: str = "greeting") -> RemotePrompt:
    found = registry.get_prompt(name)
    assert found is not None
    return found


def under(name: str, remote: RemotePrompt) -> RemotePrompt:
    """Return a version as it is after its prompt was given another name."""
    return replace(remote, prompt=replace(remote.prompt, name=name))


class RegistryContract:
    """The facts. Each begins with an empty registry."""

    @pytest.fixture
    def delete_version(self) -> DeleteVersion | None:
        """Return None: this service never deletes a single version."""
        return None

    # -- what is stored --

    @pytest.mark.parametrize("sent", SAMPLES.values(), ids=SAMPLES.keys())
    def test_a_prompt_reads_back_as_it_was_sent_or_is_refused(
        self, registry: Registry, reopen: Reopen, sent: Prompt
    ) -> None:
        if not is_held(registry, sent):
            return

        stored = registry.save_prompt(sent, STAMP)

        assert stored.prompt == sent
        assert stored.content_hash == content_hash(sent, registry.kind)
        assert reopen().get_prompt(sent.name) == stored

    @pytest.mark.parametrize("name", ["text", "chat", "params", "details", "umlauts"])
    def test_every_service_holds_the_ordinary(self, registry: Registry, name: str) -> None:
        assert registry.unsupported(SAMPLES[name]) == []

    # All examples share one registry, on purpose; each is a new version there.
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[
            HealthCheck.differing_executors,
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
        ],
    )
    @given(sent=prompts)
    def test_whatever_is_held_reads_back_as_it_was_sent(
        self, registry: Registry, sent: Prompt
    ) -> None:
        if is_held(registry, sent):
            stored = registry.save_prompt(sent, STAMP)

            assert stored.prompt == sent
            assert stored.content_hash == content_hash(sent, registry.kind)

    @pytest.mark.parametrize("number", [2**53 + 1, 10**20, -(2**60), 1e21, 1e300])
    def test_a_number_beyond_doubles_keeps_its_hash(
        self, registry: Registry, number: float
    ) -> None:
        sent = prompt(params={"seed": number})

        if is_held(registry, sent):
            stored = registry.save_prompt(sent, None)

            assert stored.content_hash == content_hash(sent, registry.kind)

    def test_the_order_of_keys_is_irrelevant(self, registry: Registry) -> None:
        one = registry.save_prompt(prompt(params={"top_p": 1, "a": {"x": 1, "y": 2}}), None)
        other = registry.save_prompt(prompt(params={"a": {"y": 2, "x": 1}, "top_p": 1}), None)

        assert one.content_hash == other.content_hash
        assert one.prompt == other.prompt

    def test_the_order_of_a_list_is_kept(self, registry: Registry) -> None:
        stored = registry.save_prompt(prompt(params={"stop": ["b", "a"]}, tags=("z", "a")), None)

        assert (stored.prompt.params, stored.prompt.tags) == ({"stop": ["b", "a"]}, ("z", "a"))

    def test_the_table_of_another_kind_of_registry_is_left_out(self, registry: Registry) -> None:
        foreign = next(kind for kind in REGISTRY_KINDS if kind != registry.kind)
        sent = prompt(registry_options={foreign: {"name": "elsewhere", "mode": "fast"}})

        stored = registry.save_prompt(sent, None)

        assert stored.prompt == prompt()
        assert stored.content_hash == content_hash(sent, registry.kind)

    def test_a_prompt_is_served_under_the_name_in_its_own_table(self, registry: Registry) -> None:
        sent = prompt(registry_options={registry.kind: {"slug": "salutation"}})

        stored = registry.save_prompt(sent, None)

        assert stored.prompt == prompt("salutation")
        assert stored.content_hash == content_hash(sent, registry.kind)
        assert registry.get_prompt("salutation") == stored
        assert registry.get_prompt("greeting") is None

    def test_a_version_says_when_it_was_stored_in_utc(self, registry: Registry) -> None:
        created = datetime.fromisoformat(save_text(registry, "Hello").created or "")

        assert created.utcoffset() == timedelta(0)

    # -- loading --

    def test_the_model_configuration_of_a_prompt_file_reaches_the_application(
        self, registry: Registry
    ) -> None:
        sent = parse_prompt(CONFIGURED_FILE, path="prompts/analyze.md", name="analyze")
        stamp = replace(STAMP, content_hash=content_hash(sent, registry.kind))
        assert registry.unsupported(sent) == []

        version = registry.save_prompt(sent, stamp).version
        registry.set_alias("analyze", "production", version)

        latest = fetch(registry, "analyze", alias=None, version=None)
        pinned = fetch(registry, "analyze", alias=None, version=version)
        served = fetch(registry, "analyze", alias="production", version=None)
        assert latest == pinned == served
        assert check_stamp(served) is None
        assert served.prompt == sent
        assert (served.prompt.model, served.prompt.params) == ("gpt-5-mini", SAMPLING)
        assert served.prompt.tools == [TOOL]
        assert served.prompt.response_format == RESPONSE_FORMAT

    # -- stamp and details --

    def test_the_stamp_reads_back(self, registry: Registry, reopen: Reopen) -> None:
        save_text(registry, "Hello", stamp=STAMP)

        assert latest(reopen()).stamp == STAMP

    def test_a_stamp_without_commit_and_repository_reads_back(self, registry: Registry) -> None:
        stamp = replace(STAMP, commit=None, repository=None)

        assert save_text(registry, "Hello", stamp=stamp).stamp == stamp

    def test_a_stamp_that_names_no_file_reads_back(
        self, registry: Registry, reopen: Reopen
    ) -> None:
        stamp = Stamp(content_hash=STAMP.content_hash)

        save_text(registry, "Hello", stamp=stamp)

        assert latest(reopen()).stamp == stamp

    def test_a_prompt_saved_without_a_stamp_has_none(self, registry: Registry) -> None:
        save_text(registry, "Hello", stamp=STAMP)

        assert save_text(registry, "Hello", stamp=None).stamp is None

    def test_metadata_and_stamp_do_not_touch_each_other(self, registry: Registry) -> None:
        foreign = {"owner": "support", "jira": {"ticket": "PROMPT-7"}}

        stored = registry.save_prompt(prompt(metadata=foreign), STAMP)

        assert (stored.prompt.metadata, stored.stamp) == (foreign, STAMP)

    def test_details_the_prompt_no_longer_has_are_removed(self, registry: Registry) -> None:
        registry.save_prompt(SAMPLES["details"], STAMP)

        assert registry.save_prompt(prompt(), STAMP).prompt == prompt()

    def test_parameters_the_prompt_no_longer_has_are_removed(self, registry: Registry) -> None:
        registry.save_prompt(prompt(model="gpt-5-mini", params={"temperature": 0}), STAMP)

        assert registry.save_prompt(prompt(), STAMP).prompt == prompt()

    # -- an edit in the registry --

    def test_an_edit_keeps_the_stamp_and_changes_the_hash(
        self, registry: Registry, edit_remotely: EditRemotely
    ) -> None:
        uploaded = save_text(registry, "Hello")

        edit_remotely("greeting", "Good morning")

        edited = latest(registry)
        assert edited.stamp == uploaded.stamp
        assert edited.content_hash == content_hash(prompt(text="Good morning"))
        assert edited.version != uploaded.version

    def test_an_edit_of_the_text_keeps_everything_else(
        self, registry: Registry, edit_remotely: EditRemotely
    ) -> None:
        sent = replace(SAMPLES["details"], model="gpt-5-mini", params={"temperature": 0})
        registry.save_prompt(sent, STAMP)

        edit_remotely("greeting", "Good morning")

        assert latest(registry).prompt == replace(sent, content="Good morning")

    def test_an_upload_replaces_an_edit(
        self, registry: Registry, edit_remotely: EditRemotely
    ) -> None:
        save_text(registry, "Hello")
        edit_remotely("greeting", "Good morning")

        stored = save_text(registry, "Hello again")

        assert latest(registry) == stored
        assert stored.prompt == prompt(text="Hello again")

    # -- versions --

    def test_versions_are_listed_newest_first(self, registry: Registry) -> None:
        saved = [save_text(registry, text) for text in ("one", "two", "three")]

        assert list(registry.list_versions("greeting")) == saved[::-1]

    def test_each_version_can_be_read(self, registry: Registry, reopen: Reopen) -> None:
        saved = [save_text(registry, text) for text in ("one", "two", "three")]

        other = reopen()
        assert [other.get_prompt("greeting", version=each.version) for each in saved] == saved

    def test_equal_content_stored_again_has_an_equal_hash(self, registry: Registry) -> None:
        one, other = save_text(registry, "Hello"), save_text(registry, "Hello")

        assert one.content_hash == other.content_hash
        # Whether that is a version is up to the service.
        versions = [each.version for each in registry.list_versions("greeting")]
        assert versions in ([other.version, one.version], [one.version])

    def test_details_of_equal_content_are_stored(self, registry: Registry, reopen: Reopen) -> None:
        before = save_text(registry, "Hello")
        described = replace(before.prompt, title="Greet", description="Says hello", tags=("b", "a"))

        stored = registry.save_prompt(described, STAMP, replaces=before.version)

        assert stored.content_hash == before.content_hash
        assert not details_differ(described, stored.prompt)
        assert latest(reopen()) == stored

    def test_equal_content_is_adopted(self, registry: Registry, reopen: Reopen) -> None:
        before = save_text(registry, "Hello", stamp=None)

        stored = registry.save_prompt(before.prompt, STAMP, replaces=before.version)

        assert stored.prompt == before.prompt
        assert stored.stamped_hash == STAMP.content_hash
        assert latest(reopen()).stamped_hash == STAMP.content_hash

    def test_an_edit_is_a_version(self, registry: Registry, edit_remotely: EditRemotely) -> None:
        save_text(registry, "Hello")
        edit_remotely("greeting", "Good morning")

        texts = [each.prompt.content for each in registry.list_versions("greeting")]
        assert texts == ["Good morning", "Hello"]

    @pytest.mark.parametrize("version", ["999999999", "0", "no-such-version", ""])
    def test_an_unknown_version_is_none(self, registry: Registry, version: str) -> None:
        save_text(registry, "Hello")

        assert registry.get_prompt("greeting", version=version) is None

    # -- names and the listing --

    def test_an_empty_registry_has_nothing(self, registry: Registry) -> None:
        assert list(registry.list_prompts()) == []
        assert registry.get_prompt("greeting") is None
        assert list(registry.list_versions("greeting")) == []

    def test_a_name_that_only_begins_alike_is_unknown(self, registry: Registry) -> None:
        registry.save_prompt(prompt("greeting-formal"), STAMP)

        assert registry.get_prompt("greeting") is None
        assert list(registry.list_versions("greeting")) == []

    def test_the_listing_has_the_latest_version_of_each_prompt_once(
        self, registry: Registry
    ) -> None:
        registry.save_prompt(prompt("a", "old"), STAMP)
        registry.save_prompt(prompt("b"), None)
        registry.save_prompt(prompt("a", "new"), STAMP)

        listed = sorted(registry.list_prompts(), key=lambda each: each.name)

        assert listed == [registry.get_prompt("a"), registry.get_prompt("b")]
        assert listed[0].prompt.content == "new"

    def test_a_write_replaces_the_version_it_was_planned_for(self, registry: Registry) -> None:
        first = registry.save_prompt(prompt(text="one"), STAMP, replaces=None)

        second = registry.save_prompt(prompt(text="two"), STAMP, replaces=first.version)

        assert [each.version for each in registry.list_versions("greeting")] == [
            second.version,
            first.version,
        ]

    def test_a_write_for_another_version_is_refused(self, registry: Registry) -> None:
        first = registry.save_prompt(prompt(text="one"), STAMP)
        second = registry.save_prompt(prompt(text="two"), STAMP)

        for replaces in (first.version, None):
            with pytest.raises(MovedError) as refused:
                registry.save_prompt(prompt(text="three"), STAMP, replaces=replaces)
            assert refused.value.current == second
        assert len(registry.list_versions("greeting")) == 2

    def test_a_write_that_replaces_what_was_removed_is_refused(self, registry: Registry) -> None:
        first = registry.save_prompt(prompt(text="one"), STAMP)
        registry.delete_prompt("greeting")

        with pytest.raises(MovedError) as refused:
            registry.save_prompt(prompt(text="two"), STAMP, replaces=first.version)

        assert refused.value.current is None
        assert registry.get_prompt("greeting") is None

    def test_the_listing_has_what_is_wanted(self, registry: Registry) -> None:
        for name in ("a", "b", "c"):
            registry.save_prompt(prompt(name), STAMP)

        listed = [each.name for each in registry.list_prompts(wanted=lambda: {"c", "a", "unknown"})]

        assert {"a", "c"} <= set(listed) <= {"a", "b", "c"}
        assert len(listed) == len(set(listed))

    def test_a_second_connection_sees_what_the_first_one_stored(
        self, registry: Registry, reopen: Reopen
    ) -> None:
        other = reopen()
        assert list(other.list_prompts()) == []

        stored = save_text(registry, "Hello")

        assert list(other.list_prompts()) == [stored]

    # -- several prompts --

    def test_several_prompts_are_read_at_once(self, registry: Registry) -> None:
        for name in ("a", "b", "c", "d"):
            registry.save_prompt(prompt(name, "old"), STAMP)
        saved = [registry.save_prompt(prompt(name, "new"), STAMP) for name in ("a", "c")]

        found = registry.get_prompts(["c", "unknown", "a"])

        assert sorted(found, key=lambda each: each.name) == saved

    def test_several_prompts_are_read_where_an_alias_points(self, registry: Registry) -> None:
        old = [registry.save_prompt(prompt(name, "old"), STAMP) for name in ("a", "b")]
        for each in old:
            registry.set_alias(each.name, "production", each.version)
            registry.save_prompt(prompt(each.name, "new"), STAMP)
        registry.save_prompt(prompt("c"), STAMP)

        found = registry.get_prompts(["a", "b", "c", "unknown"], alias="production")

        assert sorted(found, key=lambda each: each.name) == old
        assert list(registry.get_prompts(["a", "b"], alias="staging")) == []

    def test_of_no_names_there_is_nothing(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")
        registry.set_alias("greeting", "production", stored.version)

        assert list(registry.get_prompts([])) == []
        assert list(registry.get_prompts([], alias="production")) == []
        assert registry.list_aliases([]) == {}

    # -- aliases --

    def test_an_alias_points_at_a_version(self, registry: Registry, reopen: Reopen) -> None:
        old = save_text(registry, "old")
        save_text(registry, "new")

        registry.set_alias("greeting", "production", old.version)

        assert reopen().get_prompt("greeting", alias="production") == old

    def test_an_alias_does_not_follow_later_versions(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")
        registry.set_alias("greeting", "production", stored.version)

        save_text(registry, "Good morning")

        assert registry.get_prompt("greeting", alias="production") == stored

    def test_an_alias_moves(self, registry: Registry) -> None:
        old, new = save_text(registry, "old"), save_text(registry, "new")
        registry.set_alias("greeting", "production", new.version)
        registry.set_alias("greeting", "production", old.version)

        assert registry.get_prompt("greeting", alias="production") == old

    def test_aliases_are_independent(self, registry: Registry) -> None:
        old, new = save_text(registry, "old"), save_text(registry, "new")
        registry.set_alias("greeting", "production", old.version)
        registry.set_alias("greeting", "staging", new.version)

        found = [registry.get_prompt("greeting", alias=a) for a in ("production", "staging")]
        assert found == [old, new]

    def test_an_alias_that_points_nowhere_is_none(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")
        other = registry.save_prompt(prompt("other"), STAMP)
        registry.set_alias("greeting", "production", stored.version)
        registry.set_alias("other", "staging", other.version)

        assert registry.get_prompt("greeting", alias="staging") is None
        assert registry.get_prompt("other", alias="production") is None
        assert registry.get_prompt("unknown", alias="production") is None

    def test_an_alias_on_a_missing_prompt_is_refused(self, registry: Registry) -> None:
        version = save_text(registry, "Hello").version

        with pytest.raises(RegistryRefusedError):
            registry.set_alias("unknown", "production", version)

    def test_aliases_are_listed_with_what_they_point_at(
        self, registry: Registry, reopen: Reopen
    ) -> None:
        old, new = save_text(registry, "old"), save_text(registry, "new")
        other = registry.save_prompt(prompt("other"), STAMP)
        registry.save_prompt(prompt("bare"), STAMP)
        registry.set_alias("greeting", "production", old.version)
        registry.set_alias("greeting", "staging", new.version)
        registry.set_alias("other", "production", other.version)

        listed = reopen().list_aliases(["greeting", "bare", "unknown", "other"])

        assert listed == {
            "greeting": {"production": old.version, "staging": new.version},
            "other": {"production": other.version},
        }
        assert registry.list_aliases(["other"]) == {"other": {"production": other.version}}

    def test_an_alias_that_moved_is_listed_once(self, registry: Registry) -> None:
        old, new = save_text(registry, "old"), save_text(registry, "new")
        registry.set_alias("greeting", "production", old.version)
        registry.set_alias("greeting", "production", new.version)

        assert registry.list_aliases(["greeting"]) == {"greeting": {"production": new.version}}

    def test_an_alias_does_not_outlive_its_prompt(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")
        registry.set_alias("greeting", "production", stored.version)

        registry.delete_prompt("greeting")
        assert registry.list_aliases(["greeting"]) == {}

        save_text(registry, "Good morning")
        assert registry.get_prompt("greeting", alias="production") is None
        assert list(registry.get_prompts(["greeting"], alias="production")) == []
        assert registry.list_aliases(["greeting"]) == {}

    def test_an_alias_does_not_outlive_its_version(
        self, registry: Registry, delete_version: DeleteVersion | None
    ) -> None:
        if delete_version is None:
            pytest.skip("this service never deletes a single version")
        old, new = save_text(registry, "old"), save_text(registry, "new")
        registry.set_alias("greeting", "production", old.version)
        registry.set_alias("greeting", "staging", new.version)

        delete_version("greeting", old.version)

        assert registry.get_prompt("greeting", alias="production") is None
        assert list(registry.get_prompts(["greeting"], alias="production")) == []
        assert registry.list_aliases(["greeting"]) == {"greeting": {"staging": new.version}}
        with pytest.raises(RegistryRefusedError):
            registry.set_alias("greeting", "production", old.version)

    # -- renaming --

    def test_a_prompt_is_renamed_with_all_it_has_or_that_is_refused(
        self, registry: Registry, reopen: Reopen
    ) -> None:
        registry.save_prompt(prompt(text="old"), STAMP)
        stamp = replace(STAMP, commit="4" * 40)
        before = registry.save_prompt(replace(SAMPLES["details"], model="gpt-5-mini"), stamp)
        versions = registry.list_versions("greeting")
        registry.set_alias("greeting", "production", versions[-1].version)
        registry.set_alias("greeting", "staging", before.version)

        if not registry.can_rename:
            with pytest.raises(RegistryRefusedError):
                registry.rename_prompt("greeting", "salutation")
            assert registry.list_versions("greeting") == versions
            assert registry.get_prompt("salutation") is None
            return
        registry.rename_prompt("greeting", "salutation")

        other = reopen()
        after = latest(other, "salutation")
        assert (after.prompt, after.stamp) == (replace(before.prompt, name="salutation"), stamp)
        # The change of the name itself may be a version.
        older = [under("salutation", each) for each in versions]
        assert list(other.list_versions("salutation"))[-len(older) :] == older
        assert [other.get_prompt("salutation", version=each.version) for each in older] == older
        aliased = [other.get_prompt("salutation", alias=a) for a in ("staging", "production")]
        assert aliased == older
        assert list(other.get_prompts(["salutation"], alias="production")) == older[-1:]
        assert other.list_aliases(["greeting", "salutation"]) == {
            "salutation": {"production": older[-1].version, "staging": older[0].version}
        }

    def test_after_a_rename_the_old_name_is_free(self, registry: Registry, reopen: Reopen) -> None:
        if not registry.can_rename:
            return
        stored = save_text(registry, "Hello")
        registry.set_alias("greeting", "production", stored.version)

        registry.rename_prompt("greeting", "salutation")

        other = reopen()
        assert [each.name for each in other.list_prompts()] == ["salutation"]
        assert other.get_prompt("greeting") is None
        assert other.get_prompt("greeting", version=stored.version) is None
        assert other.get_prompt("greeting", alias="production") is None
        assert list(other.list_versions("greeting")) == []
        successor = save_text(other, "Good morning")
        assert [each.version for each in other.list_versions("greeting")] == [successor.version]
        assert other.get_prompt("greeting", alias="production") is None

    def test_a_renamed_prompt_goes_on(self, registry: Registry) -> None:
        if not registry.can_rename:
            return
        save_text(registry, "Hello")
        registry.rename_prompt("greeting", "salutation")
        there = latest(registry, "salutation")

        stored = registry.save_prompt(
            prompt("salutation", "Good day"), STAMP, replaces=there.version
        )
        registry.set_alias("salutation", "production", stored.version)

        assert latest(registry, "salutation") == stored
        assert registry.get_prompt("salutation", alias="production") == stored
        assert len(registry.list_versions("salutation")) > 1

    def test_a_name_that_is_taken_is_refused(self, registry: Registry) -> None:
        one, other = save_text(registry, "Hello"), registry.save_prompt(prompt("other"), STAMP)

        with pytest.raises(RegistryRefusedError):
            registry.rename_prompt("greeting", "other")

        assert (latest(registry), latest(registry, "other")) == (one, other)

    def test_an_unknown_prompt_cannot_be_renamed(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")

        with pytest.raises(RegistryRefusedError):
            registry.rename_prompt("unknown", "salutation")

        assert list(registry.list_prompts()) == [stored]

    # -- deleting --

    def test_a_deleted_prompt_is_gone_and_its_neighbour_is_not(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")
        registry.set_alias("greeting", "production", stored.version)
        neighbour = registry.save_prompt(prompt("neighbour"), STAMP)

        registry.delete_prompt("greeting")

        assert list(registry.list_prompts()) == [neighbour]
        assert registry.get_prompt("greeting") is None
        assert registry.get_prompt("greeting", alias="production") is None

    def test_a_deleted_name_can_be_used_again(self, registry: Registry) -> None:
        save_text(registry, "Hello")
        registry.delete_prompt("greeting")

        stored = save_text(registry, "Good morning")

        assert list(registry.list_prompts()) == [stored]

    def test_deleting_what_is_not_there_does_nothing(self, registry: Registry) -> None:
        stored = save_text(registry, "Hello")

        registry.delete_prompt("unknown")

        assert list(registry.list_prompts()) == [stored]

    # -- several at once --

    def test_threads_that_save_different_prompts_do_not_disturb_each_other(
        self, registry: Registry
    ) -> None:
        names = [f"prompt-{number:02}" for number in range(16)]
        sent = [prompt(name, f"Text of {name}") for name in names]

        with ThreadPoolExecutor(8) as pool:
            stored = list(pool.map(lambda each: registry.save_prompt(each, STAMP), sent))

        assert [each.prompt for each in stored] == sent
        assert sorted(registry.list_prompts(), key=lambda each: each.name) == stored
