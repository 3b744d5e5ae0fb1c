"""Verifying a credential, without an account, and downloading one's own."""

import re
import time

from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from academy.core.errors import AcademyError, NotFound
from academy.people.lockout import client_ip
from credentials import services
from credentials.models import Credential

#: Look-ups an address may make in a minute: plenty for people, useless for guessing.
LOOKUPS_PER_MINUTE = 30


def normalise_code(text: str) -> str:
    """A code as typed from paper: case, spaces and dashes do not matter."""
    letters = re.sub(r"[^0-9A-Z]", "", text.upper())[:12]
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))


class TooMany(AcademyError):
    status = 429


def _count_lookup(request: HttpRequest) -> None:
    """One counter an address and minute: some caches renew a counter's time with each count."""
    key = f"verify:{client_ip(request)}:{int(time.time() // 60)}"
    cache.add(key, 0, timeout=120)
    try:
        count = cache.incr(key)
    except ValueError:  # it was culled between the two calls
        count = 1
    if count > LOOKUPS_PER_MINUTE:
        raise TooMany(_("Too many look-ups from here. Wait a minute and try again."))


@require_safe
def verify_form(request: HttpRequest) -> HttpResponse:
    """Type a code in, or find out what a code looks like."""
    code = normalise_code(request.GET.get("code", ""))
    if code:
        return redirect("credentials:verify", code=code)
    return render(request, "credentials/verify_form.html")


@require_safe
@never_cache
def verify(request: HttpRequest, code: str) -> HttpResponse:
    """The status first. Whoever holds the code sees what is printed; an unknown code sees nothing."""
    _count_lookup(request)
    credential = (
        Credential.objects.select_related("course", "revocation")
        .filter(code=normalise_code(code))
        .first()
    )
    response = render(
        request,
        "credentials/verify.html",
        {
            "code": normalise_code(code),
            "credential": credential,
            "standing": services.standing_of(credential) if credential else "unknown",
        },
        status=200 if credential else 404,
    )
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _own(request: HttpRequest, uuid) -> Credential:
    return get_object_or_404(
        Credential.objects.select_related("course", "enrollment"), uuid=uuid, learner=request.user
    )


@login_required
@require_safe
@never_cache
def document(request: HttpRequest, uuid) -> HttpResponse:
    """The holder's PDF: the bytes as stored, never rendered again."""
    credential = _own(request, uuid)
    if not credential.is_issued:
        raise NotFound(_("Your certificate is still being prepared. It will be here soon."))
    pdf = credential.pdf.open("rb")
    if request.method == "GET":
        services.record_download(credential=credential)
    response = FileResponse(
        pdf,
        as_attachment=True,
        filename=f"certificate-{credential.code}.pdf",
        content_type="application/pdf",
    )
    response["ETag"] = f'"{credential.pdf_sha256}"'
    return response


@login_required
@require_safe
@never_cache
def status(request: HttpRequest, uuid) -> HttpResponse:
    """The card of one credential, fetched again by the page until the document is there."""
    credential = _own(request, uuid)
    credential.standing = services.standing_of(credential)
    return render(request, "credentials/_card.html", {"credential": credential})
