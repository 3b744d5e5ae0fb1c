from django.apps import AppConfig


class XapiConfig(AppConfig):
    name = "academy.xapi"
    label = "xapi"

    def ready(self):
        from academy.xapi import checks, receivers  # noqa: F401
