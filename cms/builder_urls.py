"""The assessment builder's own pages, in the admin."""

from cms import builder
from cms.trainers import trainer_path

app_name = "builder"
urlpatterns = [
    trainer_path("check/", builder.check, "check"),
    trainer_path("<int:pk>/preview/", builder.preview, "preview"),
]
