"""The operator's pages about delivery, in the admin."""

from django.views.decorators.http import require_POST

from academy.people.decorators import guarded_path
from academy.people.roles import OPERATOR
from cms import delivery

app_name = "delivery"


def guarded(route: str, view, name: str):
    return guarded_path(route, view, name, OPERATOR)


urlpatterns = [
    guarded("", delivery.IndexView.as_view(), "index"),
    guarded("new/", delivery.DestinationView.as_view(), "new"),
    guarded("to/<slug:name>/", delivery.DestinationView.as_view(), "destination"),
    guarded("to/<slug:name>/try/", require_POST(delivery.try_connection), "try"),
    guarded("to/<slug:name>/refused/", delivery.RefusedView.as_view(), "refused"),
    guarded("to/<slug:name>/refused/retry/", delivery.RetryView.as_view(), "retry"),
    guarded("to/<slug:name>/refused/<int:entry>/retry/", delivery.RetryView.as_view(), "retry_one"),
]
