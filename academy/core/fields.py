"""Short names kept beside language-neutral rows: titles of frameworks, units, modules."""

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import get_language


class Localized(dict):
    """`{"en": "…", "fr": "…"}`; as a string, the words of the active language.

    Falls back to the default language, then to any language that has words.
    """

    def __str__(self) -> str:
        return self.in_language(get_language() or settings.LANGUAGE_CODE)

    def in_language(self, language: str) -> str:
        return (
            self.get(language)
            or self.get(language.split("-")[0])
            or self.get(settings.LANGUAGE_CODE)
            or next((words for words in self.values() if words), "")
        )


class LocalizedWidget(forms.MultiWidget):
    """One labelled input for each language of the site."""

    template_name = "components/localized_widget.html"

    def __init__(self, attrs=None, long: bool = False):
        kind = forms.Textarea if long else forms.TextInput
        super().__init__(
            {code: kind({**(attrs or {}), "lang": code}) for code, _ in settings.LANGUAGES}, attrs
        )

    def decompress(self, value):
        value = value or {}
        return [value.get(code, "") for code, _ in settings.LANGUAGES]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for part, (_code, label) in zip(
            context["widget"]["subwidgets"], settings.LANGUAGES, strict=True
        ):
            part["language_label"] = label
            part["attrs"]["aria-label"] = label
            part["attrs"].pop("required", None)
        return context


class LocalizedFormField(forms.MultiValueField):
    """The form side of `LocalizedField`: required means words in the default language."""

    def __init__(self, *, long: bool = False, **kwargs):
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        required = kwargs.pop("required", True)
        fields = [
            forms.CharField(required=required and code == settings.LANGUAGE_CODE)
            for code, _ in settings.LANGUAGES
        ]
        kwargs["widget"] = LocalizedWidget(long=long)
        super().__init__(fields, required=required, require_all_fields=False, **kwargs)

    def compress(self, values):
        return {
            code: words
            for (code, _), words in zip(settings.LANGUAGES, values or [], strict=False)
            if words
        }

    def has_changed(self, initial, data):
        return super().has_changed(self.widget.decompress(initial), data)


class LocalizedField(models.JSONField):
    """Words by language code, read back as `Localized`."""

    def __init__(self, *args, long: bool = False, **kwargs):
        self.long = long
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value, expression, connection):
        value = super().from_db_value(value, expression, connection)
        return None if value is None else Localized(value)

    def to_python(self, value):
        value = super().to_python(value)
        return Localized(value) if isinstance(value, dict) else value

    def formfield(self, **kwargs):
        return LocalizedFormField(
            long=self.long,
            required=not self.blank,
            label=self.verbose_name,
            help_text=self.help_text,
        )
