"""Guards for views. A view without one of these, or a reason, fails the permission tests."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.utils.translation import gettext as _

from academy.core.errors import NotAllowed
from academy.people.roles import has_role


def role_required(*roles: str):
    """Signed in and in one of the roles; otherwise the sign-in page, or 403."""

    def decorate(view):
        @login_required
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not any(has_role(request.user, role) for role in roles):
                raise NotAllowed(_("Your account does not have access to this page."))
            return view(request, *args, **kwargs)

        return guarded

    return decorate
