"""The trainer's pages that bring questions in and take them out, in the admin."""

from cms import exchange
from cms.trainers import trainer_path

app_name = "exchange"
urlpatterns = [
    trainer_path("", exchange.IndexView.as_view(), "index"),
    trainer_path("template.csv", lambda request: exchange.template(request, "csv"), "template_csv"),
    trainer_path(
        "template.xlsx", lambda request: exchange.template(request, "xlsx"), "template_xlsx"
    ),
    trainer_path("banks/<int:pk>/", exchange.ExportView.as_view(), "export"),
    trainer_path("banks/<int:pk>/<slug:form>/", exchange.download, "download"),
    trainer_path("<uuid:uuid>/", exchange.JobView.as_view(), "job"),
    trainer_path("<uuid:uuid>/<int:number>/", exchange.QuestionView.as_view(), "question"),
    trainer_path("<uuid:uuid>/report.<slug:form>", exchange.report, "report"),
]
