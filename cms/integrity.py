"""The trainers' page of hints. No name is on it until a human opens a hint, and that is logged."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.log_actions import LogActionRegistry, log

from assessments.integrity import (
    SMALLEST_GROUP,
    FastHint,
    Hints,
    hints_for,
    is_fast,
    same_form,
    seconds_to_read,
)
from assessments.item_types import item_type_for
from assessments.models import Assessment, Attempt, Response
from cms.admin_pages import AdminPage
from cms.arranging import edit_url

OPENED = "assessments.open_hint"


class HintView(AdminPage):
    header_icon = "view"

    @cached_property
    def assessment(self) -> Assessment:
        return get_object_or_404(Assessment, pk=self.kwargs["pk"])

    def get_breadcrumbs_items(self) -> list[dict]:
        self.parents = (
            (reverse("wagtailsnippets_assessments_assessment:list"), _("Assessments")),
            (edit_url(self.assessment), str(self.assessment)),
        )
        return super().get_breadcrumbs_items()

    @cached_property
    def hints(self) -> Hints:
        return hints_for(self.assessment)


class HintsView(HintView):
    """What stands out among the answers, with the base rates. Four queries of ours."""

    http_method_names = ["get", "head", "options"]
    template_name = "cms/admin/hints.html"
    page_title = _("Hints about the answers")

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.show(assessment=self.assessment, hints=self.hints, smallest=SMALLEST_GROUP)


class OpenHintView(HintView):
    """One hint with its names and answers. Only what is a hint now can be opened, by a button."""

    http_method_names = ["post", "options"]
    template_name = "cms/admin/hint.html"
    page_title = _("A hint")

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        hint = self.hints.find(request.POST.get("hint", ""))
        if hint is None:
            messages.error(request, gettext("This is no longer a hint."))
            return redirect("running:hints", self.assessment.pk)
        log(instance=self.assessment, action=OPENED, user=request.user, data={"hint": hint.key})
        if isinstance(hint, FastHint):
            context = {"fast": hint, **_fast_rows(hint)}
        else:
            context = {"similar": hint, **_similar_rows(hint)}
        return self.show(assessment=self.assessment, hints=self.hints, **context)


def _attempts(*uuids) -> list[Attempt]:
    found = Attempt.objects.filter(uuid__in=uuids).select_related("learner")
    by_uuid = {attempt.uuid: attempt for attempt in found}
    return [by_uuid[uuid] for uuid in uuids]


def _responses(attempt: Attempt) -> list[Response]:
    return list(attempt.responses.select_related("item_version__item"))


def _fast_rows(hint: FastHint) -> dict:
    [attempt] = _attempts(hint.attempt)
    rows = [
        {
            "number": response.position + 1,
            "code": response.item_version.item.code,
            "seconds": response.seconds,
            "least": seconds_to_read(response.item_version.words(response.language)),
            "right": response.score == 1,
        }
        for response in _responses(attempt)
        if is_fast(response, response.item_version)
    ]
    return {"people": [attempt.learner], "rows": rows}


def _similar_rows(hint) -> dict:
    first, second = _attempts(*hint.attempts)
    theirs = {response.item_version_id: response for response in _responses(second)}
    rows = []
    for response in _responses(first):
        other = theirs.get(response.item_version_id)
        if other is None or None in (response.answer, other.answer):
            continue
        if 1 in (response.score, other.score):
            continue
        item_type = item_type_for(response.item_version.content["type"])
        rows.append(
            {
                "code": response.item_version.item.code,
                "same": same_form(response.answer) == same_form(other.answer),
                "numbers": (response.position + 1, other.position + 1),
                "answers": [item_type.pattern(one.answer) for one in (response, other)],
            }
        )
    return {"people": [first.learner, second.learner], "rows": rows}


def register_actions(actions: LogActionRegistry) -> None:
    actions.register_action(OPENED, _("Open a hint"), _("Opened a hint about answers"))
