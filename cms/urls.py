from django.urls import path

from cms import views

app_name = "cms"
urlpatterns = [
    path("catalogue-of-courses/", views.catalogue, name="catalogue"),
    path("about/accessibility/", views.plain_page, {"slug": "accessibility"}, name="accessibility"),
    path("about/privacy/", views.plain_page, {"slug": "privacy"}, name="privacy"),
    path("brand.css", views.brand_css, name="brand_css"),
    path("catalogue-of-courses/<uuid:uuid>/", views.course, name="course"),
    path("learn/<uuid:enrollment>/<uuid:lesson>/", views.lesson, name="lesson"),
    path("learn/<uuid:enrollment>/<uuid:lesson>/check/<uuid:check>/", views.check, name="check"),
    path("learn/lesson/<uuid:uuid>/", views.lesson_any, name="lesson_any"),
    path("learn/<uuid:enrollment>/", views.continue_course, name="continue"),
    path("learn/module/<uuid:uuid>/print/", views.booklet, name="booklet"),
]
