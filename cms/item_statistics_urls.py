"""The trainers' pages about questions that misbehave, in the admin."""

from cms import item_statistics
from cms.trainers import trainer_path

app_name = "item_statistics"
urlpatterns = [
    trainer_path("", item_statistics.IndexView.as_view(), "index"),
    trainer_path("accept/<int:pk>/", item_statistics.AcceptView.as_view(), "accept"),
    trainer_path("<slug:kind>/<int:pk>/", item_statistics.ReportView.as_view(), "report"),
    trainer_path("<slug:kind>/<int:pk>/csv/", item_statistics.ExportView.as_view(), "export"),
    trainer_path("<slug:kind>/<int:pk>/<int:item>/", item_statistics.ItemView.as_view(), "item"),
]
