"""The editor of questions: it shows what the chosen kind of question has, and nothing else."""

import json

import django_filters
from django import forms
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.admin.ui.tables import Column
from wagtail.admin.widgets import AdminPageChooser
from wagtail.blocks.stream_block import StreamBlockAdapter

from assessments.blocks import OptionsBlock
from assessments.item_types import ITEM_TYPE_CHOICES, item_type_for
from assessments.models import ItemContent
from assessments.models.bank import ItemBarrier
from cms.models import LessonPage


def kinds_of_question() -> dict:
    """What each kind has: its blocks, its fields, and what it takes to answer whatever is written."""
    kinds = [item_type_for(code) for code, _label in ITEM_TYPE_CHOICES]
    return {
        kind.code: {
            "blocks": kind.blocks,
            "fields": kind.fields,
            "barriers": sorted(kind.barriers),
        }
        for kind in kinds
    }


class QuestionForm(WagtailAdminModelForm):
    """A draft may be unfinished; what is published may not."""

    barriers = forms.MultipleChoiceField(
        label=_("What it takes to answer"),
        choices=ItemBarrier,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Tick what not everybody has. Said of the question, never of people."),
    )
    lesson = forms.ModelChoiceField(
        label=_("Lesson that teaches it"),
        queryset=LessonPage.objects.all(),
        widget=AdminPageChooser(target_models=[LessonPage]),
        required=False,
        help_text=_("Shown with the result, for those who want to learn it."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "item_type" in self.fields:
            kinds = json.dumps(kinds_of_question(), cls=DjangoJSONEncoder)
            self.fields["item_type"].widget.attrs["data-question-kinds"] = kinds
        if self.instance.lesson_uuid and "lesson" in self.fields:
            self.fields["lesson"].initial = self.initial["lesson"] = self._page()

    def _page(self) -> LessonPage | None:
        """The lesson's page in the question's language, or in the one it was first written in."""
        pages = LessonPage.objects.filter(translation_key=self.instance.lesson_uuid)
        own = pages.filter(locale=self.instance.locale_id).first()
        return own or pages.order_by("pk").first()

    def _post_clean(self):
        self.instance.is_unfinished = self.is_deferred_validation
        if "lesson" in self.cleaned_data:
            page = self.cleaned_data["lesson"]
            if page is not None or self._page() is not None:  # a lesson without a page stays
                self.instance.lesson_uuid = page.translation_key if page else None
        super()._post_clean()


class OptionsAdapter(StreamBlockAdapter):
    """Offers the blocks of the chosen kind of question only."""

    js_constructor = "academy.questions.OptionsBlock"

    @cached_property
    def media(self):
        media = super().media
        return media + forms.Media(js=[versioned_static("cms/admin/questions.js")])


register(OptionsAdapter(), OptionsBlock)


# --- List -----------------------------------------------------------------------------------------


class BarriersColumn(Column):
    """What it takes to answer, in a word each."""

    WORDS = {
        ItemBarrier.SIGHT: _("sight"),
        ItemBarrier.COLOUR: _("colours"),
        ItemBarrier.POINTER: _("pointer"),
        ItemBarrier.SPEED: _("speed"),
    }

    def __init__(self, **kwargs):
        super().__init__("barriers", label=_("Takes"), **kwargs)

    def get_value(self, question: ItemContent) -> str:
        barriers = {*question.barriers, *item_type_for(question.item_type).barriers}
        return ", ".join(str(words) for code, words in self.WORDS.items() if code in barriers)


class QuestionFilterSet(WagtailFilterSet):
    barriers = django_filters.MultipleChoiceFilter(
        label=_("What it takes to answer"),
        choices=[*ItemBarrier.choices, ("none", _("nothing that not everybody has"))],
        method="with_barriers",
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ItemContent
        fields = ["bank", "item_type", "level", "status", "live", "competency"]

    def with_barriers(self, questions: QuerySet, name: str, values: list[str]) -> QuerySet:
        """Questions with any of them, said by their author or by their kind."""
        kinds = {code: item_type_for(code).barriers for code, _label in ITEM_TYPE_CHOICES}
        questions = questions.annotate(_barriers=Cast("barriers", TextField()))
        found = questions.none()
        for value in values:
            if value == "none":
                free = [code for code, barriers in kinds.items() if not barriers]
                found |= questions.filter(_barriers="[]", item_type__in=free)
            else:
                taking = [code for code, barriers in kinds.items() if value in barriers]
                found |= questions.filter(_barriers__contains=f'"{value}"')
                found |= questions.filter(item_type__in=taking)
        return found
