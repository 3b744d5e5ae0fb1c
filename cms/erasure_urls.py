"""The operator's pages about erasures, in the admin."""

from cms import erasures
from cms.operators import operator_path

app_name = "erasures"
urlpatterns = [
    operator_path("", erasures.IndexView.as_view(), "index"),
    operator_path("requests/<int:pk>/", erasures.ConfirmView.as_view(), "confirm"),
]
