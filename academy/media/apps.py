from django.apps import AppConfig


class MediaConfig(AppConfig):
    name = "academy.media"
    label = "media"
