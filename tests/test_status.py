from __future__ import annotations

import pytest

from promptsync.content_hash import content_hash
from promptsync.prompt import Prompt
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt
from promptsync.status import LocalPrompt, PromptState, Status, count_statuses, find_status
from tests.builders import prompt

A, B, C = (prompt(text=text) for text in "abc")
HASH_A, HASH_B, HASH_C = map(content_hash, (A, B, C))


def in_git(file: Prompt) -> LocalPrompt:
    return LocalPrompt(
        prompt=file,
        expanded=file,
        content_hash=content_hash(file),
        path="prompts/greeting.md",
        file_sha256="00",
    )


def in_registry(content: Prompt, stamped: str | None) -> RemotePrompt:
    stamp = stamped and Stamp(content_hash=stamped, path="old/greeting.md", file_sha256="00")
    return make_remote_prompt(content, kind="local", version="1", stamp=stamp or None)


def registered(content: Prompt) -> RemotePrompt:
    stamp = Stamp(content_hash=content_hash(content))
    return make_remote_prompt(content, kind="local", version="1", stamp=stamp)


def yes() -> bool:
    return True


def no() -> bool:
    return False


def never() -> bool:
    """Fail when git's history is read although it decides nothing."""
    pytest.fail("the past was asked for")


@pytest.mark.parametrize("stamped", [HASH_A, HASH_B, None], ids=["own", "stale", "no"])
def test_equal_content_is_in_sync_whatever_the_stamp_says(stamped: str | None) -> None:
    assert find_status(in_git(A), in_registry(A, stamped), is_taken_in=never) is Status.IN_SYNC


def test_a_file_that_moved_on_from_what_was_uploaded_is_modified() -> None:
    remote = in_registry(B, stamped=HASH_B)

    assert find_status(in_git(A), remote, is_taken_in=yes) is Status.MODIFIED


def test_an_upload_that_the_file_never_had_leaves_it_behind() -> None:
    remote = in_registry(B, stamped=HASH_B)

    assert find_status(in_git(A), remote, is_taken_in=no) is Status.BEHIND


def test_an_edit_in_the_registry_of_what_the_file_still_says_is_drift() -> None:
    remote = in_registry(B, stamped=HASH_A)

    assert find_status(in_git(A), remote, is_taken_in=never) is Status.DRIFTED


def test_changes_on_both_sides_have_diverged() -> None:
    remote = in_registry(B, stamped=HASH_C)

    assert find_status(in_git(A), remote, is_taken_in=no) is Status.DIVERGED


def test_an_edit_in_the_registry_that_the_file_has_taken_in_is_a_fast_forward() -> None:
    remote = in_registry(B, stamped=HASH_C)

    assert find_status(in_git(A), remote, is_taken_in=yes) is Status.MODIFIED


def test_without_a_stamp_content_of_the_files_own_past_is_a_fast_forward() -> None:
    remote = in_registry(B, stamped=None)

    assert find_status(in_git(A), remote, is_taken_in=yes) is Status.MODIFIED


def test_without_a_stamp_content_that_the_file_never_had_has_diverged() -> None:
    remote = in_registry(B, stamped=None)

    assert find_status(in_git(A), remote, is_taken_in=no) is Status.DIVERGED


def test_a_file_that_the_registry_lacks_is_new() -> None:
    assert find_status(in_git(A), None, is_taken_in=never) is Status.NEW


def test_a_stamped_remote_prompt_without_a_file_was_removed() -> None:
    assert find_status(None, in_registry(A, stamped=HASH_A), is_taken_in=never) is Status.REMOVED


def test_an_unstamped_remote_prompt_without_a_file_is_unmanaged() -> None:
    assert find_status(None, in_registry(A, stamped=None), is_taken_in=never) is Status.UNMANAGED


def test_what_a_program_registered_was_never_removed_with_a_file() -> None:
    remote = registered(A)

    assert find_status(None, remote, is_taken_in=never) is Status.UNMANAGED


def test_no_branch_has_what_a_program_registered() -> None:
    assert find_status(in_git(A), registered(B), is_taken_in=no) is Status.DIVERGED


def test_what_a_program_registered_and_the_files_past_has_is_a_fast_forward() -> None:
    assert find_status(in_git(A), registered(B), is_taken_in=yes) is Status.MODIFIED


def test_a_prompt_that_is_nowhere_has_no_status() -> None:
    with pytest.raises(ValueError, match="in git, in the registry, or in both"):
        find_status(None, None, is_taken_in=never)


def test_statuses_are_spelled_as_the_json_output_shows_them() -> None:
    assert " ".join(status.value for status in Status) == (
        "in_sync new modified behind drifted diverged removed unmanaged"
    )


def test_only_what_the_registry_alone_has_is_extra() -> None:
    extra = {status for status in Status if status.is_extra}

    assert extra == {Status.REMOVED, Status.UNMANAGED}


def test_a_state_answers_for_both_sides() -> None:
    state = PromptState(
        name="greeting",
        status=Status.DIVERGED,
        local=in_git(A),
        remote=in_registry(B, stamped=HASH_C),
    )

    assert (state.local_hash, state.stamped_hash, state.remote_hash) == (HASH_A, HASH_C, HASH_B)
    assert state.path == "prompts/greeting.md"


def test_a_state_without_a_file_knows_the_path_that_the_stamp_remembers() -> None:
    removed = PromptState(name="a", status=Status.REMOVED, remote=in_registry(A, stamped=HASH_A))
    unmanaged = PromptState(name="a", status=Status.UNMANAGED, remote=in_registry(A, stamped=None))

    assert (removed.path, unmanaged.path) == ("old/greeting.md", None)
    assert removed.local_hash is None


def test_a_state_without_a_remote_prompt_has_no_remote_hashes() -> None:
    new = PromptState(name="greeting", status=Status.NEW, local=in_git(A))

    assert (new.local_hash, new.stamped_hash, new.remote_hash) == (HASH_A, None, None)


def test_statuses_are_counted_in_the_order_of_their_declaration() -> None:
    found = [Status.DRIFTED, Status.IN_SYNC, Status.DRIFTED, Status.NEW]
    states = [PromptState(name="a", status=status) for status in found]

    assert list(count_statuses(states).items()) == [("in_sync", 1), ("new", 1), ("drifted", 2)]
