"""The pages about grading again, in the admin."""

from cms import regrades
from cms.trainers import trainer_path

app_name = "regrades"
urlpatterns = [
    trainer_path("", regrades.IndexView.as_view(), "index"),
    trainer_path("new/<int:version>/", regrades.ProposeView.as_view(), "propose"),
    trainer_path("<uuid:uuid>/", regrades.RegradeView.as_view(), "regrade"),
    trainer_path("<uuid:uuid>/discard/", regrades.DiscardView.as_view(), "discard"),
    trainer_path("<uuid:uuid>/progress/", regrades.progress, "progress"),
]
