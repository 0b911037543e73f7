"""100 prompts in a real MLflow server, against MLflow's own client doing the same."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.material import AUTHOR
from benchmarks.measuring import Command, Figure
from promptsync.prompt_file import format_prompt
from tests.builders import prompt
from tests.mlflow_server import BIN, QUIET, mlflow_server

PROMPTS = 100
PROMPTSYNC = str(Path(sys.executable).parent / "promptsync")

# As an application reads them: the latest version of each.
_LOAD = """
import mlflow, pathlib
for file in sorted(pathlib.Path("prompts").glob("*.md")):
    mlflow.genai.load_prompt(f"prompts:/{file.stem}@latest").template
"""
# What `upload` stores as well: message, stamp and model.
_REGISTER = """
import mlflow, pathlib
for file in sorted(pathlib.Path("prompts").glob("*.md")):
    mlflow.genai.register_prompt(
        file.stem, file.read_text(), commit_message="prompts/", tags={"promptsync": "{}"},
        model_config={"model_name": "gpt-5-mini", "temperature": 0},
    )
"""


def mlflow_figures(folder: Path) -> Iterator[Figure]:
    """Compare `verify` with loading each prompt, and `upload` with registering each."""
    store, repository = folder / "store", folder / "repository"
    store.mkdir(parents=True)
    # Four processes, as `mlflow server` starts them where nothing else is said.
    with mlflow_server(store, workers=4) as server:
        environment = {**QUIET, "MLFLOW_TRACKING_URI": server.url}

        def ours(*arguments: str) -> float:
            return Command([PROMPTSYNC, *arguments], repository, environment).run()

        def sdk(program: str) -> float:
            return Command([str(BIN / "python"), "-c", program], repository, environment).run()

        _write(repository, 0)
        ours("upload", "--yes")
        verified = statistics.median(ours("verify") for _ in range(9))
        yield Figure(
            f"verify {PROMPTS} prompts, MLflow's client one by one",
            verified,
            sdk(_LOAD),
            100,
            at_least=True,
        )
        uploads = []
        for generation in (1, 2, 3):
            _write(repository, generation)
            # All of them change, which needs a second thought, or this.
            uploads.append(ours("upload", "--yes", "--force"))
        yield Figure(
            f"{PROMPTS} new versions, MLflow's register_prompt",
            statistics.median(uploads),
            sdk(_REGISTER),
            4,
            at_least=True,
        )


def _write(repository: Path, generation: int) -> None:
    """Write and commit prompts of about 1.7 kB, with another text in each generation."""
    prompts = repository / "prompts"
    prompts.mkdir(parents=True, exist_ok=True)
    (repository / "promptsync.toml").write_text('[registries.production]\nkind = "mlflow"\n')
    for number in range(PROMPTS):
        name = f"analyze-{number:03}"
        text = f"You are analyst {number}.{generation}.\n" + "Cite the signal you judge.\n" * 60
        made = prompt(
            name,
            text + "Signal: {{signal}}",
            title=f"Analyze {number}",
            description="Scores a trading signal",
            model="gpt-5-mini",
            params={"temperature": 0},
            tags=("signal",),
        )
        (prompts / f"{name}.md").write_text(format_prompt(made, path_name=name), "utf-8")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Change prompts"]):
        subprocess.run(["git", *AUTHOR, *command], cwd=repository, check=True)
