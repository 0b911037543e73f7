"""Clients and whole processes: what an import costs, forks, and an interpreter that ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.braintrust import Hangs
from tests.loading import (
    BYE,
    DEAR,
    FAREWELL,
    GREETING,
    HELLO,
    WARMER,
    Application,
    Held,
    Lost,
    deployed_application,
)

pytestmark = [pytest.mark.network, pytest.mark.system]
needs_fork = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application with a bundle of two prompts, in the working directory."""
    with deployed_application(tmp_path / "app", GREETING, FAREWELL) as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        monkeypatch.chdir(app.folder)
        yield app


def output_of(program: str) -> str:
    """Return what a program of its own prints, which is nothing to stderr."""
    # In a fork of a process with threads Python itself warns from 3.12 on.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout


def test_importing_and_making_a_client_starts_and_opens_nothing(app: Application) -> None:
    program = """
import promptsync, sys, threading, asyncio
promptsync.load, promptsync.aload
opened = []
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") or event.startswith(("socket.", "_thread.")):
        opened.append((event, arguments[0] if arguments else None))
sys.addaudithook(watch)
promptsync.configure(alias="production")
client = promptsync.Client("elsewhere")
assert promptsync.active_versions() == client.active_versions() == ()
client.close()
print(opened, threading.active_count())
"""
    assert output_of(program) == "[] 1\n"
    assert app.service.requests == []


def test_the_default_client_loads_from_the_working_directory(app: Application) -> None:
    app.upload(WARMER, alias="production")
    app.upload(GREETING, alias="staging")
    program = """
import asyncio, promptsync, threading
promptsync.configure(alias="production", timeout=30)
first = promptsync.load("greeting")
print(first.template, first.source)
print(promptsync.load("greeting").source, promptsync.load("greeting", alias="staging").template)
print(asyncio.run(promptsync.aload("greeting")) is promptsync.load("greeting"))
print([(each.name, each.alias) for each in promptsync.active_versions()])
promptsync.configure(alias="staging", offline=True)
print([each.name for each in promptsync.active_versions()], promptsync.load("farewell").source)
promptsync.close()
print(promptsync.active_versions(), threading.active_count())
"""
    assert output_of(program).splitlines() == [
        f"{DEAR} registry",
        f"memory {HELLO}",
        "True",
        "[('greeting', 'production'), ('greeting', 'staging')]",
        "[] bundle",
        "() 1",
    ]


def test_a_prompt_can_be_loaded_while_a_module_is_imported(app: Application) -> None:
    app.upload(GREETING)
    (app.folder / "said.py").write_text(
        "import promptsync\npromptsync.configure(alias='production', timeout=30)\n"
        "HELLO = promptsync.load('greeting')\n"
    )

    assert output_of("import said; print(said.HELLO.template)") == f"{HELLO}\n"


@pytest.mark.parametrize("options", ["", ", offline=True"], ids=["registry", "offline"])
@pytest.mark.parametrize(
    "load", ["promptsync.load('greeting')", "asyncio.run(promptsync.aload('greeting'))"]
)
def test_a_package_can_load_its_own_prompts_while_it_is_imported(
    app: Application, load: str, options: str
) -> None:
    app.upload(GREETING)
    package = app.folder / "shop"
    package.mkdir()
    (package / "promptsync-bundle.json").write_bytes(
        (app.folder / "promptsync-bundle.json").read_bytes()
    )
    (package / "__init__.py").write_text(
        "import asyncio, promptsync\n"
        f"promptsync.configure(package='shop', alias='production', timeout=30{options})\n"
        f"HELLO = {load}\n"
    )

    assert output_of("import shop; print(shop.HELLO.template)") == f"{HELLO}\n"


FORKS = """
import os, promptsync, sys, threading

def loads(who):
    found = [client.load("greeting"), client.load("farewell", alias="staging")]
    clock[0] += 300
    client.load("greeting")
    for each in threading.enumerate():
        if each.name.startswith("promptsync-"):
            each.join()
    found.append(client.load("greeting"))
    return [who, *(f"{each.template} {each.source} {each.is_fallback}" for each in found)]

clock = [0.0]
client = promptsync.Client(alias="production", clock=lambda: clock[0], timeout=30)
"""


@needs_fork
def test_parent_and_child_load_on_after_a_fork(app: Application) -> None:
    app.upload(GREETING)
    app.upload(FAREWELL, alias="staging")
    program = f"""{FORKS}
client.load("greeting")
child = os.fork()
who = "parent" if child else "child"
lines = loads(who)
if not child:
    print(*lines, sep="\\n", flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(*loads("parent")[:2], sep="\\n")
"""
    loaded = [f"{HELLO} memory False", f"{BYE} registry False", f"{HELLO} memory False"]

    assert output_of(program).splitlines() == ["child", *loaded, "parent", loaded[0]]


@needs_fork
def test_a_fork_while_the_registry_is_waited_for_leaves_the_child_free(app: Application) -> None:
    app.upload(GREETING)
    app.upload(FAREWELL, alias="staging")
    app.service.inject(held := Held(), "GET /v1/prompt?*slug=greeting*", times=1)
    held_line = "".join(
        [
            "waiting = threading.Thread(target=client.load, args=('greeting',))\n",
            "waiting.start()\n",
            "sys.stdin.readline()\n",
        ]
    )
    program = f"""{FORKS}
{held_line}
child = os.fork()
if not child:
    print(*loads("child"), sep="\\n", flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print("parent", flush=True)
waiting.join()
print(client.load("greeting").template)
"""
    command = [sys.executable, "-W", "ignore", "-c", program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert held.arrived.wait(30)
        running.stdin.write("fork now\n")
        running.stdin.flush()
        lines = [running.stdout.readline().strip() for _ in range(5)]
        held.released.set()
        lines.append(running.stdout.readline().strip())

    assert lines == [
        "child",
        f"{HELLO} registry False",
        f"{BYE} registry False",
        f"{HELLO} memory False",
        "parent",
        HELLO,
    ]


@pytest.mark.parametrize("ending", ["", "sys.exit(0)", "client.close()", "promptsync.close()"])
def test_an_interpreter_that_ends_during_a_refresh_says_nothing(
    app: Application, ending: str
) -> None:
    app.upload(GREETING)
    app.service.inject(Hangs(), "GET /v1/prompt*", after=1)
    program = f"""
import promptsync, sys
clock = [0.0]
options = dict(alias="production", clock=lambda: clock[0], timeout=3600)
if {ending!r}.startswith("promptsync"):
    promptsync.configure(**options)
    client = promptsync
else:
    client = promptsync.Client(**options)
print(client.load("greeting").source)
clock[0] += 300
print(client.load("greeting").source)
{ending}
"""
    assert output_of(program) == "registry\nmemory\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no handler is called there")
@pytest.mark.parametrize(
    "close", ["client = promptsync.Client", "promptsync.configure"], ids=["client", "default"]
)
def test_a_process_that_is_told_to_stop_during_its_first_load_stops(
    app: Application, close: str
) -> None:
    app.service.inject(lost := Lost(), "GET /v1/prompt*")
    program = f"""
import contextlib, promptsync, signal, sys, threading
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
client = promptsync
{close}(alias="production", timeout=3600)
with contextlib.closing(client):
    client.load("greeting")
"""
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) as running:
        assert lost.arrived.wait(30)
        running.terminate()
        _, told = running.communicate(timeout=60)

    assert (running.returncode, told) == (7, b"")


def test_loads_at_the_very_end_of_an_interpreter_are_served(app: Application) -> None:
    app.upload(GREETING)
    program = """
import atexit, promptsync
clock = [0.0]
client = promptsync.Client(alias="production", clock=lambda: clock[0], timeout=30)
client.load("greeting")
clock[0] += 300

def last():
    print(client.load("greeting").template)
    print(client.load("farewell").name)

atexit.register(last)
"""
    app.upload(FAREWELL)

    assert output_of(program) == f"{HELLO}\nfarewell\n"


# Imports `{module}` in another thread until a fork is about to come. Hooks before a fork are called
# last one first: the import goes on when promptsync has been asked to wait for it.
FORK_DURING_AN_IMPORT = """
import faulthandler, os, sys, threading
import promptsync
begun, may_go = threading.Event(), threading.Event()
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            begun.set()
            may_go.wait()
sys.meta_path.insert(0, Slow())
{use}
begun.wait()
os.register_at_fork(before=may_go.set)
child = os.fork()
if child == 0:
    faulthandler.dump_traceback_later(40, exit=True)
    import {module}
    os._exit(0)
done()
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
BEGIN_TO_IMPORT = {
    "a check of drift": (
        "promptsync.deployed",
        "done = promptsync.warn_on_drift(registry='production', timeout=30).result",
    ),
    "a load": (
        "urllib3",
        "promptsync.configure(alias='production', timeout=30)\n"
        "loading = threading.Thread(target=promptsync.load, args=['greeting'])\n"
        "loading.start()\n"
        "done = loading.join",
    ),
}


@needs_fork
@pytest.mark.parametrize("use", BEGIN_TO_IMPORT)
def test_a_child_imports_what_a_thread_of_its_parent_was_importing(
    app: Application, use: str
) -> None:
    app.upload(GREETING, alias="production")
    app.upload(FAREWELL, alias="production")
    module, statement = BEGIN_TO_IMPORT[use]

    assert output_of(FORK_DURING_AN_IMPORT.format(module=module, use=statement)) == "0\n"


# A disk may be slow: the module that asks the registry is never imported to its end.
ENDLESS_IMPORT = """
import importlib.util, promptsync, sys, threading
class Endless:
    def find_spec(self, name, path=None, target=None):
        if name == "promptsync.registries.braintrust":
            return importlib.util.spec_from_loader(name, self)
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        threading.Event().wait()
sys.meta_path.insert(0, Endless())
"""


@pytest.mark.usefixtures("app")
def test_a_load_keeps_its_deadline_while_the_adapter_is_imported() -> None:
    program = f"""{ENDLESS_IMPORT}
client = promptsync.Client(alias="production", timeout=0.5)
print(client.load("greeting").reason, end="; ")
client.close()
import asyncio
print(asyncio.run(promptsync.Client(timeout=0.5).aload("farewell")).reason)
import os
sys.stdout.flush()
os._exit(0)
"""
    late = "no answer within 0.5 s"

    assert output_of(f"import logging; logging.disable(){program}") == f"{late}; {late}\n"


# The clock is asked while the client changes what it serves.
SIGNAL = """
import promptsync, signal
def clock():
    signal.raise_signal(signal.SIGINT)
    return 0.0
client = promptsync.Client(offline=True, clock=clock)
def tell(*_):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print({statement})
signal.signal(signal.SIGINT, tell)
print(client.load("greeting").name)
"""


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("statement", "told"),
    [('client.load("farewell").name', "farewell"), ("client.close()", "None")],
)
def test_a_handler_of_a_signal_uses_the_client_that_it_interrupts(
    statement: str, told: str
) -> None:
    assert output_of(SIGNAL.format(statement=statement)) == f"{told}\ngreeting\n"


# A handler of a signal runs between two statements; what traces a program does, too.
CLOSE_BETWEEN_STATEMENTS = """
import faulthandler, logging, promptsync, sys
from itertools import count, takewhile
logging.disable()
faulthandler.dump_traceback_later(100, exit=True)

def outcome(statements):
    client = promptsync.Client(alias="production", timeout=1)
    left = iter(range(statements))
    def trace(frame, event, _):
        if frame.f_code.co_name != "ends_within" and frame.f_back.f_trace is None:
            return None
        if event == "line" and next(left, None) is None:
            sys.settrace(None)
            client.close()
            return None
        return trace
    sys.settrace(trace)
    try:
        told = client.load("greeting").reason
    except promptsync.UsageError as error:
        told = str(error)
    finally:
        was_closed = sys.gettrace() is None
        sys.settrace(None)
        client.close()
    return told, was_closed

outcomes = list(takewhile(lambda each: each[1], map(outcome, count())))
print(len(outcomes) > 3, *{told for told, _ in outcomes}, sep="; ")
"""


def test_a_handler_of_a_signal_closes_the_client_wherever_a_load_waits(app: Application) -> None:
    app.service.inject(Lost(), "GET /v1/prompt*")

    assert output_of(CLOSE_BETWEEN_STATEMENTS) == "True; this client was closed\n"
