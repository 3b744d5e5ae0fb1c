"""The resources of the learning record store, under /xapi/.

The same resources over the same store are mounted twice, because the version that an answer
declares differs between the two standards: /xapi/ declares 2.0.0, /xapi/1.0.3/ declares 1.0.3.
"""

from django.urls import include, path, re_path

from academy.xapi.views.about import AboutView
from academy.xapi.views.activities import ActivitiesView
from academy.xapi.views.agents import AgentsView
from academy.xapi.views.base import UnknownResource
from academy.xapi.views.documents import ActivityProfileView, AgentProfileView, StateView
from academy.xapi.views.metrics import metrics
from academy.xapi.views.statements import StatementsView

app_name = "xapi"


RESOURCES = {
    "statements": StatementsView,
    "activities": ActivitiesView,
    "activities/state": StateView,
    "activities/profile": ActivityProfileView,
    "agents": AgentsView,
    "agents/profile": AgentProfileView,
    "about": AboutView,
}


def resources(standard: str) -> list:
    return [
        *(
            path(address, view.as_view(standard=standard), name=address.replace("/", "_"))
            for address, view in RESOURCES.items()
        ),
        re_path(r"^", UnknownResource.as_view(standard=standard), name="unknown"),
    ]


urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("1.0.3/", include((resources("1.0.3"), "xapi"), namespace="1.0.3")),
    *resources("2.0.0"),
]
