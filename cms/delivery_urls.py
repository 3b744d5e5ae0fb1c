"""The operator's pages about delivery, in the admin."""

from django.views.decorators.http import require_POST

from cms import delivery
from cms.operators import operator_path

app_name = "delivery"


urlpatterns = [
    operator_path("", delivery.IndexView.as_view(), "index"),
    operator_path("new/", delivery.DestinationView.as_view(), "new"),
    operator_path("to/<slug:name>/", delivery.DestinationView.as_view(), "destination"),
    operator_path("to/<slug:name>/try/", require_POST(delivery.try_connection), "try"),
    operator_path("to/<slug:name>/refused/", delivery.RefusedView.as_view(), "refused"),
    operator_path("to/<slug:name>/refused/retry/", delivery.RetryView.as_view(), "retry"),
    operator_path(
        "to/<slug:name>/refused/<int:entry>/retry/", delivery.RetryView.as_view(), "retry_one"
    ),
]
