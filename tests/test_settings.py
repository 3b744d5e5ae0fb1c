"""What each environment's settings allow, seen from outside: a process started with them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SECRET = "k7Jw0fXrQm2Zt9vLb4Ny6Pc8Hs1Gd3Ea5Ui-Oq_RxTzWnVyBjKlMp"
GOOD = {"SECRET_KEY": SECRET, "SITE_URL": "https://academy.example.gov"}


def run(code: str, tmp_path: Path, settings: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run Python with these settings and nothing of this process's environment that names others."""
    passed_on = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **passed_on,
            "DJANGO_SETTINGS_MODULE": f"academy.settings.{settings}",
            "VAR_DIR": str(tmp_path),
            **env,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )


LOAD = "from django.conf import settings; print(settings.SITE_URL, settings.DEBUG, settings.DEMO)"


def test_production_starts_with_a_secret_and_a_public_address(tmp_path: Path) -> None:
    done = run(LOAD, tmp_path, "production", **GOOD)
    assert done.stdout.split() == ["https://academy.example.gov", "False", "False"], done.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "development-secret-protects-nothing"),
        ("SECRET_KEY", "development-" + "x" * 60),
        ("SITE_URL", "http://localhost:8000"),
        ("SITE_URL", "https://localhost"),
        ("SITE_URL", "https://127.0.0.1"),
        ("SITE_URL", "http://academy.example.gov"),
    ],
)
def test_production_refuses(variable: str, value: str, tmp_path: Path) -> None:
    done = run(LOAD, tmp_path, "production", **{**GOOD, variable: value})
    assert done.returncode
    assert "ImproperlyConfigured" in done.stderr
    assert variable in done.stderr


def test_production_refuses_without_any_variable(tmp_path: Path) -> None:
    assert "ImproperlyConfigured" in run(LOAD, tmp_path, "production").stderr


def test_production_cannot_be_put_in_debug_or_demo_mode_from_outside(tmp_path: Path) -> None:
    done = run(LOAD, tmp_path, "production", **GOOD, DEBUG="1", DEMO="1")
    assert done.stdout.split()[1:] == ["False", "False"]


@pytest.mark.parametrize("command", ["load_demo", "demo_accounts"])
def test_demo_commands_are_refused_in_production(command: str, tmp_path: Path) -> None:
    code = f"import django; django.setup()\nfrom django.core.management import call_command\ncall_command({command!r})"
    done = run(code, tmp_path, "production", **GOOD)
    assert done.returncode
    assert "CommandError" in done.stderr


def test_demo_mode_is_off_unless_development_or_test(tmp_path: Path) -> None:
    done = run(LOAD, tmp_path, "base", SECRET_KEY=SECRET)
    assert done.stdout.split()[1:] == ["False", "False"], done.stderr


def test_cookies_and_transport_are_secure_in_production(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT")
    code = f"from django.conf import settings; print(*(getattr(settings, n) for n in {names}), settings.SECURE_HSTS_SECONDS > 0)"
    assert run(code, tmp_path, "production", **GOOD).stdout.split() == ["True"] * 4


def test_production_passes_the_deployment_checks(tmp_path: Path) -> None:
    code = "from django.core.management import execute_from_command_line as run; run(['manage.py', 'check', '--deploy', '--fail-level', 'WARNING'])"
    done = run(code, tmp_path, "production", **GOOD)
    assert done.returncode == 0, done.stderr
