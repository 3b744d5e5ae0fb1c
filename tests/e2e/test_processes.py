"""The academy as processes: the web server answers, a worker may be killed and replaced."""

import urllib.request


def test_the_running_academy(running_academy) -> None:
    with urllib.request.urlopen(f"{running_academy.url}/en/") as response:
        assert response.status == 200
        assert "script-src 'self'" in response.headers["content-security-policy"]
    assert running_academy.worker.poll() is None
    killed = running_academy.worker
    running_academy.kill_worker()
    assert killed.poll() == -9
    running_academy.start_worker()
    assert running_academy.worker.poll() is None
    code = "from django.conf import settings; print(settings.SITE_URL)"
    assert running_academy.shell(code).strip() == running_academy.url
