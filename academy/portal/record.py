"""My record: the timeline, each statement of it, and the statements behind each claim."""

import json
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from academy.competencies.models import Competency, CompetencyRecord, ProficiencyLevel
from academy.core.clock import now
from academy.core.errors import NotFound
from academy.portal.export import request_export
from academy.portal.forms import RecordFilter
from academy.portal.tasks import make_export
from academy.portal.timeline import (
    Timeline,
    entries_of,
    entry_of,
    is_withheld,
    shown,
)
from academy.portal.views import gap_of
from academy.xapi.models import PersonExport, Statement
from academy.xapi.rights import statements_by
from academy.xapi.vocabulary import badges, cmi5
from assessments.models import Attempt
from courses.models import ModuleCompletion, PlanItem
from credentials.models import Credential


@login_required
@require_safe
@never_cache
def record(request: HttpRequest) -> HttpResponse:
    """Everything recorded about the person, newest first, page by page."""
    form = RecordFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    timeline = Timeline(request.user, request.GET.get("before", ""), **chosen)
    is_filtered = any(chosen.values())
    return render(
        request,
        "portal/record.html",
        {
            "timeline": timeline,
            "form": form,
            "is_filtered": is_filtered,
            "gap": gap_of(request.user) if timeline.is_first and not is_filtered else [],
        },
        status=400 if form.errors else 200,
    )


# --- One statement --------------------------------------------------------------------------------


def _own_statement(request: HttpRequest, statement_id: UUID) -> Statement:
    row = statements_by(request.user).by_ids([statement_id]).first()
    if row is None:
        raise NotFound(_("There is no such statement in your record."))
    return row


def _as_json(row: Statement) -> str:
    return json.dumps(shown(row.document), ensure_ascii=False, indent=2)


@login_required
@require_safe
@never_cache
def statement(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """One statement as the record keeps it, in words and as it stands there."""
    row = _own_statement(request, statement_id)
    return render(
        request,
        "portal/statement.html",
        {
            "row": row,
            "entry": entry_of(row),
            "json": _as_json(row),
            "is_withheld": is_withheld(row.document),
        },
    )


@login_required
@require_safe
@never_cache
def statement_json(request: HttpRequest, statement_id: UUID) -> HttpResponse:
    """The statement as a file."""
    row = _own_statement(request, statement_id)
    return HttpResponse(
        _as_json(row),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="statement-{row.statement_id}.json"'
        },
    )


# --- What a claim rests on ------------------------------------------------------------------------


def _evidence(
    request: HttpRequest, title: object, ids: list, *, facts: list | None = None
) -> HttpResponse:
    return render(
        request,
        "portal/evidence.html",
        {"subject": title, "facts": facts or [], "entries": entries_of(request.user, ids)},
    )


@login_required
@require_safe
@never_cache
def competency_evidence(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Why a competency is said to be held or placed: each record, and its statements."""
    competency = get_object_or_404(Competency, uuid=uuid)
    records = list(
        CompetencyRecord.objects.filter(learner=request.user, competency=competency).order_by(
            "-valid_from", "-id"
        )
    )
    if not records:
        raise NotFound(_("Nothing is recorded for you in this competency."))
    bands = {
        level.number: level.band_title
        for level in ProficiencyLevel.objects.filter(framework=competency.framework_id)
    }
    facts = [
        {
            "basis": one.get_basis_display(),
            "level": one.level if one.basis == CompetencyRecord.Basis.HELD else None,
            "band": bands.get(one.level),
            "since": one.valid_from,
            "until": one.valid_to,
        }
        for one in records
    ]
    ids = [statement for one in records for statement in one.evidence.get("statements", [])]
    return _evidence(request, f"{competency.code} {competency.title}", ids, facts=facts)


@login_required
@require_safe
@never_cache
def plan_evidence(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Why a module of the plan counts as proven, or may be skipped."""
    item = get_object_or_404(
        PlanItem.objects.select_related("module"), uuid=uuid, learner=request.user
    )
    attempts = ModuleCompletion.objects.filter(learner=request.user, module=item.module)
    wanted = [*attempts.values_list("attempt", flat=True), item.skip_attempt]
    graded = Attempt.objects.filter(learner=request.user, uuid__in=[one for one in wanted if one])
    return _evidence(
        request, item.module.title, list(graded.values_list("statement_id", flat=True))
    )


@login_required
@require_safe
@never_cache
def credential_evidence(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """What a certificate rests on: the assessments it names, and what its enrolment proved."""
    credential = get_object_or_404(
        Credential.objects.select_related("course", "enrollment"), uuid=uuid, learner=request.user
    )
    within = (
        statements_by(request.user)
        .visible()
        .filter(
            registration=credential.enrollment.uuid, verb__in=[cmi5.SATISFIED.id, badges.EARNED.id]
        )
    )
    ids = [
        *credential.award.get("evidence", {}).get("statements", []),
        *within.values_list("statement_id", flat=True),
    ]
    return _evidence(request, credential.award["title"], ids)


# --- A copy to take along -------------------------------------------------------------------------


def _own_export(request: HttpRequest, uuid: UUID) -> PersonExport:
    return get_object_or_404(PersonExport, uuid=uuid, person=request.user)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def copy(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of the record, see how far it is, and fetch it."""
    if request.method == "POST":
        export = request_export(person=request.user, language=get_language())
        make_export.delay_on_commit(export.pk)
        return redirect("portal:copy")
    latest = PersonExport.objects.filter(person=request.user).first()
    return render(request, "portal/copy.html", {"export": latest})


@login_required
@require_safe
@never_cache
def copy_status(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """How far a copy is, fetched again by the page until it is there."""
    return render(request, "portal/_copy.html", {"export": _own_export(request, uuid)})


@login_required
@require_safe
@never_cache
def copy_file(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The file, for its person alone and for as long as it is kept."""
    export = _own_export(request, uuid)
    if export.state != PersonExport.State.DONE or export.expires_at <= now():
        raise NotFound(_("This copy is not there, or no longer. Ask for a new one."))
    return FileResponse(
        export.file.open("rb"),
        as_attachment=True,
        filename=f"record-{export.finished_at:%Y-%m-%d}.zip",
        content_type="application/zip",
    )
