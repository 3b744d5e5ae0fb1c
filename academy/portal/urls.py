from django.urls import path

from academy.portal import team, views

app_name = "portal"
urlpatterns = [
    path("learning/", views.home, name="home"),
    path("learning/plan/", views.plan, name="plan"),
    path("learning/plan/renew/", views.renew, name="renew_plan"),
    path("learning/plan/add/", views.add, name="add_to_plan"),
    path("learning/plan/<uuid:uuid>/skip/", views.skip, name="skip"),
    path("learning/plan/<uuid:uuid>/unskip/", views.unskip, name="unskip"),
    path("learning/plan/<uuid:uuid>/defer/", views.defer, name="defer"),
    path("learning/plan/<uuid:uuid>/remove/", views.remove, name="remove_from_plan"),
    path("learning/placement/<uuid:uuid>/", views.placement_result, name="placement_result"),
    path("learning/credentials/", views.credentials, name="credentials"),
    path("learning/record/", views.record, name="record"),
    path("learning/settings/", views.settings, name="settings"),
    path("team/", team.team, name="team"),
]
