"""The site's routes and the pattern page, which otherwise exists in development only."""

from django.urls import path

from academy.core import patterns
from academy.urls import urlpatterns as site

urlpatterns = [path("patterns/", patterns.library, name="patterns"), *site]
