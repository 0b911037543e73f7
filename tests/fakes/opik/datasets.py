"""Datasets: the cases that experiments run, without HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .errors import ConflictError
from .ids import Ids, now
from .json_values import Json, JsonObject


@dataclass(frozen=True)
class Item:
    """One case; its id stays the same in every version of the dataset."""

    id: str
    data: Json
    source: str
    created_at: str = field(default_factory=now)


@dataclass(eq=False)
class Dataset:
    """A dataset with its newest items; of its versions only the number is kept."""

    id: str
    name: str
    project_id: str | None
    description: str | None = None
    items: dict[str, Item] = field(default_factory=dict)
    versions: list[str] = field(default_factory=list)
    created_at: str = field(default_factory=now)


class Datasets:
    """Every dataset of the workspace."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_id: dict[str, Dataset] = {}

    def create(self, name: str, project_id: str | None, description: str | None) -> Dataset:
        """Make a dataset without items. Raises ConflictError for a name that is taken."""
        # Assumption: 409, as for a prompt. Evidence: the SDK reads before it creates; no document.
        if self.find(name, project_id) is not None:
            raise ConflictError("Dataset already exists")
        made = Dataset(self._ids.next(), name, project_id, description)
        self._by_id[made.id] = made
        return made

    def find(self, name: str, project_id: str | None) -> Dataset | None:
        """Return the dataset that a project has under a name."""
        found = (each for each in self._by_id.values() if each.project_id == project_id)
        return next((each for each in found if each.name == name), None)

    def get(self, dataset_id: str) -> Dataset | None:
        """Return a dataset by its id."""
        return self._by_id.get(dataset_id)

    def put(self, dataset: Dataset, items: Sequence[JsonObject]) -> None:
        """Add items, or replace those that have the same ids, as a new version."""
        for each in items:
            item = Item(str(each.get("id") or self._ids.next()), each["data"], str(each["source"]))
            dataset.items[item.id] = item
        dataset.versions.append(self._ids.next())
