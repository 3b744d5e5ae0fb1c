"""The one room of the second store."""

from django.urls import include, path

urlpatterns = [path("xapi/", include("academy.xapi.urls"))]
