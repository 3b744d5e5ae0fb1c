"""A developer's machine, and the demo: the embedded defaults, with a secret that protects nothing."""

from academy.settings.base import *  # noqa: F403
from academy.settings.base import env

DEBUG = env.bool("DEBUG", True)
DEMO = True
SECRET_KEY = env.str("SECRET_KEY", "development-secret-protects-nothing")
ALLOWED_HOSTS = ["*"]
