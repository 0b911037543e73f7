"""A merge of three texts as git does it, with git's conflict markers."""

from __future__ import annotations

from pathlib import Path

from promptsync.errors import GitError
from promptsync.git import first_line, run


def merge_lines(texts: tuple[str, str, str], labels: tuple[str, str, str]) -> tuple[str, bool]:
    """Merge local, base and remote text as `git merge` does; tell whether a conflict is left.

    The labels stand behind its conflict markers.
    """
    import tempfile  # it brings `random` along, and few commands merge

    names = ("local", "base", "remote")
    with tempfile.TemporaryDirectory(prefix="promptsync-") as folder:
        for name, text in zip(names, texts, strict=True):
            Path(folder, name).write_text(text, "utf-8", newline="\n")
        marked = [part for label in labels for part in ("-L", label)]
        answer = run(["merge-file", "--stdout", *marked, *names], Path(folder), check=False)
    # The exit status counts the conflicts, up to 127; above it is an error.
    if answer.returncode > 127 or answer.returncode < 0:  # noqa: PLR2004
        raise GitError(f"git merge-file failed: {first_line(answer.stderr)}")
    return answer.stdout.decode(), answer.returncode > 0
