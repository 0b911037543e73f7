"""Where an alias is to point: at the files' content, at one version, at the one before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptsync.errors import UsageError
from promptsync.plan import Action, Direction, Plan
from promptsync.promotion_plan import (
    Pointing,
    make_promotion_plan,
    make_rollback_plan,
    make_version_plan,
    version_before,
)
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import PromptState, Status
from tests.test_plan import local, remote, state


def version(number: int, text: str, **details: Any) -> RemotePrompt:
    return replace(remote(text, **details), version=str(number))


# As a registry lists them: the newest first.
VERSIONS = (
    version(5, "Hi"),
    version(4, "Hi", title="Hi"),
    version(3, "Hello"),
    version(2, "Good day"),
    version(1, "Hello"),
)


def pointing(current: RemotePrompt | None, name: str = "greeting", **fields: Any) -> Pointing:
    return Pointing(**{"name": name, "versions": VERSIONS, "current": current} | fields)


def rollback(*pointings: Pointing) -> Plan:
    return make_rollback_plan(pointings, registry="production", alias="live")


# -- the files' content --


def promote(*states: PromptState, force: bool = False) -> Plan:
    return make_promotion_plan(states, registry="production", alias="live", force=force)


def test_what_a_version_carries_is_promoted() -> None:
    plan = promote(state(Status.MODIFIED, carrier=VERSIONS[2]), state(Status.IN_SYNC, "other"))

    (change,) = plan.changes
    assert (plan.direction, plan.alias, plan.refusals) == (Direction.PROMOTE, "live", ())
    assert (change.action, change.name, change.target) == (
        Action.PROMOTE,
        "greeting",
        VERSIONS[2],
    )
    assert change.after == VERSIONS[2].content_hash
    assert plan.existing == 2


@pytest.mark.parametrize("status", [Status.NEW, Status.MODIFIED])
def test_what_no_version_carries_needs_an_upload(status: Status) -> None:
    plan = promote(state(status))

    (refusal,) = plan.refusals
    assert plan.changes == ()
    assert (refusal.reason, refusal.hint) == (
        "no version says what its file says",
        "promptsync upload greeting",
    )


@pytest.mark.parametrize("status", [Status.BEHIND, Status.DRIFTED, Status.DIVERGED])
def test_an_edit_behind_the_alias_is_passed_over_by_force_alone(status: Status) -> None:
    each = state(status, carrier=VERSIONS[2])

    assert [refusal.name for refusal in promote(each).refusals] == ["greeting"]
    assert [change.action for change in promote(each, force=True).changes] == [Action.PROMOTE]


def test_details_and_stamps_are_no_business_of_a_promotion() -> None:
    plan = promote(state(Status.IN_SYNC, details_differ=True))

    assert (plan.changes, plan.refusals) == ((), ())


def test_refusals_are_sorted_by_name() -> None:
    plan = promote(state(Status.MODIFIED, "a"), state(Status.DRIFTED, "b"), state(Status.NEW, "c"))

    assert [each.name for each in plan.refusals] == ["a", "b", "c"]


def test_a_promotion_of_many_is_not_carried_out_by_itself() -> None:
    states = [state(Status.MODIFIED, f"p{n}", carrier=VERSIONS[2]) for n in range(10)]

    with pytest.raises(UsageError) as raised:
        promote(*states).raise_if_unsafe()

    assert raised.value.message == (
        "this promotion would change what 10 of 10 prompts serve (100%), more than 30%"
    )
    assert "`promptsync promote --plan-checksum sha256:" in (raised.value.hint or "")


def test_a_checksum_names_the_versions() -> None:
    one, other = (promote(state(Status.MODIFIED, carrier=VERSIONS[n])) for n in (2, 4))

    assert VERSIONS[2].content_hash == VERSIONS[4].content_hash
    assert one.checksum != other.checksum
    assert one.checksum != rollback(pointing(VERSIONS[0])).checksum


# -- one version --


def test_an_alias_is_pointed_at_one_version() -> None:
    current = pointing(VERSIONS[0], local=local("Something else"))

    plan = make_version_plan(current, VERSIONS[3], registry="production", alias="live")

    (change,) = plan.changes
    assert (change.action, change.target) == (Action.PROMOTE, VERSIONS[3])
    assert (change.before, change.after) == (VERSIONS[0].content_hash, VERSIONS[3].content_hash)


def test_an_alias_that_is_there_already_is_left() -> None:
    plan = make_version_plan(
        pointing(VERSIONS[3]), VERSIONS[3], registry="production", alias="live"
    )

    assert (plan.changes, plan.refusals) == ((), ())


def test_another_version_with_equal_content_is_another_version() -> None:
    plan = make_version_plan(
        pointing(VERSIONS[4]), VERSIONS[2], registry="production", alias="live"
    )

    assert [each.target for each in plan.changes] == [VERSIONS[2]]


def test_an_alias_that_points_nowhere_is_pointed() -> None:
    plan = make_version_plan(pointing(None), VERSIONS[3], registry="production", alias="live")

    assert [each.before for each in plan.changes] == [None]
    assert plan.existing == 0


# -- the one before --


@pytest.mark.parametrize(
    ("current", "before"),
    [
        (VERSIONS[0], VERSIONS[2]),
        (VERSIONS[1], VERSIONS[2]),
        (VERSIONS[2], VERSIONS[3]),
        (VERSIONS[3], VERSIONS[4]),
        (VERSIONS[4], None),
        (None, None),
    ],
)
def test_the_version_before_says_something_else(
    current: RemotePrompt | None, before: RemotePrompt | None
) -> None:
    assert version_before(pointing(current)) == before


def test_a_rollback_goes_to_the_version_before() -> None:
    plan = rollback(pointing(VERSIONS[0], local=local("Hi")))

    (change,) = plan.changes
    assert (plan.direction, plan.alias) == (Direction.ROLLBACK, "live")
    assert (change.action, change.target) == (Action.ROLLBACK, VERSIONS[2])
    assert (change.before, change.after) == (VERSIONS[0].content_hash, VERSIONS[2].content_hash)


def test_without_a_version_before_there_is_no_rollback() -> None:
    plan = rollback(pointing(VERSIONS[4]), pointing(None, "unpromoted"))

    assert plan.changes == ()
    assert [(each.name, each.reason, each.hint) for each in plan.refusals] == [
        (
            "greeting",
            "no version before 1 says anything else",
            "`promptsync history greeting` lists its versions",
        ),
        (
            "unpromoted",
            "alias `live` points at none of its versions",
            "promptsync promote unpromoted",
        ),
    ]


def test_a_rollback_of_many_is_not_carried_out_by_itself() -> None:
    plan = rollback(*(pointing(VERSIONS[0], f"p{number}") for number in range(10)))

    with pytest.raises(UsageError, match="this rollback would change what 10 of 10 prompts serve"):
        plan.raise_if_unsafe()
