"""The trainers' desk: banks, questions and assessments in the Wagtail admin."""

from wagtail.snippets.models import register_snippet


from cms.viewsets import AssessmentDesk

register_snippet(AssessmentDesk)
