"""The operator's pages about erasures, in the admin."""

from academy.people.decorators import guarded_path
from academy.people.roles import OPERATOR
from cms import erasures

app_name = "erasures"
urlpatterns = [
    guarded_path("", erasures.IndexView.as_view(), "index", OPERATOR),
    guarded_path("requests/<int:pk>/", erasures.ConfirmView.as_view(), "confirm", OPERATOR),
]
