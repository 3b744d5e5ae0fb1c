"""Guards for views. A view without one of these, or a reason, fails the permission tests."""

from functools import wraps

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern
from django.urls.conf import RoutePattern
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


def permission_needed(permission: str):
    """Signed in and with the permission, by whatever role; otherwise the sign-in page, or 403."""

    def decorate(view):
        @login_required
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.has_perm(permission):
                raise NotAllowed(_("Your account does not have access to this page."))
            return view(request, *args, **kwargs)

        return guarded

    return decorate


class GuardedPattern(URLPattern):
    """A route within Wagtail's admin, for some people alone.

    Wagtail wraps each view of its admin by assigning `callback`, and sends a signed-in person
    without access to the sign-in page, which sends them straight back. Asking outside
    that wrapper answers them with 403, as everywhere else in the academy.
    """

    guard = staticmethod(role_required())

    @property
    def callback(self):
        return self._callback

    @callback.setter
    def callback(self, view):
        self._callback = self.guard(view)


def _path(route: str, view, name: str, guard) -> GuardedPattern:
    kind = type("GuardedPattern", (GuardedPattern,), {"guard": staticmethod(guard)})
    return kind(RoutePattern(route, name=name, is_endpoint=True), view, name=name)


def guarded_path(route: str, view, name: str, *roles: str) -> GuardedPattern:
    """`path` for a view that these roles alone may see."""
    return _path(route, view, name, role_required(*roles))


def permitted_path(route: str, view, name: str, permission: str) -> GuardedPattern:
    """`path` for a view that those with the permission alone may see."""
    return _path(route, view, name, permission_needed(permission))
