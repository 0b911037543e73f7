"""How the service itself may behave where no recording says: the pessimistic variants.

They are injected as faults are. Each one is the contrary of an assumption that the fake makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.fakes.service.exchange import Request, Response, Serve, json_response, text_response

from .json_values import Json, JsonObject, parse_json

PROMPTS = "* /v1/prompt*"
PERSON = "[user_email=person@example.com] [user_org=Example]"


@dataclass(frozen=True)
class DropsMetadata:
    """/v1/prompt takes `metadata` without a word and does not store it; /insert-functions does."""

    on: str = PROMPTS

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Forward the request without its metadata."""
        return serve(_edited(request, _without_metadata))


@dataclass(frozen=True)
class DropsMetadataEverywhere:
    """Neither way of writing stores `metadata`."""

    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Forward the request without any metadata."""
        return serve(_edited(request, lambda body: _each_function(_without_metadata(body))))


@dataclass(frozen=True)
class RefusesMetadata:
    """/v1/prompt answers 400 to a key that its schema does not have."""

    on: str = PROMPTS

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Refuse a body with metadata."""
        if "metadata" not in _body(request):
            return serve(request)
        return text_response(f"Unrecognized key(s) in object: 'metadata' {PERSON}", status=400)


@dataclass(frozen=True)
class PageCap:
    """A list never has more than so many entries, whatever `limit` says."""

    limit: int
    on: str = "GET /v1/*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Forward the request with a smaller limit."""
        asked = request.first("limit")
        limit = min(self.limit, int(asked)) if asked and asked.isdecimal() else self.limit
        others = tuple(pair for pair in request.query if pair[0] != "limit")
        return serve(replace(request, query=(*others, ("limit", str(limit)))))


@dataclass(frozen=True)
class EnvironmentsRefused:
    """The plan has no environments: everything that names one is refused."""

    # Assumption: 403. Evidence: environments are "only available on Pro and Enterprise plans".
    status: int = 403
    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Refuse what is about environments."""
        is_about_them = (
            request.path.startswith("/environment")
            or request.first("environment") is not None
            or bool(_body(request).get("environment_slugs"))
            or any(function.get("environments") for function in _functions(_body(request)))
        )
        if not is_about_them:
            return serve(request)
        text = f"Environments are not available on your plan {PERSON}"
        return text_response(text, status=self.status)


@dataclass(frozen=True)
class EnvironmentUnassignedAnswers:
    """`environment=` is refused where nothing is assigned, also in a list, which is else empty."""

    status: int = 404
    on: str = "GET /v1/prompt*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Refuse what the service has no answer for."""
        response = serve(request)
        if request.first("environment") is None or not _has_nothing(request, response):
            return response
        text = f"No version is assigned to environment {request.first('environment')} {PERSON}"
        return text_response(text, status=self.status)


@dataclass(frozen=True)
class UnknownVersionAnswersLatest:
    """`version=` of an id that does not exist is answered with the latest version."""

    on: str = "GET /v1/prompt*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Ask again without the version where the first answer has nothing."""
        response = serve(request)
        if request.first("version") is None or not _has_nothing(request, response):
            return response
        others = tuple(pair for pair in request.query if pair[0] != "version")
        return serve(replace(request, query=others))


@dataclass(frozen=True)
class OldVersionsKeepTheirSlug:
    """A version from before a rename is not found by the slug of now, but by the one of then."""

    on: str = "GET /v1/prompt?*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Leave out what was called otherwise at the version that was asked for."""
        response = serve(request)
        slug = request.first("slug")
        if slug is None or not (request.first("version") or request.first("environment")):
            return response
        found = _objects(response)
        kept: list[Json] = [each for each in found if each.get("slug") == slug]
        return json_response({"objects": kept}) if len(kept) < len(found) else response


@dataclass(frozen=True)
class PostReplaces:
    """POST replaces what is there, without x-bt-found-existing: recorded of /v1/function."""

    on: str = "POST /v1/prompt"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Do what PUT does."""
        return serve(replace(request, method="PUT"))


@dataclass(frozen=True)
class RewritesText:
    """Every text of a prompt is stored otherwise than it was sent."""

    rewrite: Callable[[str], str] = str.strip
    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Rewrite the contents of messages on their way in."""
        return serve(_edited(request, lambda body: _rewritten(body, self.rewrite)))


@dataclass(frozen=True)
class StopsHalfway:
    """/insert-functions writes the first entries and then fails."""

    stored: int = 1
    on: str = "POST /insert-functions"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Write some entries and answer 500."""
        serve(_edited(request, lambda body: {"functions": list(_functions(body)[: self.stored])}))
        return text_response("Internal Server Error", status=500)


def _body(request: Request) -> JsonObject:
    try:
        body = parse_json(request.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _objects(response: Response) -> list[JsonObject]:
    try:
        body = parse_json(response.body)
    except ValueError:
        return []
    objects = body.get("objects") if isinstance(body, dict) else None
    found = objects if isinstance(objects, list) else []
    return [each for each in found if isinstance(each, dict)]


def _edited(request: Request, edit: Callable[[JsonObject], JsonObject]) -> Request:
    body = _body(request)
    return request.with_json(edit(body)) if body else request


def _without_metadata(body: JsonObject) -> JsonObject:
    return {key: value for key, value in body.items() if key != "metadata"}


def _functions(body: JsonObject) -> list[JsonObject]:
    functions = body.get("functions")
    if not isinstance(functions, list):
        return []
    return [function for function in functions if isinstance(function, dict)]


def _each_function(body: JsonObject) -> JsonObject:
    if "functions" not in body:
        return body
    functions: list[Json] = [_without_metadata(function) for function in _functions(body)]
    return {**body, "functions": functions}


def _rewritten(body: JsonObject, rewrite: Callable[[str], str]) -> JsonObject:
    return {key: _rewritten_value(key, value, rewrite) for key, value in body.items()}


def _rewritten_value(key: str, value: Json, rewrite: Callable[[str], str]) -> Json:
    match value:
        case str() if key == "content":
            return rewrite(value)
        case dict():
            return _rewritten(value, rewrite)
        case list():
            return [_rewritten_value("", item, rewrite) for item in value]
        case _:
            return value


def _has_nothing(request: Request, response: Response) -> bool:
    if request.path == "/v1/prompt":
        return response.body == b'{"objects":[]}'
    return response.status == 400
