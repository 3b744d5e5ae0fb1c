"""Trainers' pages about contested placements, in the admin."""

from cms import placement_reviews
from cms.trainers import trainer_path

app_name = "placement_reviews"
urlpatterns = [
    trainer_path("", placement_reviews.IndexView.as_view(), "index"),
    trainer_path("<uuid:uuid>/", placement_reviews.DecideView.as_view(), "decide"),
]
