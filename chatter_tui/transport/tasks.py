"""Owned tasks: their owner cancels and awaits them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine

T = TypeVar("T")


async def cancel(tasks: Collection[asyncio.Task[T]]) -> list[T]:
    """Cancel tasks and wait until they are done.

    Return the results of those that finished anyway.
    """
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    return [task.result() for task in tasks if not task.cancelled() and not task.exception()]


@asynccontextmanager
async def running(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` in the background while the context is active; its outcome is ignored."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await cancel([task])


class Crew:
    """A changing set of tasks."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Start a task; an exception goes to the loop's exception handler."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def cancel(self) -> None:
        """Cancel all tasks and wait for them."""
        await cancel(tuple(self._tasks))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            context = {"message": "background work failed", "exception": error, "task": task}
            task.get_loop().call_exception_handler(context)


@asynccontextmanager
async def race(
    attempts: Collection[Coroutine[Any, Any, T]], discard: Callable[[T], Awaitable[None]]
) -> AsyncIterator[list[asyncio.Task[T]]]:
    """Run attempts concurrently; on exit, `discard` results that `take` has not returned."""
    tasks = [asyncio.create_task(attempt) for attempt in attempts]
    contenders = list(tasks)
    try:
        yield contenders
    finally:
        for surplus in await cancel(contenders):
            await discard(surplus)


async def take(
    contenders: list[asyncio.Task[T]],
    errors: type[Exception],
    failures: list[Exception] | None = None,
) -> T:
    """Return the first success and remove it from `contenders`, earlier ones preferred.

    Expected `errors` are added to `failures`.

    Raises:
        ExceptionGroup: All contenders failed.
    """
    failures = [] if failures is None else failures
    while contenders:
        await asyncio.wait(contenders, return_when=asyncio.FIRST_COMPLETED)
        for task in [task for task in contenders if task.done()]:
            contenders.remove(task)
            try:
                return task.result()
            except errors as error:
                failures.append(error)
    if not failures:
        raise ValueError("no attempt was made")
    raise ExceptionGroup("every attempt failed", failures)
