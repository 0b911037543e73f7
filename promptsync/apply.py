"""Carry out a plan and verify every write. No command writes any other way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Future,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass
from functools import partial
from threading import Event

from promptsync.change_writer import MakeStamp, apply_change, to_upload
from promptsync.errors import (
    ConflictError,
    HashMismatchError,
    MovedError,
    PromptsyncError,
    RegistryUnavailableError,
)
from promptsync.parallel_requests import PARALLEL_REQUESTS
from promptsync.plan import Change, Plan
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from promptsync.upload_order import UploadOrder

ShouldStop = Callable[[], bool]

# After these the rest of a plan is not tried: a registry that is down stays down for a while, and
# one that rewrites a prompt may rewrite them all.
_ENDS_THE_PLAN = (RegistryUnavailableError, HashMismatchError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one change: the remote prompt as read back, or the error that kept it.

    Neither of the two means deleted, or not tried (`tried` is then false): an earlier change ended
    the plan, or `reason` says why this one cannot go. `skipped` is a prompt or an alias that was
    missing when the plan was made, and that somebody else made or set: `stored` is theirs.
    """

    change: Change
    stored: RemotePrompt | None = None
    error: PromptsyncError | None = None
    tried: bool = True
    skipped: bool = False
    reason: str | None = None

    @property
    def done(self) -> bool:
        """Whether the change is in the registry, verified."""
        return self.tried and self.error is None and not self.skipped


def find_unsupported(plan: Plan, registry: Registry) -> Iterator[tuple[Change, str]]:
    """Yield each change that the registry cannot hold, with a sentence for each reason."""
    for change in plan.changes:
        if change.state.local is not None and change.target is None:
            prompt = to_upload(change, registry.kind)
            there = change.state.remote or change.state.latest
            for reason in registry.unsupported(prompt, replaces=there):
                yield change, reason


def check_supported(plan: Plan, registry: Registry) -> None:
    """Raise ConflictError, naming all of it, when the registry cannot hold what is planned."""
    found = [f"`{change.name}`: {reason}" for change, reason in find_unsupported(plan, registry)]
    if found:
        raise ConflictError(
            f"{registry.address} cannot hold this:\n" + "\n".join(found),
            hint="change the prompt files; nothing was uploaded",
        )


def ends_the_plan(error: PromptsyncError | None) -> bool:
    """Tell whether nothing else of a plan is tried after an error."""
    return isinstance(error, _ENDS_THE_PLAN)


def apply_upload(
    plan: Plan,
    registry: Registry,
    *,
    make_stamp: MakeStamp,
    should_stop: ShouldStop = lambda: False,
) -> Iterator[Outcome]:
    """Write the changes of an upload plan, several at a time, and yield each when it is verified.

    Every prompt is read again right before it is written: what moved since the plan was made is
    refused. Services without compare-and-swap can still lose a race between that read and the
    write; this detects a race, it does not prevent one.

    Once it `should_stop`, what has begun is finished and the rest is not tried. A composite is
    begun when the prompts that it includes are done, and not tried when one of them fails.
    """
    pool = ThreadPoolExecutor(PARALLEL_REQUESTS)
    order = UploadOrder(plan.changes)
    pending: dict[Future[RemotePrompt | None], Change] = {}
    apply_one = partial(_apply_unless, Event(), plan, registry, make_stamp)
    try:
        while (ready := order.take_ready()) or pending:
            for change in ready:
                pending[pool.submit(apply_one, change)] = change
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                if future in pending:
                    yield from _outcomes(future, pending, order, only_missing=plan.only_missing)
            if should_stop():
                yield from _not_begun(pending, order)
    finally:
        # After Ctrl-C what has begun is finished, and nothing else is begun.
        pool.shutdown(cancel_futures=True)


def _apply_unless(
    ended: Event, plan: Plan, registry: Registry, make_stamp: MakeStamp, change: Change
) -> RemotePrompt | None:
    """Carry out a change unless the plan has ended, which an error of this one may bring about.

    Where a registry hangs, each thread that took one more change would double the wait.
    """
    if ended.is_set():
        raise CancelledError
    try:
        return apply_change(change, plan, registry, make_stamp)
    except _ENDS_THE_PLAN:
        ended.set()
        raise


def _outcomes(
    future: Future[RemotePrompt | None],
    pending: dict[Future[RemotePrompt | None], Change],
    order: UploadOrder,
    *,
    only_missing: bool,
) -> Iterator[Outcome]:
    change = pending.pop(future)
    try:
        yield Outcome(change=change, stored=future.result())
        order.finish(change)
    except CancelledError:
        yield Outcome(change=change, tried=False)
    except PromptsyncError as error:
        if only_missing and isinstance(error, MovedError):
            yield Outcome(change=change, stored=error.current, skipped=True)
            order.finish(change)
            return
        yield Outcome(change=change, error=error)
        if ends_the_plan(error):
            yield from _not_begun(pending, order)
        reason = f"it includes `{change.name}`, which was not uploaded"
        for waiting in order.give_up(change):
            yield Outcome(change=waiting, tried=False, reason=reason)


def _not_begun(
    pending: dict[Future[RemotePrompt | None], Change], order: UploadOrder
) -> Iterator[Outcome]:
    """Cancel what has not begun."""
    for waiting in [each for each in pending if each.cancel()]:
        yield Outcome(change=pending.pop(waiting), tried=False)
    for change in order.give_up_all():
        yield Outcome(change=change, tried=False)
