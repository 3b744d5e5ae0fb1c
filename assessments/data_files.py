"""The tables of data tasks as files: a learner's own, and a sample for whoever writes the question."""

import re
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from academy.core.clock import now
from academy.core.errors import AcademyError, NotFound
from academy.people.decorators import role_required
from academy.people.roles import TRAINER
from assessments import statements
from assessments.data_tasks.files import TYPES, WRITERS
from assessments.item_types import Asked, item_type_for
from assessments.item_types.data import dataset, headings
from assessments.models import Attempt, ItemContent, Response
from assessments.secure_browser import require_secure_browser
from assessments.services import asked_in, document_of


def _file(asked: Asked, format: str) -> HttpResponse:
    if asked.document["type"] != "data" or format not in WRITERS:
        raise NotFound(_("This question has no such table."))
    words = asked.words
    data = WRITERS[format](dataset(asked), headings(words), asked.language)
    response = HttpResponse(data, content_type=TYPES[format])
    name = re.sub(r"[^\w-]+", "-", words.get("file") or "").strip("-") or "data"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{format}"'
    return response


@login_required
@require_safe
@never_cache
def own(request: HttpRequest, uuid: UUID, number: int, format: str) -> HttpResponse:
    """The table of one's own question, while it is answered and afterwards: the same each time."""
    attempt = get_object_or_404(
        Attempt.objects.select_related("assessment", "learner"),
        uuid=uuid,
        learner=request.user,
    )
    if attempt.status == Attempt.Status.IN_PROGRESS:
        require_secure_browser(request, attempt.assessment)
    response = get_object_or_404(
        Response.objects.select_related("item_version__item", "attempt"),
        attempt=attempt,
        position=number - 1,
    )
    asked = asked_in(response, get_language())
    file = _file(asked, format)
    if request.method == "GET":
        with transaction.atomic():
            statements.data_taken(attempt, response, at=now())
    return file


@role_required(TRAINER)
@require_safe
@never_cache
def sample(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    """A table of the draft that was saved last. `?seed=` draws another one."""
    kept = get_object_or_404(ItemContent, pk=pk)
    content = kept.get_latest_revision_as_object()
    if content.item_type != "data":
        raise NotFound(_("This question has no such table."))
    if problem := item_type_for("data").problem(content):
        raise AcademyError(problem)
    seed = request.GET.get("seed", "")[:40] or f"preview:{content.pk}"
    language = content.locale.language_code
    return _file(Asked(document=document_of(content), language=language, seed=seed), format)
