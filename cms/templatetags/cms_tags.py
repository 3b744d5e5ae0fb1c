"""Shapes the components want."""

from uuid import uuid4

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext

from academy.core.templatetags.academy import duration_minutes
from assessments.templatetags.assessment_tags import plain_number, with_unit
from cms.checks import Outcome

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


@register.simple_tag
def check_form(value, check_id: str, outcome: Outcome | None) -> dict:
    """What the form of a knowledge check shows: its options, and what the answer given is worth."""
    answered = outcome if outcome and outcome.check == check_id else Outcome(check_id, [])
    several = value["kind"] == "multiple"
    return {
        "token": uuid4(),
        "prefix": f"answer-{check_id}",
        "type": "checkbox" if several else "radio",
        "hint": gettext("Choose all that are right.") if several else "",
        "options": [
            {"value": index, "label": option["text"], "checked": str(index) in answered.given}
            for index, option in enumerate(value["options"])
        ],
        "written": answered.written,
        "error": answered.error,
        "verdicts": list(_verdicts(value, answered)) if answered.given else [],
    }


def _verdicts(value, answered: Outcome):
    """One line for each option chosen, with its feedback; one for a number, with the right one."""
    if answered.error:
        return
    if value["kind"] == "numeric":
        number = with_unit(plain_number(value["value"]), value["unit"])
        right = gettext("The answer is %(number)s.") % {"number": number}
        yield {"right": answered.is_right, "text": right}
        return
    chosen = [value["options"][int(index)] for index in answered.given]
    for option in chosen:
        yield {"right": option["correct"], "text": option["feedback"]}
    if all(option["correct"] for option in chosen) and not answered.is_right:
        yield {"right": False, "text": gettext("Something that is right is missing.")}
