"""The live pattern page, in development only: every component with its variables."""

from datetime import timedelta

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from academy.core.clock import now
from academy.core.fields import LocalizedFormField
from academy.core.forms import DateInput, FileInput
from academy.core.templatetags.academy import ICONS


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As it should stand on the credential."))
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput({"autocomplete": "email"})
    )
    why = forms.CharField(label=_("Why"), widget=forms.Textarea({"rows": 4}), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    channel = forms.ChoiceField(
        label=_("How do you want to learn?"),
        help_text=_("You can change this at any time."),
        choices=[
            ("online", _("Online")),
            ("booklet", _("Printed booklet")),
            ("room", _("In a room, with a trainer")),
        ],
        widget=forms.RadioSelect,
    )
    needs = forms.MultipleChoiceField(
        label=_("What helps you?"),
        choices=[
            ("time", _("Extra time")),
            ("print", _("Large print")),
            ("motion", _("No movement on the page")),
        ],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    begins = forms.DateField(
        label=_("First day"), help_text=_("For example 27 3 2027."), widget=DateInput
    )
    evidence = forms.FileField(
        label=_("Evidence"),
        help_text=_("PDF, up to 10 MB."),
        widget=FileInput(accept=".pdf"),
        required=False,
    )
    title = LocalizedFormField(label=_("Title"), required=False)
    agree = forms.BooleanField(label=_("I have read the charter"))


LEVELS = ["Foundation", "Intermediate", "Advanced", "Specialist"]
SAMPLES = {
    "levels": LEVELS,
    "cuts": [-1.0, 0.2, 1.4],
    "errors": [{"text": "Enter the first day", "href": "#id_begins_0"}],
    "steps": [
        {"label": "Where data lives", "status": "done", "url": "#", "meta": "12 min"},
        {"label": "Who made it, and why", "status": "current", "url": "#", "meta": "15 min"},
        {"label": "Fit for purpose", "status": "todo", "meta": "20 min"},
        {"label": "Searching well", "status": "skipped", "meta": "You already hold this"},
    ],
    "crumbs": [
        {"label": "Home", "url": "#"},
        {"label": "Catalogue", "url": "#"},
        {"label": "Finding data"},
    ],
    "nav_tabs": [
        {"label": "Outline", "href": "#", "current": True},
        {"label": "Sessions", "href": "#"},
        {"label": "Feedback", "href": "#"},
    ],
    "page_tabs": [
        {"id": "tab-video", "label": "Video", "content": "The film stands here."},
        {
            "id": "tab-transcript",
            "label": "Transcript",
            "content": "The words of the film stand here.",
        },
    ],
    "head": [
        "Unit",
        {"text": "People", "numeric": True, "sort_url": "#", "sort": "descending"},
        {"text": "Hold it", "numeric": True},
        "State",
    ],
    "rows": [
        [
            "Ministry of Water",
            {"text": "1,204", "numeric": True},
            {"text": "812", "numeric": True},
            {"text": "On track", "tag": "success"},
        ],
        [
            {"text": "Ministry of Works", "href": "#"},
            {"text": "640", "numeric": True},
            {"text": "201", "numeric": True},
            {"text": "Behind", "tag": "warning"},
        ],
    ],
    "heat_columns": ["Finding data", "Describing data", "Personal data", "AI at work"],
    "heat_rows": [
        {
            "label": "Water",
            "href": "#",
            "cells": [0.97, 0.64, 0.41, {"suppressed": True, "value": 1}],
        },
        {"label": "Works", "cells": [0.82, 0.35, 0.12, 0.05]},
        {"label": "Health", "cells": [{"value": 0.71, "href": "#"}, 0.55, 0.9, None]},
    ],
    "bars": [
        {"label": "Ministry of Water", "value": 0.72},
        {"label": "Ministry of Works", "value": 0.31, "tone": "coral"},
        {"label": "Ministry of Health and Social Care", "value": 0.88},
    ],
    "months": ["Jan", "Feb", "Mar", "Apr", "May", "Jun"],
    "series": [
        {"label": "Whole service", "values": [0.12, 0.2, 0.31, 0.38, 0.52, 0.61]},
        {"label": "Front line", "values": [0.08, 0.11, None, 0.22, 0.3, 0.44]},
    ],
    "facts": [
        {"label": "hold the baseline", "value": "61%", "note": "of 4,812 people"},
        {"label": "hours learned this month", "value": "2,940"},
        {"label": "credentials issued", "value": "318"},
    ],
    "details": [
        {"label": "Name", "value": "Amina Okafor", "href": "#", "action": "Change"},
        {"label": "Position", "value": "Policy analyst"},
    ],
    "options": [
        {"value": "a", "label": "The rate per 1,000 people"},
        {"value": "b", "label": "The count of cases", "hint": "Whole number, not adjusted"},
        {"value": "c", "label": "The change since last year", "checked": True},
    ],
    "card_meta": [{"icon": "clock", "text": "1 h 10"}, {"icon": "chart", "text": "Foundation"}],
}


def library(request: HttpRequest) -> HttpResponse:
    sent = request.method == "POST" or "errors" in request.GET
    form = SampleForm(request.POST if request.method == "POST" else ({} if sent else None))
    at = now()
    context = {
        **SAMPLES,
        "sample": form,
        "at": at,
        "deadline": at + timedelta(minutes=12),
        "icons": list(ICONS),
    }
    return render(request, "patterns.html", context)
