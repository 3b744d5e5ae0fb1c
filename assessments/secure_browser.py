"""Safe Exam Browser, where an assessment asks for it.

SEB sends with each request a hash of the address and of a key that only its own configuration (config
key) or its configuration and program (browser exam key) has: SHA-256, in Base16, of the absolute
address without its fragment followed by the key (safeexambrowser.org/developer/seb-config-key.html,
"Checking the Config Key", and SEB-Specification-BrowserExamKey). The keys are one a line in
`Assessment.browser_keys`; without any, every browser will do.
"""

import hmac
from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from academy.core.errors import NotAllowed
from assessments.models import Assessment

HEADERS = ("X-SafeExamBrowser-ConfigKeyHash", "X-SafeExamBrowser-RequestHash")


class OtherBrowser(NotAllowed):
    """The assessment is taken in Safe Exam Browser, and this is another or one set up differently."""

    template = "assessments/secure_browser.html"


def keys_of(assessment: Assessment) -> list[str]:
    return [key.strip().lower() for key in assessment.browser_keys.split() if key.strip()]


def hash_of(address: str, key: str) -> str:
    return sha256(f"{address}{key}".encode()).hexdigest()


def is_secure(request: HttpRequest, assessment: Assessment) -> bool:
    """Whether the request comes from a browser that the assessment accepts. The address is the one
    the browser asked for: as the request has it, or below the academy's public address."""
    keys = keys_of(assessment)
    if not keys:
        return True
    path = request.get_full_path()
    addresses = {request.build_absolute_uri(path), f"{settings.SITE_URL.rstrip('/')}{path}"}
    sent = [request.headers.get(name, "").strip().lower() for name in HEADERS]
    expected = [hash_of(address, key) for address in addresses for key in keys]
    return any(
        hmac.compare_digest(one.encode(), other.encode()) for one in sent for other in expected
    )


def require_secure_browser(request: HttpRequest, assessment: Assessment) -> None:
    if not is_secure(request, assessment):
        raise OtherBrowser(_("This assessment is taken in Safe Exam Browser."))
