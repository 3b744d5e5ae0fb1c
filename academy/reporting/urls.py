"""HR's reports in the admin. The role is asked for before Wagtail's own guard."""

from django.urls import URLPattern
from django.urls.conf import RoutePattern

from academy.people.decorators import role_required
from academy.people.roles import HR
from academy.reporting import views


class GuardedPattern(URLPattern):
    """A route for HR alone.

    Wagtail wraps each view of its admin by assigning `callback`, and sends a signed-in person
    without access to the sign-in page, which sends them straight back. Asking for the role outside
    that wrapper answers them with 403, as everywhere else in the academy.
    """

    @property
    def callback(self):
        return self._callback

    @callback.setter
    def callback(self, view):
        self._callback = role_required(HR)(view)


def guarded(route: str, view: type, name: str) -> GuardedPattern:
    return GuardedPattern(
        RoutePattern(route, name=name, is_endpoint=True), view.as_view(), name=name
    )


app_name = "reporting"
urlpatterns = [
    guarded("coverage/", views.CoverageView, "coverage"),
    guarded("coverage/people/", views.PeopleView, "people"),
    guarded("completions/", views.CompletionsView, "completions"),
    guarded("people/<uuid:uuid>/", views.PersonView, "person"),
]
