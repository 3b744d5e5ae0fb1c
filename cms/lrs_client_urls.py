"""The operator's pages about programs that talk to the store, in the admin."""

from cms import lrs_clients
from cms.operators import operator_path

app_name = "lrs_clients"
urlpatterns = [
    operator_path("", lrs_clients.IndexView.as_view(), "index"),
    operator_path("add/", lrs_clients.AddView.as_view(), "add"),
    operator_path("<int:pk>/rotate/", lrs_clients.RotateView.as_view(), "rotate"),
    operator_path("<int:pk>/revoke/", lrs_clients.RevokeView.as_view(), "revoke"),
]
