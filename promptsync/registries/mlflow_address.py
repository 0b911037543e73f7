"""Where an MLflow server is and who asks: its URIs and credentials, as MLflow's own client has it.

https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth describes the variables.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

from promptsync.errors import ConfigError
from promptsync.registries.http_credentials import Credentials
from promptsync.registries.redaction import shorten

_DATABRICKS = ("databricks", "databricks-uc", "uc")
_SERVER_HINT = (
    "start one over the same store, `mlflow server --backend-store-uri …`, and name its address, "
    "such as http://127.0.0.1:5000"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowLogin:
    """What MLflow's own variables say about who asks; a name and password beat a token."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


def checked_url(uri: str, login: MlflowLogin) -> tuple[str, MlflowLogin]:
    """Return the address of an MLflow server without credentials, and the login that is left.

    Raises ConfigError for a URI that names no server with MLflow's own REST API.
    """
    try:
        parts = urlsplit(uri.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigError(f"the tracking URI `{_shown(uri)}` is no address") from error
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        # A password with one of these would be taken for the name of a host, and shown.
        raise ConfigError(
            f"the tracking URI `{_shown(uri)}` is no address",
            hint="write `/`, `?` and `#` of a password as %2F, %3F and %23",
        )
    if parts.scheme in _DATABRICKS or uri.strip() in _DATABRICKS:
        raise ConfigError(
            f"`{_shown(uri)}` is Databricks: its Unity Catalog keeps prompts behind another API, "
            "which promptsync does not speak",
            hint="the registry of kind `mlflow` is for a server started with `mlflow server`",
        )
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError(
            f"`{_shown(uri)}` is no MLflow server: promptsync speaks HTTP", hint=_SERVER_HINT
        )
    name_and_password, _, place = parts.netloc.rpartition("@")
    if name_and_password and login.username is None:
        name, _, password = name_and_password.partition(":")
        login = MlflowLogin(username=unquote(name), password=unquote(password))
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", "")), login


def credentials(login: MlflowLogin) -> Credentials:
    """Return what is sent with each request; a server without authentication wants nothing."""
    if login.username is not None:
        text = f"{login.username}:{login.password or ''}"
        basic = b64encode(text.encode()).decode()
        return Credentials(
            headers={"authorization": f"Basic {basic}"},
            secrets=[basic, *([login.password] if login.password else [])],
            variable="MLFLOW_TRACKING_PASSWORD",
        )
    if login.token is not None:
        return Credentials(
            headers={"authorization": f"Bearer {login.token.strip()}"},
            secrets=[login.token.strip()],
            variable="MLFLOW_TRACKING_TOKEN",
        )
    return Credentials(
        headers={},
        secrets=(),
        variable="MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    )


def _shown(uri: str) -> str:
    """Return a URI for people: nothing before its `@`, and nothing after a `?`."""
    scheme, separator, rest = uri.strip().partition("://")
    if not separator:
        return shorten(scheme.rpartition("@")[2].partition("?")[0])
    return shorten(f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}")
