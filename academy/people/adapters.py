"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.shortcuts import resolve_url
from django.utils.translation import override


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from the organisation (import, single sign-on), so nobody signs up alone."""

    def is_open_for_signup(self, request) -> bool:
        return False

    def get_login_redirect_url(self, request) -> str:
        """One's own first page, in one's own language."""
        with override(request.user.language or None):
            return resolve_url(settings.LOGIN_REDIRECT_URL)
