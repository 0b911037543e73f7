"""Empty registries: the embedded one in SQLite and PostgreSQL, Braintrust as a fake, MLflow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.local import LocalRegistry
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.registries.opik import OpikRegistry
from tests.fakes.braintrust import BraintrustServer, braintrust_server
from tests.fakes.opik import OpikServer, opik_server
from tests.mlflow_relay import MlflowRelay, mlflow_relay
from tests.mlflow_server import MlflowServer

OpenBraintrust = Callable[..., BraintrustRegistry]
OpenMlflow = Callable[..., MlflowRegistry]
OpenLocal = Callable[[], LocalRegistry]
OpenOpik = Callable[..., OpikRegistry]

_numbers = count(1)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """Return where a registry will be; neither the file nor its folder exists."""
    return tmp_path / "project" / ".promptsync" / "registry.db"


@pytest.fixture
def postgresql_database(postgresql_url: str) -> str:
    """Return the address of a schema of its own: as good as a database, and made in no time."""
    schema = f"test_{next(_numbers)}"
    server = create_engine(postgresql_url, poolclass=NullPool)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(postgresql_url).update_query_dict({"options": f"-c search_path={schema}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.network)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database, in each of the two kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_file')}"
    return str(request.getfixturevalue("postgresql_database"))


@pytest.fixture
def open_local(database_url: str) -> Iterator[OpenLocal]:
    """Return a function that opens the same database once more; the test need not close it."""
    opened: list[LocalRegistry] = []

    def open_local() -> LocalRegistry:
        opened.append(LocalRegistry(database_url, author="Ada <ada@example.com>"))
        return opened[-1]

    yield open_local
    for registry in opened:
        registry.close()


@pytest.fixture
def local(open_local: OpenLocal) -> LocalRegistry:
    """Return the embedded registry over an empty database."""
    return open_local()


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a running Braintrust with an empty project Trader and two environments."""
    with braintrust_server(environments=("production", "staging")) as service:
        yield service


@pytest.fixture
def open_braintrust(service: BraintrustServer) -> Iterator[OpenBraintrust]:
    """Return a function that opens the project once more; the test need not close it."""
    opened: list[BraintrustRegistry] = []

    def open_braintrust(**options: Any) -> BraintrustRegistry:
        settings = {"project": "Trader", "api_key": service.api_key, "app_url": service.url}
        opened.append(BraintrustRegistry(**settings | options))
        return opened[-1]

    yield open_braintrust
    for registry in opened:
        registry.close()


@pytest.fixture
def braintrust(open_braintrust: OpenBraintrust) -> BraintrustRegistry:
    """Return a registry over the empty project Trader."""
    return open_braintrust()


@pytest.fixture
def mlflow_service(running_mlflow: MlflowServer) -> MlflowServer:
    """Return a real MLflow server without prompts and models."""
    running_mlflow.clear()
    return running_mlflow


@pytest.fixture
def open_mlflow(mlflow_service: MlflowServer) -> Iterator[OpenMlflow]:
    """Return a function that opens the server once more; the test need not close it."""
    opened: list[MlflowRegistry] = []

    def open_mlflow(**options: Any) -> MlflowRegistry:
        opened.append(MlflowRegistry(**{"tracking_uri": mlflow_service.url} | options))
        return opened[-1]

    yield open_mlflow
    for registry in opened:
        registry.close()


@pytest.fixture
def relay(mlflow_service: MlflowServer) -> Iterator[MlflowRelay]:
    """Return a relay before the empty MLflow server."""
    with mlflow_relay(mlflow_service.url) as relay:
        yield relay


@pytest.fixture
def relayed(relay: MlflowRelay, open_mlflow: OpenMlflow) -> MlflowRegistry:
    """Return a registry that reaches the empty MLflow server through the relay."""
    return open_mlflow(tracking_uri=relay.url)


@pytest.fixture
def mlflow(open_mlflow: OpenMlflow) -> MlflowRegistry:
    """Return a registry over an empty MLflow server."""
    return open_mlflow()


@pytest.fixture
def opik_service() -> Iterator[OpikServer]:
    """Return a running Opik with an empty project Trader and the environments of every one."""
    with opik_server() as service:
        yield service


@pytest.fixture
def open_opik(opik_service: OpikServer) -> Iterator[OpenOpik]:
    """Return a function that opens the project once more; the test need not close it."""
    opened: list[OpikRegistry] = []

    def open_opik(**options: Any) -> OpikRegistry:
        opened.append(OpikRegistry(**{"project": "Trader", "url": opik_service.url} | options))
        return opened[-1]

    yield open_opik
    for registry in opened:
        registry.close()


@pytest.fixture
def opik(open_opik: OpenOpik) -> OpikRegistry:
    """Return a registry over the empty project Trader, without a cache on disk."""
    return open_opik()
