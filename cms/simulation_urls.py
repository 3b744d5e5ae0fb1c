"""Trainers' pages about simulated placements, in the admin."""

from cms import simulation
from cms.trainers import trainer_path

app_name = "simulations"
urlpatterns = [
    trainer_path("", simulation.IndexView.as_view(), "index"),
    trainer_path("<uuid:uuid>/", simulation.ResultView.as_view(), "result"),
]
