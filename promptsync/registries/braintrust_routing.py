"""Where a Braintrust project lives: which server, which organisation, which id."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from promptsync.errors import RegistryError, RegistryRefusedError
from promptsync.registries.braintrust_answers import CREDENTIALS_REFUSED, NOT_FOUND, is_missing
from promptsync.registries.braintrust_target import Route, Target
from promptsync.registries.http import HttpClient
from promptsync.registries.http_errors import NotReachedError

APP_URL = "https://www.braintrust.dev"

Result = TypeVar("Result")


class RoutingCache(Protocol):
    """Keeps what a login found, so that the next run need not ask; it holds no secret."""

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return what was put under a key, None if there is nothing or it cannot be read."""
        ...

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a JSON mapping; an empty one means that there is nothing any more."""
        ...


class Routing:
    """Finds the route once, remembers it in a cache, and finds it anew when it has gone stale."""

    def __init__(self, target: Target, client: HttpClient, cache: RoutingCache | None) -> None:
        self._target = target
        self._client = client
        self._cache = cache
        self._route: Route | None = None
        self._is_confirmed = False
        self._lock = threading.Lock()

    @property
    def known_url(self) -> str:
        """The server as far as it is known without asking, else where the login is."""
        known = self._route.api_url if self._route else self._target.api_url
        return known or self._target.app_url

    def ask(self, question: Callable[[Route], Result]) -> Result:
        """Put a question; once more along a new route if a remembered one led nowhere."""
        route = self._current()
        try:
            return question(route)
        except RegistryError as error:
            if not (route.is_remembered and _leads_nowhere(error)):
                raise
        return question(self._renewed())

    def with_project_id(self, route: Route) -> Route:
        """Return the route with the project's id, which only writes need.

        Raises RegistryRefusedError when there is no such project: none is ever created.
        """
        with self._lock:
            if self._route is not None and self._route.api_url == route.api_url:
                route = self._route
            if route.project_id is not None:
                return route
            return self._remember(replace(route, project_id=self._find_project(route)))

    def confirm_project(self, route: Route, *, has_prompts: bool) -> None:
        """Raise RegistryRefusedError unless the project exists; asked once, if at all.

        A project that is not there looks like one that is empty.
        """
        with self._lock:
            self._is_confirmed = self._is_confirmed or has_prompts
            if not self._is_confirmed:
                self._remember(replace(route, project_id=self._find_project(route)))

    def _current(self) -> Route:
        with self._lock:
            if self._route is None:
                self._route = self._remembered()
            return self._route or self._remember(self._find_route())

    def _renewed(self) -> Route:
        with self._lock:
            if self._route is not None and not self._route.is_remembered:
                return self._route
            if self._cache is not None:
                self._cache.put(self._target.cache_key, {})
            return self._remember(self._find_route())

    def _find_route(self) -> Route:
        from promptsync.registries.braintrust_lookup import find_organization

        target = self._target
        project = None if target.project_id else target.project
        if target.api_url:
            # The key tells which organisation is meant, as it does in the official SDK's reads.
            org_name, api_url = target.org_name, target.api_url
        else:
            org_name, api_url = find_organization(self._client, target)
        return Route(
            api_url=api_url, project=project, org_name=org_name, project_id=target.project_id
        )

    def _find_project(self, route: Route) -> str:
        from promptsync.registries.braintrust_lookup import find_project

        project_id = find_project(self._client, self._target, route)
        self._is_confirmed = True
        return project_id

    def _remembered(self) -> Route | None:
        value = self._cache.get(self._target.cache_key) if self._cache else None
        if not value:
            return None
        api_url = _text(value.get("api_url"))
        if not api_url:
            return None
        return Route(
            api_url=api_url,
            project=None if self._target.project_id else self._target.project,
            org_name=_text(value.get("org_name")),
            project_id=_text(value.get("project_id")),
            is_remembered=True,
        )

    def _remember(self, route: Route) -> Route:
        self._route = route
        # What the configuration says needs no cache.
        if self._cache is not None and not (self._target.api_url and self._target.project_id):
            value = {
                "api_url": route.api_url,
                "org_name": route.org_name,
                "project_id": route.project_id,
            }
            self._cache.put(
                self._target.cache_key, {key: value[key] for key in value if value[key]}
            )
        return route


def _leads_nowhere(error: RegistryError) -> bool:
    if isinstance(error, RegistryRefusedError):
        return error.status in (NOT_FOUND, *CREDENTIALS_REFUSED) or is_missing(error)
    return isinstance(error, NotReachedError)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
