from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "academy.portal"
    label = "portal"
