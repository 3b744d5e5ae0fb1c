"""`manage.py check --deploy`: no demo account may be active in a real academy."""

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import DatabaseError

from academy.demo.accounts import demo_people


@register(Tags.security, deploy=True)
def no_demo_accounts(app_configs, **kwargs):
    if settings.DEMO:
        return []
    try:
        addresses = list(demo_people().filter(is_active=True).values_list("email", flat=True)[:5])
    except DatabaseError:
        return []  # no database yet: nobody is in it
    if not addresses:
        return []
    return [
        Error(
            f"This database holds active demo accounts, whose password is public: "
            f"{', '.join(addresses)} …",
            hint="Deactivate or delete everyone at @academy.example, or start from an empty database.",
            id="academy.demo.E001",
        )
    ]
