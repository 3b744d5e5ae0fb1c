"""The trainers' pages about assessments that run, in the admin."""

from cms import allowances, arranging, integrity
from cms.trainers import trainer_path

app_name = "running"
urlpatterns = [
    trainer_path("allowances/", allowances.IndexView.as_view(), "allowances"),
    trainer_path("allowances/add/", allowances.AddView.as_view(), "add_allowance"),
    trainer_path("allowances/<int:pk>/", allowances.EditView.as_view(), "edit_allowance"),
    trainer_path(
        "allowances/<int:pk>/delete/", allowances.DeleteView.as_view(), "delete_allowance"
    ),
    trainer_path("<int:pk>/arrange/", arranging.ArrangeView.as_view(), "arrange"),
    trainer_path("<int:pk>/hints/", integrity.HintsView.as_view(), "hints"),
    trainer_path("<int:pk>/hints/open/", integrity.OpenHintView.as_view(), "open_hint"),
]
