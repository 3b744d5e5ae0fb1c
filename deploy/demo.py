"""`make demo`: prepare the demo academy, start it, say where it is.

One Django process does every preparation (each `manage.py` would pay the start-up again), then this
process becomes honcho, which runs deploy/Procfile.demo and stops all of it on Ctrl-C. A child forked
before that waits for the web server and prints the address and the accounts as the last thing.
"""

import argparse
import io
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("VAR_DIR") or ROOT / "var")
PID_FILE = VAR_DIR / "demo.pid"
MADE_BY_THE_DEMO = (
    "academy.sqlite3",
    "academy.sqlite3-shm",
    "academy.sqlite3-wal",
    "mail",
    "media",
    "private",
    "queue",
    "static",
)
SLOWEST_START = 120  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Prepare and start the demo academy.")
    parser.add_argument("--reset", action="store_true", help="forget the demo's data, then stop")
    refuse_when_running()
    if parser.parse_args().reset:
        reset()
        return
    host, port = os.environ.get("HOST") or "127.0.0.1", int(os.environ.get("PORT") or 8000)
    refuse_when_taken(host, port)
    set_environment(host, port)
    accounts = prepare()
    print("  starting web server, worker and beat", flush=True)
    announce_when_ready(host, port, accounts)
    PID_FILE.write_text(str(os.getpid()))
    honcho = str(Path(sys.executable).parent / "honcho")
    os.execv(  # noqa: S606
        honcho, [honcho, "--env", os.devnull, "--procfile", "deploy/Procfile.demo", "start"]
    )


def refuse_when_running() -> None:
    """Two demos on one database would each run a beat; a reset would pull the files from under one."""
    try:
        pid = int(PID_FILE.read_text())
        os.kill(pid, 0)
        if "honcho" not in Path(f"/proc/{pid}/cmdline").read_text():
            return  # another program has the number now
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    sys.exit(f"The demo in {VAR_DIR} is running (process {pid}). Stop it first with Ctrl-C.")


def refuse_when_taken(host: str, port: int) -> None:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        sys.exit(
            f"Cannot listen on {host}:{port} ({error.strerror}). Try: make demo PORT={port + 1}"
        )


def reset() -> None:
    for name in MADE_BY_THE_DEMO:
        path = VAR_DIR / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    print(f"Forgot the demo's data in {VAR_DIR}")


def set_environment(host: str, port: int) -> None:
    shown = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.update(
        DEMO_HOST=host,
        DEMO_PORT=str(port),
        DJANGO_SETTINGS_MODULE="academy.settings.development",
        DEBUG="0",
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    os.environ.setdefault("SITE_URL", f"http://{shown}:{port}")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:celery.platforms")  # "as root"


def prepare() -> str:
    """Bring database, cache table, static files and demo data up to date; return the accounts."""
    import django

    step("loading the application", django.setup)

    from django.core.management import call_command
    from django.db import connections

    def command(name: str, **options: object) -> str:
        out = io.StringIO()
        call_command(name, stdout=out, verbosity=0, **options)
        return out.getvalue()

    step("database", lambda: command("migrate", interactive=False))
    step("cache table", lambda: command("createcachetable"))
    step("static files", lambda: command("collectstatic", interactive=False))
    step("demo data (kept when it is there)", lambda: command("load_demo"))
    accounts = command("demo_accounts")
    connections.close_all()
    return accounts


def step(label: str, work: Callable[[], object]) -> None:
    print(f"  {label:<44}", end="", flush=True)
    began = time.monotonic()
    try:
        work()
    except BaseException:
        print("failed", flush=True)
        raise
    print(f"{time.monotonic() - began:5.1f} s", flush=True)


def announce_when_ready(host: str, port: int, accounts: str) -> None:
    """Fork twice, so that honcho inherits no child; print the address once the web server answers."""
    starter = os.getpid()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    probe_host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"[{probe_host}]" if ":" in probe_host else probe_host
    url = f"http://{address}:{port}/health/ready"
    if not answers_in_time(url, starter):
        print("The web server does not answer; see the messages above.", flush=True)
        os._exit(1)
    line = "-" * 72
    print(
        f"\n{line}\n  The academy is running. Open it at\n{accounts.rstrip()}\n\n"
        f"  Mail it sends lies in {VAR_DIR / 'mail'}.  Ctrl-C stops everything.\n{line}",
        flush=True,
    )
    os._exit(0)


def answers_in_time(url: str, starter: int) -> bool:
    """Wait for the address, as long as the process that starts the server lives."""
    began = time.monotonic()
    while time.monotonic() - began < SLOWEST_START:
        try:
            os.kill(starter, 0)
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310
                return True
        except ProcessLookupError:
            return False
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    return False


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
