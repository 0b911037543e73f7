"""`verify` against Opik: with and without what it remembers, against its floor and the SDK."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.material import DELAY, Project, commit, written_prompts
from benchmarks.measuring import Command, Figure, side_by_side
from promptsync.content_hash import content_hash
from promptsync.registries.opik_body import make_details, make_version, structure_of
from promptsync.registries.opik_fields import KIND
from promptsync.registries.opik_identity import Identity
from promptsync.remote_prompt import Stamp
from tests.fakes.vendor import OPIK_PYTHON, OPIK_QUIET

BIN = Path(sys.executable).parent
FLOOR = Path(__file__).with_name("floor_opik.py")
COUNT = 1_000
CONFIG = '[registries.production]\nkind = "opik"\nproject = "Trader"\n'

SEARCH = f"""
import opik
client = opik.Opik(project_name="Trader")
assert len(client.search_prompts()) == {COUNT}
client.end()
"""


def opik_figures(folder: Path) -> Iterator[Figure]:
    """Compare `verify` of 1,000 prompts with its two requests alone, and with the SDK's search."""
    with _project(folder) as made:
        ours = Command([str(BIN / "promptsync"), "verify"], made.folder, made.environment)
        ours.run()
        floor = _floor(made)
        yield Figure(
            "verify 1,000 prompts in Opik, warm / 2 requests",
            *side_by_side(ours, floor, runs=9),
            1.5,
        )
        cold = statistics.median(_without_cache(made, ours) for _ in range(3))
        environment = {**made.environment, **OPIK_QUIET}
        sdk = Command([str(OPIK_PYTHON), "-c", SEARCH], made.folder, environment).run()
        what = "verify 1,000 prompts in Opik, cold / SDK search"
        yield Figure(what, cold, sdk, 10, at_least=True)


def _without_cache(made: Project, ours: Command) -> float:
    shutil.rmtree(made.folder / ".git" / "promptsync", ignore_errors=True)
    return ours.run()


def _floor(made: Project) -> Command:
    """Ask for what promptsync asks for; it remembers the ids, and so may its floor."""
    (cache,) = (made.folder / ".git" / "promptsync").glob("opik-versions-*.json")
    (known,) = json.loads(cache.read_text()).values()
    ids = made.folder.with_name("ids.json")
    ids.write_text(json.dumps([row[3] for row in known["prompts"].values()]))
    prompts = str(made.folder / "prompts")
    arguments = [sys.executable, str(FLOOR), made.url, known["project"], str(ids), prompts]
    return Command(arguments, made.folder, {})


@contextmanager
def _project(folder: Path) -> Iterator[Project]:
    repository, bodies = folder / "repository", folder / "bodies"
    bodies.mkdir(parents=True)
    for made in written_prompts(repository, COUNT):
        path = f"prompts/{made.name}.md"
        stamp = Stamp(content_hash=content_hash(made, KIND), path=path, file_sha256="0" * 64)
        prompt_id = str(uuid.uuid4())
        said = Identity("Trader", made.name, prompt_id).to_json()
        body: dict[str, Any] = {
            "id": prompt_id,
            **make_details(made),
            **make_version(made, stamp, said),
            "template_structure": structure_of(made),
        }
        (bodies / f"{made.name}.json").write_text(json.dumps(body), "utf-8")
    commit(repository, CONFIG)
    with _server(bodies) as url:
        yield Project(repository, url, {"OPIK_URL_OVERRIDE": url})


@contextmanager
def _server(bodies: Path) -> Iterator[str]:
    """Run the fake Opik as a process of its own, every answer 50 ms late; yield its URL."""
    command = [sys.executable, "-m", "tests.fakes.opik", "--port", "0", "--delay", str(DELAY)]
    running = subprocess.Popen(
        [*command, "--prompts-from", str(bodies)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        yield "" if running.stdout is None else running.stdout.readline().strip()
    finally:
        running.terminate()
        running.wait()
