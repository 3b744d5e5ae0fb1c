from django.urls import path

from courses import views

app_name = "courses"
urlpatterns = [
    path("courses/<uuid:course>/enrol/", views.enroll, name="enroll"),
    path("enrolments/<uuid:enrollment>/withdraw/", views.withdraw, name="withdraw"),
    path(
        "enrolments/<uuid:enrollment>/lessons/<uuid:lesson>/done/",
        views.complete_lesson,
        name="complete_lesson",
    ),
    path("modules/<uuid:module>/learn/", views.learn_module, name="module"),
    path("modules/<uuid:module>/final/", views.start_final, name="start_final"),
]
