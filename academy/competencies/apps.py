from django.apps import AppConfig


class CompetenciesConfig(AppConfig):
    name = "academy.competencies"
    label = "competencies"
