"""Shapes the components want."""

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext

from academy.core.templatetags.academy import duration_minutes

register = template.Library()


@register.simple_tag
def bar_items(series) -> list[dict]:
    """(label, value) pairs as the items of `components/bar_chart.html`."""
    return [
        {"label": label, "value": float(value), "text": number_format(value.normalize())}
        for label, value in series
    ]


@register.simple_tag
def line_parts(series, name: str) -> dict:
    """(label, value) pairs as the labels and the one series of `components/line_chart.html`."""
    return {
        "labels": [label for label, _value in series],
        "series": [{"label": name, "values": [float(value) for _label, value in series]}],
    }


@register.simple_tag
def outline_steps(module, lessons, progress, enrollment, current=None) -> list[dict]:
    """A module's lessons and its final assessment as the steps of `components/step_list.html`.

    `progress` is the person's in this module, None where they are not enrolled: then nothing is
    linked, and each lesson says how long it takes. `current` is the lesson being read.
    """
    done = progress.done if progress else frozenset()
    steps = []
    for lesson in lessons:
        step = {"label": lesson.title, "status": "todo", "url": "", "status_text": ""}
        if enrollment:
            step["url"] = reverse("cms:lesson", args=[enrollment.uuid, lesson.uuid])
        if current is not None and lesson.pk == current.pk:
            step["status"] = "current"
        elif lesson.pk in done:
            step["status"] = "done"
        elif current is None:
            step["status_text"] = duration_minutes(lesson.minutes)
        steps.append(step)
    if module.final_assessment_id:
        passed = bool(progress and progress.completion)
        steps.append(
            {
                "label": gettext("Final assessment"),
                "status": "done" if passed else "todo",
                "url": reverse("courses:start_final", args=[module.uuid]),
                "status_text": gettext("Passed") if passed else "",
            }
        )
    return steps
