from django.urls import path

from cms import views

app_name = "cms"
urlpatterns = [
    path("brand.css", views.brand_css, name="brand_css"),
    path("learn/<uuid:enrollment>/<uuid:lesson>/", views.lesson, name="lesson"),
    path("learn/lesson/<uuid:uuid>/", views.lesson_any, name="lesson_any"),
    path("learn/<uuid:enrollment>/", views.continue_course, name="continue"),
    path("learn/module/<uuid:uuid>/print/", views.booklet, name="booklet"),
]
