"""The pages of the documentation as text: blocks, headings, links and tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r"^(?P<fence>```+)(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_FENCE = re.compile(r"^\s*```", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[(?:[^\]\[]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)
_CODE = re.compile(r"`+[^`]*`+")


@dataclass(frozen=True)
class Block:
    """A fenced block; `start` and `end` are the place of its text within the page."""

    language: str
    title: str | None
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Page:
    """A page, by its path below docs/ (README.md lies above it)."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The path for people, from the top of the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def is_example(self) -> bool:
        """Tell whether the page describes the files beside it."""
        return self.path.is_relative_to(ROOT / "examples")

    @property
    def blocks(self) -> list[Block]:
        """The fenced blocks in order, those that are not shown included."""
        return [
            Block(found["language"], found["title"], found["text"], *found.span("text"))
            for found in _BLOCK.finditer(self.text)
        ]

    @property
    def has_stray_fence(self) -> bool:
        """Tell whether a fence is none of a block as tests read them, such as an indented one."""
        return _FENCE.search(_BLOCK.sub("", self.text)) is not None

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return _BLOCK.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """The targets of all links."""
        return [found["target"] for found in _LINK.finditer(_CODE.sub("code", self.prose))]

    @property
    def anchors(self) -> set[str]:
        """The anchors that headings get."""
        return {_slug(found["text"]) for found in _HEADING.finditer(self.prose)}

    def line_of(self, position: int) -> int:
        """Return the line of a position in the text."""
        return self.text.count("\n", 0, position) + 1

    def rows(self, heading: str) -> list[list[str]]:
        """Return the cells of the tables in a section, without the heads."""
        section = re.split(rf"^#+ {re.escape(heading)}$", self.text, flags=re.MULTILINE)[1]
        section = re.split(r"^#", section, flags=re.MULTILINE)[0]
        lines = re.findall(r"^\| (`.*) \|$", section, re.MULTILINE)
        return [re.split(r" \| ?", line) for line in lines]

    def names(self, heading: str) -> list[str]:
        """Return the names that the first column of a section's tables has in backticks."""
        return [name for row in self.rows(heading) for name in re.findall("`([^`]+)`", row[0])]


def read_page(name: str) -> Page:
    """Read a page by its path from the top of the repository."""
    path = ROOT / name
    return Page(path, path.read_text(encoding="utf-8"))


def all_pages() -> Iterator[Page]:
    """Yield README.md, every page below docs/ and the examples that show a session."""
    examples = (ROOT / "examples" / name / "README.md" for name in ("assistant", "forseti"))
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")), *examples):
        yield read_page(path.relative_to(ROOT).as_posix())


def _slug(heading: str) -> str:
    text = re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower()
    return re.sub(r"[-\s]+", "-", text)
