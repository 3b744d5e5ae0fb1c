"""Wagtail's admin works under `script-src 'self'`: nothing inline runs, every widget starts."""

import pytest

from tests.e2e.helpers import sign_in


@pytest.fixture
def desk(live, page, django_user_model):
    django_user_model.objects.create_superuser(email="root@academy.example", password="desk-password")
    sign_in(page, "root@academy.example", "desk-password")
    page.goto("/admin/")
    return page


def test_home(desk):
    assert desk.locator("academy-start-up").count() == 0
