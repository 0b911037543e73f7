"""Files that are replaced in one step, by several threads of a process too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from promptsync.registries.routing_file import RoutingFile

WRITERS = 8


def test_two_clients_of_a_process_never_leave_a_mixture_of_what_both_remember(
    tmp_path: Path,
) -> None:
    start = Barrier(WRITERS)

    def write(number: int) -> None:
        routes = RoutingFile(tmp_path / "cache")
        start.wait()
        for turn in range(50):
            routes.put("project", {"id": str(number) * (turn + 1)})
            kept = routes.get("project")
            assert kept is not None
            assert len(set(kept["id"])) == 1

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(write, range(WRITERS)))

    assert [each.name for each in (tmp_path / "cache").iterdir()] == ["routing-1.json"]
