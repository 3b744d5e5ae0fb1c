from django.urls import path

from credentials import views

app_name = "credentials"
urlpatterns = [
    path("verify/", views.verify_form, name="verify_form"),
    path("verify/<str:code>", views.verify, name="verify"),
    path("credentials/<uuid:uuid>.pdf", views.document, name="document"),
    path("credentials/<uuid:uuid>/status", views.status, name="status"),
]
