"""What the variables of the services' own tools say."""

from __future__ import annotations

from dataclasses import dataclass, field

from promptsync.config import variable


@dataclass(frozen=True, slots=True, kw_only=True)
class BraintrustEnvironment:
    """What Braintrust's own variables say; the key is never shown by `repr`."""

    api_key: str | None = field(repr=False)
    api_url: str | None
    app_url: str | None
    org_name: str | None


def braintrust_environment() -> BraintrustEnvironment:
    """Read the variables that Braintrust's own tools read."""
    return BraintrustEnvironment(
        api_key=variable("BRAINTRUST_API_KEY"),
        api_url=variable("BRAINTRUST_API_URL"),
        app_url=variable("BRAINTRUST_APP_URL"),
        org_name=variable("BRAINTRUST_ORG_NAME"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowEnvironment:
    """What MLflow's own variables say; the secrets are never shown by `repr`."""

    tracking_uri: str | None = field(repr=False)  # it may carry a password
    registry_uri: str | None = field(repr=False)
    username: str | None
    password: str | None = field(repr=False)
    token: str | None = field(repr=False)
    insecure_tls: bool


def mlflow_environment() -> MlflowEnvironment:
    """Read the variables that MLflow's own client reads."""
    return MlflowEnvironment(
        tracking_uri=variable("MLFLOW_TRACKING_URI"),
        registry_uri=variable("MLFLOW_REGISTRY_URI"),
        username=variable("MLFLOW_TRACKING_USERNAME"),
        password=variable("MLFLOW_TRACKING_PASSWORD"),
        token=variable("MLFLOW_TRACKING_TOKEN"),
        insecure_tls=(variable("MLFLOW_TRACKING_INSECURE_TLS") or "").lower() in ("true", "1"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpikEnvironment:
    """What Opik's own variables say; the key is never shown by `repr`."""

    api_key: str | None = field(repr=False)
    url: str | None
    workspace: str | None
    project: str | None


def opik_environment() -> OpikEnvironment:
    """Read the variables that Opik's own client reads; its configuration file is not read."""
    return OpikEnvironment(
        api_key=variable("OPIK_API_KEY"),
        url=variable("OPIK_URL_OVERRIDE"),
        workspace=variable("OPIK_WORKSPACE"),
        project=variable("OPIK_PROJECT_NAME"),
    )
