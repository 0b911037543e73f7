"""Storing in Opik: what makes a version and what does not, races, and answers that are lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promptsync.errors import (
    MovedError,
    RegistryAnswerError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.registries.opik import OpikRegistry
from tests.builders import chat, prompt
from tests.fakes.opik import (
    CutsOff,
    Hangs,
    Meanwhile,
    OpikServer,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    TruncatesJson,
)
from tests.registries.conftest import OpenOpik
from tests.registries.contract import STAMP

pytestmark = pytest.mark.network

IMPATIENT = 0.4

CREATE = "POST /v1/private/prompts"
APPEND = "POST /v1/private/prompts/versions"
TAG = "PATCH /v1/private/prompts/versions"
DESCRIBE = "PUT *"

OTHER_STAMP = replace(STAMP, content_hash="sha256:" + "9" * 64, commit=None)


def writes(service: OpikServer) -> list[str]:
    """Return what was written, as method and path, without ids."""
    reads = ("/retrieve", "/retrieve-by-ids")
    return [
        f"{each.method} {each.path[: each.path.rfind('/')]}/…"
        if each.method in ("PUT", "DELETE")
        else f"{each.method} {each.path}"
        for each in service.requests
        if each.method != "GET" and not each.path.endswith(reads)
    ]


def versions(service: OpikServer) -> int:
    return len(service.store.prompt_named("greeting").versions)


# -- what makes a version --


def test_a_new_prompt_is_stored_whole_by_one_write(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    sent = prompt(description="Says hello", tags=("b", "a"), title="Greet", model="gpt-5-mini")

    stored = opik.save_prompt(sent, STAMP)

    assert (stored.prompt, stored.stamp, stored.version) == (sent, STAMP, "v1")
    assert writes(opik_service) == [CREATE]


def test_new_content_is_one_write(opik_service: OpikServer, opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(text="one", description="Says hello"), STAMP)
    opik_service.requests.clear()

    stored = opik.save_prompt(prompt(text="two", description="Says hello"), STAMP)

    assert stored.version == "v2"
    assert writes(opik_service) == [APPEND]


def test_description_and_tags_make_no_version(opik_service: OpikServer, opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(description="Old", tags=("x",)), STAMP)
    opik_service.requests.clear()

    stored = opik.save_prompt(prompt(description="New", tags=("b", "a")), STAMP)

    assert (stored.version, stored.prompt.description) == ("v1", "New")
    assert set(stored.prompt.tags) == {"a", "b"}
    assert writes(opik_service) == ["PUT /v1/private/prompts/…"]


def test_a_removed_description_and_removed_tags_make_no_version(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(description="Old", tags=("x",)), STAMP)

    stored = opik.save_prompt(prompt(), STAMP)

    assert (stored.version, stored.prompt) == ("v1", prompt())


def test_a_title_makes_no_version_unless_it_is_too_long_for_a_tag(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(title="Old"), STAMP)

    short = opik.save_prompt(prompt(title="New"), STAMP)
    long = opik.save_prompt(prompt(title="N" * 101), STAMP)

    assert (short.version, short.prompt.title) == ("v1", "New")
    assert (long.version, long.prompt.title) == ("v2", "N" * 101)
    assert long.stamp == STAMP


def test_metadata_makes_a_version(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(metadata={"owner": "a"}), STAMP)

    stored = opik.save_prompt(prompt(metadata={"owner": "b"}), STAMP)

    assert (stored.version, stored.prompt.metadata) == ("v2", {"owner": "b"})


def test_the_same_again_writes_nothing(opik_service: OpikServer, opik: OpikRegistry) -> None:
    sent = prompt(title="Greet", description="Says hello", tags=("b", "a"))
    first = opik.save_prompt(sent, STAMP)
    opik_service.requests.clear()

    assert opik.save_prompt(sent, STAMP, replaces=first.version) == first
    assert writes(opik_service) == []


def test_a_version_of_somebody_else_is_adopted_by_tags_beside_its_own(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(text="ours"), STAMP)
    version = opik_service.person.application_writes("greeting", "theirs", {"team": "support"})
    opik_service.store.prompts.tag(version, ["reviewed"], merges=False)
    opik_service.requests.clear()

    sent = prompt(text="theirs", metadata={"team": "support"})
    stored = opik.save_prompt(sent, STAMP)

    assert (stored.version, stored.stamp, stored.prompt) == ("v2", STAMP, sent)
    assert writes(opik_service) == [TAG]
    tags = opik_service.store.prompt_named("greeting").versions[-1].tags
    assert set(tags) == {
        "reviewed",
        f"promptsync:{STAMP.content_hash}",
        f"promptsync:path:{STAMP.path}",
        f"promptsync:file_sha256:{STAMP.file_sha256}",
        f"promptsync:commit:{STAMP.commit}",
        f"promptsync:repository:{STAMP.repository}",
    }


def test_a_stamp_that_is_out_of_date_is_corrected_by_tags(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(), OTHER_STAMP)

    corrected = opik.save_prompt(prompt(), STAMP)
    again = opik.save_prompt(prompt(), replace(STAMP, path="prompts/moved.md"))

    assert (corrected.version, corrected.stamp) == ("v1", STAMP)
    assert (again.version, again.stamp) == ("v1", replace(STAMP, path="prompts/moved.md"))
    assert len(opik_service.store.prompt_named("greeting").versions[0].tags) == 5


def test_what_is_too_long_for_a_tag_is_left_out_of_an_adopted_stamp(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(), None)

    stored = opik.save_prompt(prompt(), replace(STAMP, path=f"prompts/{'x' * 100}.md"))

    assert stored.stamp == replace(STAMP, path="", commit=None)


def test_tags_that_contradict_each_other_are_no_stamp(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(), STAMP)
    version = opik_service.store.prompt_named("greeting").versions[0]
    tags = [f"promptsync:sha256:{digit * 64}" for digit in "12"]
    opik_service.store.prompts.tag(version, [*tags, "promptsync:sha256:short"], merges=False)

    found = opik.get_prompt("greeting")

    assert found is not None
    assert found.stamp == STAMP


def test_what_changed_is_said_in_the_service_too(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(text="one"), STAMP)
    opik.save_prompt(prompt(text="two"), OTHER_STAMP)

    said = [
        each.change_description for each in opik_service.store.prompt_named("greeting").versions
    ]
    assert said == ["prompts/greeting.md at 333333333333", "prompts/greeting.md"]


# -- races --


def test_of_two_that_create_a_prompt_one_is_refused(
    opik_service: OpikServer, opik: OpikRegistry, open_opik: OpenOpik
) -> None:
    other = open_opik()
    opik_service.inject(
        Meanwhile(lambda: other.save_prompt(prompt(text="theirs"), STAMP)),
        "*/versions/retrieve",
        times=1,
    )

    with pytest.raises(MovedError) as refused:
        opik.save_prompt(prompt(text="mine"), STAMP, replaces=None)

    assert refused.value.current is not None
    assert refused.value.current.prompt.content == "theirs"
    assert versions(opik_service) == 1


def test_who_replaces_anything_goes_on_where_a_prompt_was_created_meanwhile(
    opik_service: OpikServer, opik: OpikRegistry, open_opik: OpenOpik
) -> None:
    other = open_opik()
    opik_service.inject(
        Meanwhile(lambda: other.save_prompt(prompt(text="theirs"), STAMP)),
        "*/versions/retrieve",
        times=1,
    )

    stored = opik.save_prompt(prompt(text="mine"), STAMP)

    assert (stored.version, stored.prompt.content) == ("v2", "mine")


def test_a_prompt_that_was_made_anew_is_not_taken_for_the_one_that_was_read(
    opik_service: OpikServer, opik: OpikRegistry, open_opik: OpenOpik
) -> None:
    read = opik.save_prompt(prompt(text="one"), STAMP)
    opik_service.person.deletes("greeting")
    open_opik().save_prompt(prompt(text="somebody else's"), STAMP)

    with pytest.raises(MovedError):
        opik.save_prompt(prompt(text="two"), STAMP, replaces=read.version)

    assert versions(opik_service) == 1


def test_a_version_that_went_to_another_prompt_is_an_error(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(text="one"), STAMP)
    # The prompt is deleted right before the write, and the service makes another one.
    opik_service.inject(
        Meanwhile(lambda: opik_service.person.deletes("greeting")),
        "GET /v1/private/prompts/*",
        times=1,
    )

    with pytest.raises(RegistryAnswerError, match="another prompt of that name"):
        opik.save_prompt(prompt(text="two"), STAMP)


# -- answers that are lost --

KINDS = {
    "create": (None, prompt(text="two"), CREATE),
    "a new version": (prompt(text="one"), prompt(text="two"), APPEND),
    "tags": (None, prompt(), TAG),
    "details": (prompt(), prompt(description="Says hello", tags=("a",)), DESCRIBE),
}


def prepare(service: OpikServer, open_opik: OpenOpik, kind: str) -> None:
    before, _, _ = KINDS[kind]
    if kind == "tags":
        open_opik().save_prompt(prompt(), None)
    elif before is not None:
        open_opik().save_prompt(before, STAMP)
    service.requests.clear()


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_whose_answer_was_lost_is_read_again_and_not_repeated(
    opik_service: OpikServer, open_opik: OpenOpik, kind: str
) -> None:
    _, sent, on = KINDS[kind]
    prepare(opik_service, open_opik, kind)
    opik_service.inject(ResetAfterApplying(), on)

    stored = open_opik().save_prompt(sent, STAMP)

    assert (stored.prompt, stored.stamp) == (sent, STAMP)
    assert len(writes(opik_service)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_that_was_lost_on_its_way_is_said_and_not_repeated(
    opik_service: OpikServer, open_opik: OpenOpik, kind: str
) -> None:
    _, sent, on = KINDS[kind]
    prepare(opik_service, open_opik, kind)
    opik_service.inject(ResetBeforeApplying(), on)

    with pytest.raises(RegistryUnavailableError, match="may not be stored") as lost:
        open_opik().save_prompt(sent, STAMP)

    assert "run the same command again" in (lost.value.hint or "")
    assert len(writes(opik_service)) == 1


def test_a_server_that_dies_while_it_writes_leaves_it_open_whether_it_did(
    opik_service: OpikServer, open_opik: OpenOpik
) -> None:
    open_opik().save_prompt(prompt(text="one"), STAMP)
    opik_service.inject(Hangs(), APPEND)

    with pytest.raises(RegistryUnavailableError, match="may not be stored"):
        open_opik(timeout=2).save_prompt(prompt(text="two"), STAMP)


@pytest.mark.parametrize("fault", [CutsOff(), TruncatesJson()], ids=["cut off", "half"])
def test_half_an_answer_to_a_write_is_looked_after(
    opik_service: OpikServer, opik: OpikRegistry, fault: CutsOff
) -> None:
    opik.save_prompt(prompt(text="one"), STAMP)
    opik_service.inject(fault, APPEND)

    stored = opik.save_prompt(prompt(text="two"), STAMP)

    assert stored.version == "v2"
    assert versions(opik_service) == 2


def test_a_refused_write_is_refused_with_its_reason(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(text="one"), STAMP)
    opik_service.inject(Refused(422, '{"errors": ["template must not be blank"]}'), APPEND)

    with pytest.raises(RegistryRefusedError, match=r"template must not be blank$"):
        opik.save_prompt(prompt(text="two"), STAMP)


def test_a_chat_prompt_that_was_broken_in_the_service_is_stored_over(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    sent = chat(user="Hello")
    first = opik.save_prompt(sent, STAMP)
    opik_service.person.edits("greeting", "no JSON")

    broken = opik.get_prompt("greeting")
    assert broken is not None
    assert broken.content_hash != first.content_hash
    assert opik.unsupported(sent, replaces=broken) == []
    stored = opik.save_prompt(sent, STAMP, replaces=broken.version)

    assert (stored.version, stored.prompt) == ("v3", sent)
