"""What an upload and a download would do in each state, with each option."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from promptsync.content_hash import content_hash
from promptsync.download_plan import make_download_plan
from promptsync.errors import UsageError
from promptsync.plan import Action, Change, Direction, Plan, changes_by_action
from promptsync.prompt import Prompt
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt
from promptsync.status import LocalPrompt, PromptState, Status, Succession
from promptsync.upload_plan import UploadOptions, make_upload_plan
from tests.builders import prompt

NONE = UploadOptions()
FORCE = UploadOptions(force=True)
ONLY_MISSING = UploadOptions(only_missing=True)
PRUNE = UploadOptions(prune=True)
ADOPT = UploadOptions(adopt=True)

ONLY_LOCAL = (Status.NEW,)
ONLY_REMOTE = (Status.REMOVED, Status.UNMANAGED)


def local(text: str = "Hello", name: str = "greeting", **details: Any) -> LocalPrompt:
    file = prompt(name, text, **details)
    return LocalPrompt(
        prompt=file,
        expanded=file,
        content_hash=content_hash(file, "local"),
        path=f"prompts/{name}.md",
        file_sha256="0" * 64,
    )


def remote(
    text: str = "Hi", name: str = "greeting", *, stamped: bool = True, **details: Any
) -> RemotePrompt:
    stamp = Stamp(content_hash="sha256:1", path="x.md", file_sha256="2") if stamped else None
    there = prompt(name, text, **details)
    return make_remote_prompt(there, kind="local", version="7", stamp=stamp)


def state(status: Status, name: str = "greeting", **fields: Any) -> PromptState:
    """Build a state that fits its status."""
    sides: dict[str, Any] = {
        "local": None if status in ONLY_REMOTE else local(name=name),
        "remote": None if status in ONLY_LOCAL else remote(name=name),
    }
    if status is Status.IN_SYNC:
        sides["remote"] = remote("Hello", name)
    return PromptState(name=name, status=status, **sides | fields)


def upload(each: PromptState, options: UploadOptions = NONE, alias: str | None = None) -> Plan:
    return make_upload_plan([each], registry="production", alias=alias, options=options)


def decided(plan: Plan) -> Action | str | None:
    """Return what a plan for one prompt does: the action, `refused`, or nothing."""
    if plan.refusals:
        return "refused"
    return plan.changes[0].action if plan.changes else None


# -- upload --


UPLOADS = {
    Status.IN_SYNC: (None, None, None, None, None),
    Status.NEW: (Action.CREATE,) * 5,
    Status.MODIFIED: (Action.UPDATE, Action.UPDATE, None, Action.UPDATE, Action.UPDATE),
    Status.BEHIND: ("refused", Action.UPDATE, None, "refused", "refused"),
    Status.DRIFTED: ("refused", Action.UPDATE, None, "refused", "refused"),
    Status.DIVERGED: ("refused", Action.UPDATE, None, "refused", "refused"),
    Status.REMOVED: (None, None, None, Action.DELETE, None),
    Status.UNMANAGED: (None, None, None, None, None),
}


@pytest.mark.parametrize("status", Status)
def test_each_status_has_its_upload(status: Status) -> None:
    options = (NONE, FORCE, ONLY_MISSING, PRUNE, ADOPT)

    plans = [upload(state(status), each) for each in options]

    assert tuple(map(decided, plans)) == UPLOADS[status]


@pytest.mark.parametrize(
    ("status", "reason", "hint"),
    [
        (
            Status.BEHIND,
            "uploaded from a branch or clone you do not have",
            "merge that branch, or upload `--force` to replace it",
        ),
        (Status.DRIFTED, "edited in the registry", "promptsync download greeting"),
        (
            Status.DIVERGED,
            "edited in the registry and in git",
            "promptsync download greeting",
        ),
    ],
)
def test_a_refusal_says_why_and_what_helps(status: Status, reason: str, hint: str) -> None:
    (refusal,) = upload(state(status)).refusals

    assert (refusal.name, refusal.reason, refusal.hint) == ("greeting", reason, hint)


def test_equal_content_with_other_details_is_updated() -> None:
    each = state(Status.IN_SYNC, details_differ=True)

    assert decided(upload(each)) is Action.DETAILS
    assert decided(upload(each, ONLY_MISSING)) is None


def test_equal_content_without_a_stamp_is_adopted_when_asked() -> None:
    each = state(Status.IN_SYNC, remote=remote("Hello", stamped=False))

    assert decided(upload(each, ADOPT)) is Action.ADOPT
    assert decided(upload(each)) is None
    assert decided(upload(each, UploadOptions(adopt=True, only_missing=True))) is None


@pytest.mark.parametrize(
    ("status", "options"),
    [
        (Status.NEW, NONE),
        (Status.MODIFIED, NONE),
        (Status.BEHIND, FORCE),
        (Status.DRIFTED, FORCE),
        (Status.DIVERGED, FORCE),
    ],
)
def test_a_version_that_carries_the_content_is_promoted(
    status: Status, options: UploadOptions
) -> None:
    each = state(status, carrier=remote("Hello"))

    assert decided(upload(each, options, alias="production")) is Action.PROMOTE


def test_a_seed_points_a_missing_alias_at_the_content_and_never_writes_a_version_there() -> None:
    same = state(Status.NEW, latest=remote("Hi"), carrier=remote("Hello"))
    other = state(Status.NEW, latest=remote("Hi"), note="alias `production` points at no version")

    assert decided(upload(same, ONLY_MISSING, alias="production")) is Action.PROMOTE
    plan = upload(other, ONLY_MISSING, alias="production")
    assert (plan.changes, plan.refusals) == ((), ())
    assert plan.notes == (
        "`greeting` is left alone: it says something else in the registry, where alias "
        "`production` points at no version; an upload without `--only-missing` serves the file",
    )


def test_what_a_seed_leaves_alone_is_told_in_one_note() -> None:
    note = "alias `production` points at no version"
    states = [
        state(Status.NEW, name, latest=remote("Hi"), note=note) for name in ("greeting", "farewell")
    ]

    plan = make_upload_plan(states, registry="production", alias="production", options=ONLY_MISSING)

    assert plan.notes == (
        "2 prompts are left alone: they say something else in the registry, where alias "
        "`production` points at no version; an upload without `--only-missing` serves the files: "
        "`farewell`, `greeting`",
    )


@pytest.mark.parametrize(
    ("status", "action"), [(Status.NEW, Action.CREATE), (Status.MODIFIED, Action.UPDATE)]
)
def test_without_an_alias_there_is_nothing_to_promote(status: Status, action: Action) -> None:
    assert decided(upload(state(status, carrier=remote("Hello")))) is action


def test_a_version_beside_others_is_no_new_prompt() -> None:
    each = state(Status.NEW, latest=remote("Hi"))

    assert decided(upload(each, alias="production")) is Action.UPDATE


LATER_EDIT = {
    Status.IN_SYNC: (None, None, "refused"),
    Status.NEW: ("refused", Action.UPDATE, "refused"),
    Status.MODIFIED: ("refused", Action.UPDATE, "refused"),
}


@pytest.mark.parametrize("status", LATER_EDIT)
def test_no_version_is_written_after_an_edit_that_the_alias_lacks(status: Status) -> None:
    each = state(status, latest=remote("Hey"), has_later_edit=True)

    unstamped = replace(each, remote=remote("Hello", stamped=False) if each.remote else None)

    plans = (
        upload(each, alias="production"),
        upload(each, FORCE, alias="production"),
        upload(unstamped, ADOPT, alias="production"),
    )

    assert tuple(map(decided, plans)) == LATER_EDIT[status]


def test_an_alias_moves_past_an_edit_to_a_version_that_is_there() -> None:
    each = state(
        Status.MODIFIED, carrier=remote("Hello"), latest=remote("Hey"), has_later_edit=True
    )

    assert decided(upload(each, alias="production")) is Action.PROMOTE


def test_a_plan_is_sorted_and_counts_what_is_there() -> None:
    states = [
        state(Status.MODIFIED, "zebra"),
        state(Status.DRIFTED, "yak"),
        state(Status.NEW, "ant"),
        state(Status.DRIFTED, "bee"),
        state(Status.REMOVED, "cat"),
    ]

    plan = make_upload_plan(states, registry="production", alias="live", options=PRUNE)

    assert plan == Plan(
        direction=Direction.UPLOAD,
        registry="production",
        alias="live",
        changes=(
            Change(Action.CREATE, states[2]),
            Change(Action.DELETE, states[4]),
            Change(Action.UPDATE, states[0]),
        ),
        refusals=plan.refusals,
        existing=4,
    )
    assert [each.name for each in plan.refusals] == ["bee", "yak"]
    assert [each.name for each in plan.changes] == ["ant", "cat", "zebra"]
    assert plan.count(Action.CREATE, Action.DELETE) == 2
    assert list(changes_by_action(plan.changes)) == [
        (Action.CREATE, 1),
        (Action.UPDATE, 1),
        (Action.DELETE, 1),
    ]


# -- renames --


def succession(*names: str, heirs: int = 1, can_rename: bool = True) -> Succession:
    candidates = tuple(remote("Hello", name) for name in names)
    return Succession(candidates=candidates, heirs=heirs, can_rename=can_rename)


def renamed(options: UploadOptions = NONE, *, title: str | None = None, **fields: Any) -> Plan:
    """Plan an upload of a new prompt that was `old` before."""
    gone = remote("Hello", "old")
    after = state(
        Status.NEW,
        "new",
        local=local("Hello", "new", title=title),
        **{"succession": succession("old")} | fields,
    )
    before = PromptState(name="old", status=Status.REMOVED, remote=gone)
    return make_upload_plan([after, before], registry="production", options=options)


@pytest.mark.parametrize("options", [NONE, PRUNE, FORCE, ADOPT])
def test_what_only_has_another_name_is_renamed_and_never_deleted(options: UploadOptions) -> None:
    plan = renamed(options)

    (change,) = plan.changes
    assert (change.action, change.name, change.renamed_from) == (Action.RENAME, "new", "old")
    assert change.before == change.after == local("Hello").content_hash
    assert plan.notes == ("`old` is served no more then: applications need `new`",)


def test_a_rename_brings_details_that_differ() -> None:
    assert [renamed(title=title).changes[0].state.details_differ for title in (None, "Hi")] == [
        False,
        True,
    ]


def test_without_renames_a_prompt_is_made_anew_and_the_old_one_is_left() -> None:
    plan = renamed(UploadOptions(renames=False))

    assert [(each.action, each.name) for each in plan.changes] == [(Action.CREATE, "new")]
    assert plan.notes == ()


def test_without_renames_pruning_removes_the_old_name() -> None:
    plan = renamed(UploadOptions(renames=False, prune=True))

    assert [(each.action, each.name) for each in plan.changes] == [
        (Action.CREATE, "new"),
        (Action.DELETE, "old"),
    ]


def test_what_is_only_missing_is_made_anew() -> None:
    plan = renamed(ONLY_MISSING)

    assert [each.action for each in plan.changes] == [Action.CREATE]
    assert plan.notes == ()


@pytest.mark.parametrize(
    ("given", "note"),
    [
        (
            succession("old", can_rename=False),
            "`new` was `old` before: this registry cannot rename, so a new history begins",
        ),
        (
            succession("old", "older"),
            "`new` has the content of `old` and `older`, now gone: which became which is not "
            "guessed",
        ),
        (
            succession("old", heirs=2),
            "`new` has the content of `old`, now gone: which became which is not guessed",
        ),
    ],
    ids=["the service cannot", "two candidates", "two heirs"],
)
def test_what_cannot_be_renamed_is_made_anew_and_said(given: Succession, note: str) -> None:
    plan = renamed(succession=given)

    assert [each.action for each in plan.changes] == [Action.CREATE]
    assert plan.notes == (note,)


def test_many_renames_are_warned_of_in_one_sentence() -> None:
    states = [
        state(Status.NEW, name, succession=succession(f"old-{name}")) for name in ("a", "b", "c")
    ]

    plan = make_upload_plan(states, registry="production")

    assert plan.notes == ("3 old names are served no more then: applications need the new ones",)


def test_renames_count_towards_the_limit() -> None:
    states = [
        PromptState(name=f"old-{number}", status=Status.REMOVED, remote=remote("Hello"))
        for number in range(10)
    ]
    states += [
        state(Status.NEW, f"new-{number}", succession=succession(f"old-{number}"))
        for number in range(4)
    ]

    with pytest.raises(UsageError, match=r"would change or remove 4 of 10 prompts \(40%\)"):
        make_upload_plan(states, registry="production").raise_if_unsafe()


def test_a_checksum_covers_the_old_name() -> None:
    one, other = renamed(), renamed(succession=succession("older"))

    assert one.checksum != other.checksum


# -- download --


DOWNLOADS = {
    Status.IN_SYNC: (None, None, None),
    Status.NEW: (None, None, None),
    Status.MODIFIED: (None, Action.WRITE, None),
    Status.BEHIND: ("refused", Action.WRITE, "refused"),
    Status.DRIFTED: (Action.WRITE,) * 3,
    Status.DIVERGED: (Action.MERGE, Action.WRITE, Action.MERGE),
    Status.REMOVED: (None, None, Action.WRITE),
    Status.UNMANAGED: (None, None, Action.WRITE),
}


@pytest.mark.parametrize("status", Status)
def test_each_status_has_its_download(status: Status) -> None:
    each = [state(status)]

    plans = (
        make_download_plan(each, registry="production"),
        make_download_plan(each, registry="production", force=True),
        make_download_plan(each, registry="production", extras=True),
    )

    assert tuple(map(decided, plans)) == DOWNLOADS[status]


def test_details_of_equal_content_are_downloaded_by_force_alone() -> None:
    each = [state(Status.IN_SYNC, details_differ=True)]

    assert decided(make_download_plan(each, registry="production")) is None
    assert decided(make_download_plan(each, registry="production", force=True)) is Action.WRITE


def test_a_download_is_refused_where_another_branch_uploaded() -> None:
    plan = make_download_plan([state(Status.BEHIND)], registry="production")

    (refusal,) = plan.refusals
    assert refusal.reason == "uploaded from a branch or clone you do not have"
    assert refusal.hint == "merge that branch, or download `--force` to take its text"


def test_a_download_counts_the_files_that_are_there() -> None:
    states = [state(Status.DRIFTED, "b"), state(Status.UNMANAGED, "a"), state(Status.BEHIND, "c")]

    plan = make_download_plan(states, registry="production", alias="live", extras=True)

    assert (plan.direction, plan.alias, plan.existing) == (Direction.DOWNLOAD, "live", 2)
    assert [each.name for each in plan.changes] == ["a", "b"]


# -- what a change replaces --


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        (Action.UPDATE, "remote", "local"),
        (Action.PROMOTE, "remote", "local"),
        (Action.DELETE, "remote", None),
        (Action.WRITE, "local", "remote"),
        (Action.MERGE, "local", None),
    ],
)
def test_a_change_knows_both_of_its_hashes(action: Action, before: str, after: str | None) -> None:
    each = state(Status.MODIFIED)
    hashes = {"local": each.local_hash, "remote": each.remote_hash, None: None}

    change = Change(action, each)

    assert (change.before, change.after) == (hashes[before], hashes[after])


def test_a_created_prompt_replaces_nothing() -> None:
    change = Change(Action.CREATE, state(Status.NEW))

    assert (change.before, change.after) == (None, local().content_hash)


# -- checksum --


def checksum(each: PromptState, *, registry: str = "production", alias: str | None = None) -> str:
    return make_upload_plan([each], registry=registry, alias=alias).checksum


def test_a_checksum_is_a_whole_sha_256() -> None:
    assert checksum(state(Status.MODIFIED)).startswith("sha256:")
    assert len(checksum(state(Status.MODIFIED))) == len("sha256:") + 64


def edited(change: Callable[[Prompt], Prompt]) -> PromptState:
    file = local()
    return state(Status.MODIFIED, local=replace(file, prompt=change(file.prompt)))


@pytest.mark.parametrize(
    "other",
    [
        state(Status.MODIFIED, name="farewell"),
        state(Status.MODIFIED, local=local("Hello again")),
        state(Status.MODIFIED, remote=remote("Hi again")),
        state(Status.MODIFIED, remote=remote(title="Hi")),
        state(Status.MODIFIED, remote=remote(name="served")),
        state(Status.NEW),
        edited(lambda file: replace(file, title="Hello")),
        edited(lambda file: replace(file, description="Hello")),
        edited(lambda file: replace(file, tags=("a",))),
        edited(lambda file: replace(file, metadata={"owner": "ada"})),
        edited(lambda file: replace(file, registry_options={"local": {"slug": "x"}})),
    ],
    ids=[
        *("name", "text", "remote text", "remote title", "remote name", "action"),
        *("title", "description", "tags", "metadata", "served name"),
    ],
)
def test_a_checksum_covers_what_is_written_and_what_that_replaces(other: PromptState) -> None:
    assert checksum(other) != checksum(state(Status.MODIFIED))


def test_a_checksum_covers_where_it_is_written() -> None:
    each = state(Status.MODIFIED)

    assert checksum(each, alias="live") != checksum(each)
    assert checksum(each, registry="staging") != checksum(each)


def test_a_checksum_covers_both_sides_of_a_merge() -> None:
    plans = [
        make_download_plan([state(Status.DIVERGED, **fields)], registry="production")
        for fields in ({}, {"remote": remote("Hi again")}, {"local": local("Hello again")})
    ]

    assert len({plan.checksum for plan in plans}) == 3


def test_a_new_commit_around_the_same_prompts_changes_no_checksum() -> None:
    each = state(Status.MODIFIED)
    assert each.remote is not None
    assert each.remote.stamp is not None
    stamp = replace(each.remote.stamp, commit="1" * 40, file_sha256="3" * 64)

    moved = replace(each, remote=replace(each.remote, stamp=stamp, created="2024", author="ben"))

    assert checksum(moved) == checksum(each)


def test_refusals_are_not_written_and_not_covered() -> None:
    states = [state(Status.MODIFIED), state(Status.DRIFTED, "other")]

    plan = make_upload_plan(states, registry="production")

    assert plan.checksum == checksum(states[0])


@pytest.mark.parametrize("value", [10**400, "\ud800", True, 1.5, None, {"deep": [1]}])
def test_whatever_a_registry_holds_has_a_checksum(value: object) -> None:
    each = state(Status.MODIFIED, remote=remote(metadata={"x": value}))

    assert checksum(each) != checksum(state(Status.MODIFIED))


# -- safety limit --


def many(changed: int, of: int, status: Status = Status.MODIFIED) -> Plan:
    statuses = [status] * changed + [Status.IN_SYNC] * (of - changed)
    states = [state(each, f"prompt-{number}") for number, each in enumerate(statuses)]
    return make_upload_plan(states, registry="production", options=PRUNE)


@pytest.mark.parametrize(("changed", "of"), [(0, 0), (9, 9), (3, 10), (6, 20), (0, 100)])
def test_a_plan_within_the_limit_is_safe(changed: int, of: int) -> None:
    many(changed, of).raise_if_unsafe()


@pytest.mark.parametrize("status", [Status.MODIFIED, Status.REMOVED])
def test_a_plan_beyond_the_limit_is_not_applied_by_itself(status: Status) -> None:
    plan = many(4, 10, status)

    with pytest.raises(UsageError) as raised:
        plan.raise_if_unsafe()

    assert raised.value.message == (
        "this upload would change or remove 4 of 10 prompts (40%), more than 30%"
    )
    assert plan.checksum in (raised.value.hint or "")


def test_new_prompts_do_not_count_towards_the_limit() -> None:
    states = [state(Status.NEW, f"new-{number}") for number in range(50)]
    states += [state(Status.IN_SYNC, f"old-{number}") for number in range(10)]

    make_upload_plan(states, registry="production").raise_if_unsafe()


def test_a_first_promotion_replaces_nothing() -> None:
    states = [state(Status.NEW, f"new-{number}", carrier=remote("Hello")) for number in range(50)]
    states += [state(Status.IN_SYNC, f"old-{number}") for number in range(10)]

    plan = make_upload_plan(states, registry="production", alias="live")

    assert plan.count(Action.PROMOTE) == 50
    plan.raise_if_unsafe()


def test_details_do_not_count_towards_the_limit() -> None:
    states = [
        state(Status.IN_SYNC, f"prompt-{number}", details_differ=True) for number in range(10)
    ]

    make_upload_plan(states, registry="production").raise_if_unsafe()


@pytest.mark.parametrize("status", [Status.DRIFTED, Status.DIVERGED])
def test_a_download_that_changes_many_files_is_not_applied_by_itself(status: Status) -> None:
    states = [state(status, f"prompt-{number}") for number in range(10)]

    with pytest.raises(UsageError, match="this download would change or remove 10 of 10"):
        make_download_plan(states, registry="production").raise_if_unsafe()


def test_a_download_that_brings_many_files_is_safe() -> None:
    states = [state(Status.UNMANAGED, f"new-{number}") for number in range(50)]
    states += [state(Status.IN_SYNC, f"old-{number}") for number in range(10)]

    make_download_plan(states, registry="production", extras=True).raise_if_unsafe()
