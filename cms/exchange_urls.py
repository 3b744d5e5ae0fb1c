"""The trainer's pages that bring questions in and take them out, in the admin."""

from academy.people.decorators import GuardedPattern, guarded_path
from academy.people.roles import TRAINER
from cms import exchange


def trainer_path(route: str, view, name: str) -> GuardedPattern:
    """A route that trainers alone may take; 403 for everybody else."""
    return guarded_path(route, view, name, TRAINER)


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
