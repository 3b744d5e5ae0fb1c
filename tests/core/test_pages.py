"""The frame around every page, the pattern page and the error pages, under the strict policy."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

TEMPLATES = Path(settings.BASE_DIR) / "academy" / "templates"
BUILT = Path(settings.BASE_DIR) / "academy" / "static" / "academy"


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: str(path.relative_to(TEMPLATES))
)
def test_no_template_needs_more_than_the_policy_allows(path):
    """style-src and script-src are 'self': no style attribute, no handler, no inline script."""
    source = path.read_text()
    assert not re.search(r"\sstyle=", source)
    assert not re.search(r"\son[a-z]+=\"", source)
    for tag in re.findall(r"<script[^>]*>", source):
        assert " src=" in tag or 'type="application/json"' in tag
    assert "<style" not in source


@pytest.mark.parametrize(("name", "limit"), [("academy.css", 25), ("academy.js", 6)])
def test_built_files_keep_their_budget(name, limit):
    assert len(gzip.compress((BUILT / name).read_bytes())) <= limit * 1024


def test_built_css_is_neutral_and_logical():
    css = (BUILT / "academy.css").read_text()
    assert "GDS Transport" not in css
    assert not re.search(r"(margin|padding)-(left|right):", css)
    assert "text-align:left" not in css


def test_the_lock_of_the_build_names_no_registry():
    lock = (Path(settings.BASE_DIR) / "academy" / "static_src" / "package-lock.json").read_text()
    assert '"resolved"' not in lock


@pytest.mark.django_db
@pytest.mark.urls("tests.core.pattern_urls")
@pytest.mark.parametrize("query", ["", "?errors"])
def test_pattern_page_draws_every_component_under_the_policy(client, query):
    response = client.get(f"/patterns/{query}")
    html = response.content.decode()
    assert response.status_code == 200
    assert not re.search(r"\sstyle=", html)
    assert html.count("data-error-summary") == (2 if query else 1)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_server_error_page_needs_nothing(language):
    """Django renders 500.html without a context, perhaps while the database is down."""
    with translation.override(language):
        html = render_to_string("500.html")
    assert f'<html lang="{language}">' in html
    assert "<h1" in html


@pytest.mark.django_db
def test_missing_page_offers_a_way_on(client):
    response = client.get("/en/there-is-no-such-page/")
    assert response.status_code == 404
    assert "We cannot find that page" in response.content.decode()


@pytest.mark.django_db
def test_sign_in_page_offers_a_passkey_and_a_password(client):
    html = client.get("/en/accounts/login/").content.decode()
    assert 'id="passkey_login"' in html
    assert 'id="mfa_login"' in html
    assert 'name="password"' in html
    assert "placeholder" not in html


@pytest.mark.django_db
def test_frame_names_its_language_and_links_to_the_other(client):
    html = client.get("/fr/accounts/login/").content.decode()
    assert '<html lang="fr" dir="ltr">' in html
    assert 'hreflang="en" href="/en/accounts/login/"' in html


@pytest.mark.django_db
def test_sign_out_is_a_form_and_settings_reach_the_body(client, django_user_model):
    user = django_user_model.objects.create_user("amina@example.org", "x", large_print=True)
    client.force_login(user)
    html = client.get("/en/accounts/password/change/").content.decode()
    assert 'action="/en/accounts/logout/"' in html
    assert '<body class="large-print ' in html
    assert f'data-user="{user.uuid}"' in html


def test_error_page_shows_the_message():
    html = render_to_string("error.html", {"message": "The plan changed meanwhile."})
    assert "The plan changed meanwhile." in html
