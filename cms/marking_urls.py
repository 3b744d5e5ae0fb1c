"""The pages on which answers are marked, in the admin."""

from academy.people.decorators import permitted_path
from assessments.marking import PERMISSION
from cms import marking

app_name = "marking"
urlpatterns = [
    permitted_path(route, view.as_view(), name, PERMISSION)
    for route, view, name in (
        ("", marking.QueueView, "index"),
        ("marked/", marking.MarkedView, "marked"),
        ("turnaround/", marking.TurnaroundView, "turnaround"),
        ("answers/<int:pk>/take/", marking.TakeView, "take"),
        ("answers/<int:pk>/moderate/", marking.ModerateView, "moderate"),
        ("answers/<int:pk>/files/<int:number>/", marking.ModeratedFileView, "moderated_file"),
        ("marks/<uuid:uuid>/", marking.MarkView, "mark"),
        ("marks/<uuid:uuid>/files/<int:number>/", marking.MarkedFileView, "file"),
    )
]
