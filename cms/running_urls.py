"""The trainers' pages about assessments that run, in the admin."""

from academy.people.decorators import guarded_path
from academy.people.roles import TRAINER
from cms import allowances, arranging, integrity

app_name = "running"
urlpatterns = [
    guarded_path("allowances/", allowances.IndexView.as_view(), "allowances", TRAINER),
    guarded_path("allowances/add/", allowances.AddView.as_view(), "add_allowance", TRAINER),
    guarded_path("allowances/<int:pk>/", allowances.EditView.as_view(), "edit_allowance", TRAINER),
    guarded_path(
        "allowances/<int:pk>/delete/", allowances.DeleteView.as_view(), "delete_allowance", TRAINER
    ),
    guarded_path("<int:pk>/arrange/", arranging.ArrangeView.as_view(), "arrange", TRAINER),
    guarded_path("<int:pk>/hints/", integrity.HintsView.as_view(), "hints", TRAINER),
    guarded_path("<int:pk>/hints/open/", integrity.OpenHintView.as_view(), "open_hint", TRAINER),
]
