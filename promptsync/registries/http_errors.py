"""What can go wrong between promptsync and a service, in promptsync's words.

* RegistryUnavailableError
  - NotReachedError   no connection was made, so nothing was asked
  - LostAnswerError   a write was sent, and nobody knows whether it was carried out
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.registries.redaction import redact


class NotReachedError(RegistryUnavailableError):
    """No connection was made, so nothing was asked."""


class LostAnswerError(RegistryUnavailableError):
    """A write was sent, and nobody knows whether it was carried out: read before writing again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a failure below HTTP means, as an error and a sentence about a host.

    `passes` tells whether the same request may succeed a moment later.
    """

    error: type[RegistryError]
    sentence: str
    hint: str | None = None
    passes: bool = True


_CHECK_ADDRESS = "check the registry's address, and the proxy settings if there are any"
_CHECK_NETWORK = "check the network; trying again is safe"

_UNREACHABLE = Meaning(
    error=NotReachedError, sentence="cannot connect to `{host}`", hint=_CHECK_NETWORK
)
_BROKEN = Meaning(
    error=RegistryUnavailableError,
    sentence="the connection to `{host}` broke off",
    hint=_CHECK_NETWORK,
)
_NONSENSE = Meaning(
    error=RegistryAnswerError,
    sentence="`{host}` does not speak proper HTTP",
    hint=_CHECK_ADDRESS,
    passes=False,
)
_WRONG_ADDRESS = Meaning(
    error=NotReachedError,
    sentence="`{host}` cannot be asked",
    hint=_CHECK_ADDRESS,
    passes=False,
)
_TOO_SLOW = Meaning(
    error=RegistryUnavailableError,
    sentence="`{host}` did not answer in time",
    hint=_CHECK_NETWORK,
)

# By name, so that urllib3 need not be imported to tell them apart. A class that is not here has
# the meaning of its nearest parent.
_MEANINGS: Mapping[str, Meaning] = {
    "BodyNotHttplibCompatible": _NONSENSE,
    "ConnectTimeoutError": Meaning(
        error=NotReachedError,
        sentence="`{host}` did not accept a connection in time",
        hint=_CHECK_NETWORK,
    ),
    "DecodeError": _NONSENSE,
    "HeaderParsingError": _NONSENSE,
    "IncompleteRead": _BROKEN,
    "InvalidChunkLength": _NONSENSE,
    "InvalidHeader": _NONSENSE,
    "LocationValueError": _WRONG_ADDRESS,
    "NameResolutionError": Meaning(
        error=NotReachedError, sentence="the name `{host}` is not known", hint=_CHECK_ADDRESS
    ),
    "NewConnectionError": _UNREACHABLE,
    "PoolError": _BROKEN,
    "ProtocolError": _BROKEN,
    "ProxyError": Meaning(
        error=NotReachedError,
        sentence="the proxy on the way to `{host}` did not work",
        hint="check HTTP_PROXY, HTTPS_PROXY and NO_PROXY",
    ),
    "ProxySchemeUnknown": _WRONG_ADDRESS,
    "ProxySchemeUnsupported": _WRONG_ADDRESS,
    "ResponseError": _BROKEN,
    "ResponseNotChunked": _NONSENSE,
    "SSLError": Meaning(
        error=RegistryUnavailableError,
        sentence="no safe connection to `{host}`",
        hint="check the address and this machine's clock; where a company's own certificates are "
        "used, SSL_CERT_FILE names the file that holds them",
        passes=False,
    ),
    "TimeoutError": _TOO_SLOW,
    "TimeoutStateError": _BROKEN,
    "UnrewindableBodyError": _BROKEN,
    # Not urllib3's own: what the operating system says where urllib3 lets it through.
    "OSError": _BROKEN,
}


def meaning_of(failure: type[BaseException]) -> Meaning | None:
    """Return what a class of exceptions means, by its nearest known parent."""
    known = (_MEANINGS.get(each.__name__) for each in failure.__mro__)
    return next((each for each in known if each is not None), None)


def translate(
    failure: Exception, host: str, *, secrets: Collection[str], is_write: bool
) -> RegistryError:
    """Return an exception from below HTTP in promptsync's words."""
    meaning = meaning_of(type(failure)) or _BROKEN
    message = meaning.sentence.format(host=host)
    if reason := redact(_reason(failure), secrets):
        message = f"{message}: {reason}"
    is_unsure = is_write and meaning.error is RegistryUnavailableError
    return (LostAnswerError if is_unsure else meaning.error)(message, hint=meaning.hint)


def may_pass(failure: Exception) -> bool:
    """Tell whether the same request may succeed a moment later."""
    return (meaning_of(type(failure)) or _BROKEN).passes


def _reason(failure: BaseException | None) -> str:
    """Return what the operating system or OpenSSL said, without what it is wrapped in."""
    while failure is not None:
        if isinstance(failure, TimeoutError):
            return ""  # the sentence says so already
        if isinstance(failure, OSError):
            reason = getattr(failure, "verify_message", None) or failure.strerror or str(failure)
            return reason.lower()
        failure = getattr(failure, "original_error", failure.__cause__ or failure.__context__)
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer, read to its end; `request` is method and path, for messages."""

    host: str
    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the service did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004  the class of success

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in _TEMPORARY or self.status >= _SERVER_ERROR

    @property
    def is_html(self) -> bool:
        """Whether this is a page for people, as proxies and captive portals send."""
        return self.body.lstrip()[:1] == b"<" or "text/html" in self.headers.get("content-type", "")


_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS, _SERVER_ERROR = 408, 429, 500
_TEMPORARY = frozenset({_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS})
_REDIRECTS = range(300, 400)
_CREDENTIALS_REFUSED = frozenset({401, 403})


def refusal(
    answer: Answer, *, secrets: Collection[str], key_variable: str, is_write: bool
) -> RegistryError:
    """Return the error that an answer other than success means."""
    said = redact(_text(answer), secrets)
    message = f"`{answer.host}` answered {answer.status} to {answer.request}"
    message = f"{message}: {said}" if said else message
    if answer.status in _REDIRECTS:
        return _redirected(answer, secrets)
    if answer.is_temporary:
        # A gateway answers 5xx for a server that may still be at work on what it was sent.
        is_unsure = is_write and answer.status >= _SERVER_ERROR
        error = LostAnswerError if is_unsure else RegistryUnavailableError
        return error(message, hint=_later(answer))
    hint = None
    if answer.status in _CREDENTIALS_REFUSED:
        hint = f"check that the key in {key_variable} is valid here and may do this"
    return RegistryRefusedError(message, hint=hint, status=answer.status, code=_code(answer))


def _redirected(answer: Answer, secrets: Collection[str]) -> RegistryError:
    # Not followed: the key would travel to wherever the answer points.
    target = redact(answer.headers.get("location", "elsewhere"), secrets)
    return RegistryAnswerError(
        f"`{answer.host}` redirects {answer.request} to {target}",
        hint="if that is the registry, configure its address",
    )


def _later(answer: Answer) -> str:
    if answer.status == _TOO_MANY_REQUESTS:
        pause = redact(answer.headers.get("retry-after", ""))
        return f"too many requests; try again {f'in {pause} s' if pause.isdecimal() else 'later'}"
    return "the service has a problem; trying again later is safe"


def _text(answer: Answer) -> str:
    if answer.is_html:
        return "an HTML page"
    text = answer.body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, dict):
        for key in ("message", "error", "detail"):
            if isinstance(value.get(key), str):
                return str(value[key])
        if isinstance(value.get("errors"), list):
            return "; ".join(each for each in value["errors"] if isinstance(each, str))
    return text


def _code(answer: Answer) -> str | None:
    """Return the reason in the words of an API that has some, such as MLflow's `error_code`."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    code = value.get("error_code") if isinstance(value, dict) else None
    return code if isinstance(code, str) else None
