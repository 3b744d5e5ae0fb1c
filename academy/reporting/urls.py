"""HR's reports in the admin. The role is asked for before Wagtail's own guard."""

from academy.people.decorators import guarded_path
from academy.people.roles import HR, TRAINER
from academy.reporting import skips, views


def guarded(route: str, view: type, name: str):
    return guarded_path(route, view.as_view(), name, HR)


app_name = "reporting"
urlpatterns = [
    guarded("coverage/", views.CoverageView, "coverage"),
    guarded("coverage/people/", views.PeopleView, "people"),
    guarded("completions/", views.CompletionsView, "completions"),
    guarded_path("skips/", skips.SkipsView.as_view(), "skips", HR, TRAINER),
    guarded("people/<uuid:uuid>/", views.PersonView, "person"),
]
