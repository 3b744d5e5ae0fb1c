from django.urls import path

from assessments import data_files, running, views

app_name = "assessments"
urlpatterns = [
    path("placement/", views.placement_intro, name="placement_intro"),
    path("placement/<uuid:uuid>/", views.placement_item, name="placement_item"),
    path("attempts/<uuid:uuid>/questions/<int:number>/", views.question, name="question"),
    path("attempts/<uuid:uuid>/questions/<int:number>/save/", views.save, name="save"),
    path(
        "attempts/<uuid:uuid>/questions/<int:number>/data.<slug:format>",
        data_files.own,
        name="data",
    ),
    path("data-tasks/<int:pk>/sample.<slug:format>", data_files.sample, name="data_sample"),
    path("attempts/<uuid:uuid>/saves/", running.saves, name="saves"),
    path("attempts/<uuid:uuid>/clock/", running.clock, name="clock"),
    path("attempts/<uuid:uuid>/pause/", running.pause, name="pause"),
    path("attempts/<uuid:uuid>/resume/", running.resume, name="resume"),
    path("attempts/<uuid:uuid>/files/<uuid:file>/", views.answer_file, name="answer_file"),
    path("attempts/<uuid:uuid>/review/", views.review, name="review"),
    path("attempts/<uuid:uuid>/submit/", views.submit, name="submit"),
    path("attempts/<uuid:uuid>/result/", views.result, name="result"),
]
