"""The resources of the learning record store, under /xapi/."""

from django.urls import path

from academy.xapi import views

app_name = "xapi"
urlpatterns = [
    path("statements", views.StatementsView.as_view(), name="statements"),
    path("about", views.about, name="about"),
]
