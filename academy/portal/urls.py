from django.urls import path

from academy.portal import contest, record, team, views

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
    path(
        "learning/placement/<uuid:uuid>/disagree/<uuid:competency>/",
        contest.contest,
        name="contest",
    ),
    path(
        "learning/placement/reviews/<uuid:uuid>/withdraw/",
        contest.withdraw_review,
        name="withdraw_review",
    ),
    path("learning/question/<uuid:uuid>/", contest.quick_question, name="quick_question"),
    path("learning/credentials/", views.credentials, name="credentials"),
    path("learning/record/", record.record, name="record"),
    path("learning/record/<uuid:statement_id>/", record.statement, name="statement"),
    path("learning/record/<uuid:statement_id>/json/", record.statement_json, name="statement_json"),
    path(
        "learning/record/competencies/<uuid:uuid>/",
        record.competency_evidence,
        name="competency_evidence",
    ),
    path("learning/plan/<uuid:uuid>/evidence/", record.plan_evidence, name="plan_evidence"),
    path(
        "learning/credentials/<uuid:uuid>/evidence/",
        record.credential_evidence,
        name="credential_evidence",
    ),
    path("learning/settings/", views.settings, name="settings"),
    path("learning/settings/copy/", record.copy, name="copy"),
    path("learning/settings/copy/<uuid:uuid>/", record.copy_status, name="copy_status"),
    path("learning/settings/copy/<uuid:uuid>/file/", record.copy_file, name="copy_file"),
    path("team/", team.team, name="team"),
]
