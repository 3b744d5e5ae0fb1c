"""The resources of the learning record store, under /xapi/."""

from django.urls import path

from academy.xapi.views.about import about
from academy.xapi.views.statements import StatementsView

app_name = "xapi"
urlpatterns = [
    path("statements", StatementsView.as_view(), name="statements"),
    path("about", about, name="about"),
]
