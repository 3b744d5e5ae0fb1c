from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    name = "academy.demo"
    label = "demo"
    verbose_name = _("Demo")

    def ready(self):
        from academy.demo import checks  # noqa: F401
