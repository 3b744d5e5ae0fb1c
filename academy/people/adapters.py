"""How allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from the organisation (import, single sign-on), so nobody signs up alone."""

    def is_open_for_signup(self, request) -> bool:
        return False
