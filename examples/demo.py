"""The main job of promptsync on a throw-away repository, step by step: `make demo`.

Every line after a `$` is a command that really runs; nothing here is typed output.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from promptsync.prompt import Message, Prompt
from promptsync.registries.local import LocalRegistry

PROMPT = """\
---
title: Analyze signal
model: gpt-5-mini
---

# system:

You are a careful analyst. Answer in one sentence.

# user:

Signal: {{{signal}}}
"""


class Demo:
    """A repository in a temporary folder, and a voice that says what happens in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "Grace",
            "GIT_AUTHOR_EMAIL": "grace@example.com",
            "GIT_COMMITTER_NAME": "Grace",
            "GIT_COMMITTER_EMAIL": "grace@example.com",
        }

    def say(self, text: str) -> None:
        """Print a heading."""
        print(f"\n## {text}\n", flush=True)

    def run(self, command: str, *, expect: int = 0) -> None:
        """Run a command in the repository, showing it and what it prints."""
        print(f"$ {command}", flush=True)
        done = subprocess.run(
            shlex.split(command),
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode != expect:
            sys.exit(f"demo: `{command}` exited {done.returncode}, not {expect}")
        if expect:
            print(f"(exit code {expect})", flush=True)

    def write(self, path: str, text: str) -> None:
        """Write a file of the repository and show it."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        print(f"$ cat {path}\n{text}", flush=True)

    def edit_in_registry(self, name: str, text: str, author: str) -> None:
        """Play a person who edits a prompt in the registry's own editor, behind git's back."""
        registry = LocalRegistry(
            f"sqlite:///{(self.folder / '.promptsync/registry.db').as_posix()}"
        )

        def edited(prompt: Prompt) -> Prompt:
            return replace(prompt, content=(Message("system", text), *prompt.content[1:]))

        registry.edit_prompt(name, edited, author=author)
        registry.close()
        print(f"({author} changes the system message in the registry)", flush=True)


def main() -> None:
    """Upload, verify, drift, diff, download, commit, verify."""
    with tempfile.TemporaryDirectory(prefix="promptsync-demo-") as folder:
        demo = Demo(Path(folder))
        demo.say("A repository with one prompt file")
        demo.run("git init --quiet --initial-branch=main")
        demo.write("prompts/analyze-signal.md", PROMPT)
        (demo.folder / ".gitignore").write_text(".promptsync/\n", "utf-8")
        demo.run("git add .")
        demo.run('git commit --quiet --message "Add analyze-signal"')

        demo.say("Upload it; the registry keeps its SHA-256 and the commit beside it")
        demo.run("promptsync status")
        demo.run("promptsync upload --yes")
        demo.run("promptsync verify")

        demo.say("Somebody edits the prompt in the registry: git and production disagree")
        demo.edit_in_registry(
            "analyze-signal", "You are a bold analyst. Answer in three sentences.", "Heidi"
        )
        demo.run("promptsync verify", expect=1)
        demo.run("promptsync diff", expect=1)
        demo.run("promptsync upload --yes", expect=3)

        demo.say("Take the edit into git, where it is reviewed")
        demo.run("promptsync download --yes")
        demo.run("git --no-pager diff")
        demo.run('git commit --quiet --all --message "Take Heidi\'s edit"')
        demo.run("promptsync verify")
        demo.run("promptsync history analyze-signal")


if __name__ == "__main__":
    main()
