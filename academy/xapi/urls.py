"""The resources of the learning record store, under /xapi/.

The same resources over the same store are mounted twice, because the version that an answer
declares differs between the two standards: /xapi/ declares 2.0.0, /xapi/1.0.3/ declares 1.0.3.
"""

from django.urls import include, path

from academy.xapi.views.about import AboutView
from academy.xapi.views.metrics import metrics
from academy.xapi.views.statements import StatementsView

app_name = "xapi"


def resources(standard: str) -> list:
    return [
        path("statements", StatementsView.as_view(standard=standard), name="statements"),
        path("about", AboutView.as_view(standard=standard), name="about"),
    ]


urlpatterns = [
    *resources("2.0.0"),
    path("metrics", metrics, name="metrics"),
    path("1.0.3/", include((resources("1.0.3"), "xapi"), namespace="1.0.3")),
]
