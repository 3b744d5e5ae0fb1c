"""Whether a credential stands, and what the world is told about it."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from academy.core.errors import Conflict
from academy.core.fields import Localized
from academy.people import roles
from academy.people.services import identity_for
from academy.xapi.models import Statement
from academy.xapi.vocabulary import streams, tincan
from credentials.models import Credential, Revocation
from credentials.services import revoke_credential, standing_of
from credentials.views import LOOKUPS_PER_MINUTE, normalise_code
from tests.factories.courses import CourseFactory, EnrollmentFactory
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db

EARNED = datetime(2025, 1, 10, 12, tzinfo=UTC)
EXPIRES = datetime(2026, 1, 10, 12, tzinfo=UTC)
NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
BYTES = b"%PDF-1.7 as it was stored"
PERSONAL = ("Zoë", "Đặng", "Working with data", "Skills · A.1")


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False):
        yield


def make(*, state="issued", code="K7QF-3M6X-9RTD", expires=EXPIRES, **fields) -> Credential:
    """A credential as it stands after issuing; no need to render one."""
    learner = UserFactory(first_name="Zoë", last_name="Đặng")
    enrollment = EnrollmentFactory(
        learner=learner,
        course=CourseFactory(title=Localized({"en": "Working with data"})),
        completed_at=EARNED,
    )
    credential = Credential(
        learner=learner,
        course=enrollment.course,
        enrollment=enrollment,
        code=code,
        state=state,
        awarded_at=EARNED,
        expires_at=expires,
        award={
            "name": "Zoë Đặng",
            "title": "Working with data",
            "description": "Can judge data.",
            "issuer": "Horizon Academy",
            "language": "en",
            "competencies": ["Skills · A.1 Skill 1 — level 2 (Band 2)"],
        },
        **fields,
    )
    if state == "issued":
        credential.issued_at = EARNED
        credential.pdf_sha256 = hashlib.sha256(BYTES).hexdigest()
        credential.pdf.save(f"{credential.uuid}.pdf", ContentFile(BYTES), save=False)
    credential.save()
    return credential


def revoke(credential, label="withdrawn") -> Revocation:
    return revoke_credential(
        credential=credential,
        reason="Somebody else sat the test: secret",
        public_label=label,
        by=UserFactory(role=roles.OPERATOR),
    )


def look_up(client, code: str):
    return client.get(reverse("credentials:verify", args=[code]))


# --- Whether it stands ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "standing"),
    [
        (EARNED, "valid"),
        (EXPIRES - timedelta(microseconds=1), "valid"),
        (EXPIRES, "expired"),
        (EXPIRES + timedelta(days=900), "expired"),
    ],
)
def test_it_expires_on_its_instant(at, standing):
    credential = make()
    assert standing_of(credential, at=at) == standing
    with time_machine.travel(at, tick=False):
        assert standing_of(credential) == standing


def test_without_an_expiry_it_stands_for_good():
    assert standing_of(make(expires=None), at=EARNED + timedelta(days=36500)) == "valid"


@pytest.mark.parametrize("at", [NOW, EXPIRES + timedelta(days=1)])
def test_revoked_outweighs_expired_and_valid(at):
    credential = make()
    revoke(credential)
    assert standing_of(Credential.objects.get(pk=credential.pk), at=at) == "revoked"


@pytest.mark.parametrize("state", ["pending", "claimed"])
def test_what_is_still_being_made_is_pending(state):
    assert standing_of(make(state=state)) == "pending"


def test_a_credential_that_was_never_made_can_be_revoked_too():
    credential = make(state="pending")
    revoke(credential)
    assert standing_of(Credential.objects.get(pk=credential.pk)) == "revoked"


def test_revoking_twice_is_refused_and_keeps_the_first():
    credential = make()
    first = revoke(credential, "error")
    with pytest.raises(Conflict, match="revoked already"):
        revoke(credential, "replaced")
    assert Revocation.objects.get() == first
    assert Revocation.objects.get().public_label == "error"
    assert len(said(streams.LOST)) == 1


def said(verb) -> list[dict]:
    return [one.document for one in Statement.objects.filter(verb=verb.id).order_by("id")]


def test_a_revocation_is_recorded_without_its_reason():
    """It stands in the holder's own record, and names who took the credential back."""
    credential = make()
    revocation = revoke(credential)
    [statement] = said(streams.LOST)
    assert statement["actor"] == identity_for(credential.learner).actor
    assert statement["object"]["id"].endswith(f"/credentials/{credential.uuid}")
    assert statement["context"]["instructor"] == identity_for(revocation.revoked_by).actor
    assert statement["context"]["registration"] == str(credential.enrollment.uuid)
    assert "secret" not in str(statement)


# --- The page -------------------------------------------------------------------------------------


def test_a_valid_one_shows_what_is_printed(client):
    credential = make()
    response = look_up(client, credential.code)
    page = response.content.decode()
    assert response.status_code == 200
    assert "This certificate is real and in force today." in page
    for words in PERSONAL:
        assert words in page
    assert credential.learner.email not in page


def test_an_expired_one_says_until_when(client):
    credential = make()
    with time_machine.travel(EXPIRES + timedelta(days=1)):
        page = look_up(client, credential.code).content.decode()
    assert "It was valid until 10 January 2026" in page
    assert "Zoë Đặng" in page
    assert "in force today" not in page


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("error", "issued in error"),
        ("withdrawn", "withdrawn by the issuer"),
        ("replaced", "replaced by another credential"),
    ],
)
def test_a_revoked_one_says_since_when_and_hides_the_rest(client, label, words):
    credential = make()
    revoke(credential, label)
    response = look_up(client, credential.code)
    page = response.content.decode()
    assert response.status_code == 200
    assert f"no longer stands since 1 June 2025: {words}" in page
    assert "secret" not in page
    for personal in PERSONAL:
        assert personal not in page


def test_one_that_is_being_made_says_so(client):
    page = look_up(client, make(state="pending").code).content.decode()
    assert "has been earned and its document is being made" in page


def test_an_unknown_code_is_not_found_and_tells_nothing(client):
    make()
    response = look_up(client, "K7QF-3M6X-9RTF")
    page = response.content.decode()
    assert response.status_code == 404
    assert "No certificate has this code" in page
    for personal in PERSONAL:
        assert personal not in page


@pytest.mark.parametrize(
    "code", ["K7QF-3M6X-9RT", "K7QF-3M6X", "x", "%", "K7QF-3M6X-9RTD-XXXX'--", "é" * 12]
)
def test_half_a_code_and_garbage_are_unknown_unless_they_hold_the_code(client, code):
    make()
    holds = normalise_code(code) == "K7QF-3M6X-9RTD"
    assert look_up(client, code).status_code == (200 if holds else 404)


@pytest.mark.parametrize(
    "typed",
    [
        "k7qf-3m6x-9rtd",
        "k7qf 3m6x 9rtd",
        " K7QF3M6X9RTD ",
        "k7qf–3m6x–9rtd",
        "k 7 q f 3 m 6 x 9 r t d",
    ],
)
def test_case_spaces_and_dashes_do_not_matter(client, typed):
    make()
    response = client.get(reverse("credentials:verify_form"), {"code": typed}, follow=True)
    assert response.redirect_chain == [
        (reverse("credentials:verify", args=["K7QF-3M6X-9RTD"]), 302)
    ]
    assert "in force today" in response.content.decode()
    assert look_up(client, typed).status_code == 200


def test_without_a_code_the_form_is_shown(client):
    page = client.get(reverse("credentials:verify_form")).content.decode()
    assert 'name="code"' in page


@pytest.mark.parametrize("code", ["K7QF-3M6X-9RTD", "K7QF-3M6X-9RTF"])
def test_no_search_engine_keeps_the_page_and_no_cache_does(client, code):
    make()
    response = look_up(client, code)
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()
    assert "no-store" in response["Cache-Control"]


def test_guessing_is_stopped_after_thirty_look_ups_a_minute(client):
    credential = make()
    for _ in range(LOOKUPS_PER_MINUTE):
        assert look_up(client, "XXXX-XXXX-XXXX").status_code == 404
    response = look_up(client, credential.code)
    assert response.status_code == 429
    assert "Too many look-ups from here" in response.content.decode()
    assert "Zoë" not in response.content.decode()
    assert (
        Client(REMOTE_ADDR="192.0.2.7")
        .get(reverse("credentials:verify", args=[credential.code]))
        .status_code
        == 200
    )


def test_it_is_thirty():
    assert LOOKUPS_PER_MINUTE == 30


# --- The document ---------------------------------------------------------------------------------


def document(credential) -> str:
    return reverse("credentials:document", args=[credential.uuid])


def test_the_holder_gets_the_bytes_as_stored(client):
    credential = make()
    client.force_login(credential.learner)
    response = client.get(document(credential))
    assert b"".join(response.streaming_content) == BYTES
    assert response["Content-Type"] == "application/pdf"
    assert f"certificate-{credential.code}.pdf" in response["Content-Disposition"]
    assert credential.pdf_sha256 in response["ETag"]
    assert "no-store" in response["Cache-Control"]
    client.head(document(credential))
    [statement] = said(tincan.DOWNLOADED)
    assert statement["object"]["id"].endswith(f"/credentials/{credential.uuid}")


@pytest.mark.parametrize("role", roles.ALL_ROLES)
def test_nobody_else_gets_it_whatever_their_role(client, role):
    credential = make()
    client.force_login(UserFactory(role=role))
    assert client.get(document(credential)).status_code == 404
    assert client.get(reverse("credentials:status", args=[credential.uuid])).status_code == 404


def test_signed_out_one_is_asked_to_sign_in(client):
    response = client.get(document(make()))
    assert response.status_code == 302
    assert "/accounts/login/" in response.url


def test_before_it_is_made_the_holder_is_told_to_wait(client):
    credential = make(state="pending")
    client.force_login(credential.learner)
    response = client.get(document(credential))
    assert response.status_code == 404
    assert "still being prepared" in response.content.decode()
    card = client.get(reverse("credentials:status", args=[credential.uuid])).content.decode()
    assert "data-poll" in card
    assert "Download the PDF" not in card


def test_when_it_is_made_the_card_offers_it(client):
    credential = make()
    client.force_login(credential.learner)
    card = client.get(reverse("credentials:status", args=[credential.uuid])).content.decode()
    assert document(credential) in card
    assert "data-poll" not in card


def test_what_does_not_exist_is_not_found(client):
    client.force_login(UserFactory())
    assert client.get(reverse("credentials:document", args=[uuid4()])).status_code == 404
