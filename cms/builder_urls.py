"""The assessment builder's own pages, in the admin."""

from academy.people.decorators import guarded_path
from academy.people.roles import TRAINER
from cms import builder

app_name = "builder"
urlpatterns = [
    guarded_path("check/", builder.check, "check", TRAINER),
    guarded_path("<int:pk>/preview/", builder.preview, "preview", TRAINER),
]
