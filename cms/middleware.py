"""The door of the Wagtail admin."""

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from academy.core.errors import NotAllowed
from academy.core.middleware import answer


class AdminDoorMiddleware:
    """Answers 403 to a signed-in person without access to the admin.

    Wagtail sends them to the sign-in page, which sends a signed-in person straight back.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest):
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs):
        if (
            request.path.startswith(reverse("wagtailadmin_home"))
            and request.user.is_authenticated
            and not request.user.has_perm("wagtailadmin.access_admin")
        ):
            return answer(request, NotAllowed(_("Your account does not have access to this page.")))
        return None
