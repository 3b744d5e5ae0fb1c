"""Who may not sign in: the demo's people, anywhere but in a demo."""

from django.conf import settings
from django.core.exceptions import PermissionDenied

from academy.demo.accounts import is_demo_address


class DemoAccountsBackend:
    """Stands first among the authentication backends, and lets everybody else pass.

    A database that was once a demo may end up behind production settings. The passwords of its
    accounts are public, so they are refused there before any other backend looks at them.
    """

    def authenticate(self, request, username=None, email=None, **credentials):
        named = [username, email, credentials.get("login")]
        if not settings.DEMO and any(is_demo_address(name) for name in named if name):
            raise PermissionDenied
