"""HR's reports in the admin. The role is asked for before Wagtail's own guard."""

from academy.people.decorators import guarded_path
from academy.people.roles import HR
from academy.reporting import views


def guarded(route: str, view: type, name: str):
    return guarded_path(route, view.as_view(), name, HR)


app_name = "reporting"
urlpatterns = [
    guarded("coverage/", views.CoverageView, "coverage"),
    guarded("coverage/people/", views.PeopleView, "people"),
    guarded("completions/", views.CompletionsView, "completions"),
    guarded("people/<uuid:uuid>/", views.PersonView, "person"),
]
