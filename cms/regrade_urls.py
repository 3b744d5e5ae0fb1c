"""The pages about grading again, in the admin."""

from academy.people.decorators import guarded_path
from academy.people.roles import TRAINER
from cms import regrades

app_name = "regrades"
urlpatterns = [
    guarded_path("", regrades.IndexView.as_view(), "index", TRAINER),
    guarded_path("new/<int:version>/", regrades.ProposeView.as_view(), "propose", TRAINER),
    guarded_path("<uuid:uuid>/", regrades.RegradeView.as_view(), "regrade", TRAINER),
    guarded_path("<uuid:uuid>/discard/", regrades.DiscardView.as_view(), "discard", TRAINER),
    guarded_path("<uuid:uuid>/progress/", regrades.progress, "progress", TRAINER),
]
