"""Fields: label or legend, hint and error tied to the control by id."""

import datetime

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile

from academy.core.fields import LocalizedFormField
from academy.core.forms import DateInput, FileInput


class Sample(forms.Form):
    name = forms.CharField(label="Name", help_text="As printed.")
    channel = forms.ChoiceField(
        label="Channel",
        help_text="Any.",
        choices=[("a", "A"), ("b", "B")],
        widget=forms.RadioSelect,
    )
    needs = forms.MultipleChoiceField(
        label="Needs", choices=[("x", "X")], widget=forms.CheckboxSelectMultiple
    )
    begins = forms.DateField(label="First day", widget=DateInput)
    agree = forms.BooleanField(label="I agree", help_text="Read it first.")
    title = LocalizedFormField(label="Title", required=False)
    paper = forms.FileField(
        label="Paper", help_text="PDF.", widget=FileInput(accept=".pdf"), required=False
    )


def drawn(name: str, data=None) -> str:
    return Sample(data)[name].as_field_group()


def test_input_is_labelled_and_described():
    html = drawn("name")
    assert '<label class="govuk-label" for="id_name">Name</label>' in html
    assert 'id="id_name_helptext">As printed.' in html
    assert 'aria-describedby="id_name_helptext"' in html
    assert 'class="govuk-input"' in html


def test_error_stands_at_the_field_and_is_tied_to_it():
    html = drawn("name", {})
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert "Error:" in html


@pytest.mark.parametrize("name", ["channel", "needs", "begins", "title"])
def test_groups_are_fieldsets_with_a_legend(name):
    html = drawn(name)
    assert f'<fieldset class="govuk-fieldset" id="id_{name}"' in html
    assert '<legend class="govuk-fieldset__legend">' in html


def test_radio_group_describes_the_fieldset_and_labels_each_option():
    html = drawn("channel", {})
    assert 'aria-describedby="id_channel_helptext id_channel_error"' in html
    assert 'class="govuk-radios__input"' in html
    assert 'for="id_channel_1">B</label>' in html


def test_one_checkbox_is_not_a_group():
    html = drawn("agree")
    assert "<fieldset" not in html
    assert 'aria-describedby="id_agree_helptext"' in html
    assert html.count("Read it first.") == 1


def test_optional_fields_say_so():
    assert "(optional)" in drawn("paper")
    assert "(optional)" not in drawn("name")


def test_file_is_labelled_and_described():
    html = drawn("paper")
    assert '<label class="govuk-label" for="id_paper">' in html
    assert 'accept=".pdf"' in html
    assert 'aria-describedby="id_paper_helptext"' in html
    form = Sample({}, {"paper": SimpleUploadedFile("a.pdf", b"x")})
    assert "paper" not in form.errors


def test_whole_form_opens_with_a_summary_that_links_to_each_control():
    html = str(Sample({}))
    assert "data-error-summary" in html
    for target in ("id_name", "id_channel_0", "id_needs_0", "id_begins_0", "id_agree"):
        assert f'<a href="#{target}">' in html
        assert f'id="{target}"' in html


def test_a_form_nobody_sent_has_no_summary():
    assert "data-error-summary" not in str(Sample())


def test_form_wide_errors_are_in_the_summary():
    form = Sample({})
    form.add_error(None, "These two do not agree.")
    assert "<li>These two do not agree.</li>" in str(form)


def test_localized_field_has_one_labelled_input_a_language():
    html = drawn("title")
    assert 'for="id_title_0">English</label>' in html
    assert 'for="id_title_1">Français</label>' in html
    assert 'lang="fr"' in html


def parts(day, month, year):
    return {"begins_day": day, "begins_month": month, "begins_year": year}


def test_date_in_three_parts():
    form = Sample(parts("7", " 3", "2027"))
    assert "begins" not in form.errors
    assert form.cleaned_data["begins"] == datetime.date(2027, 3, 7)


def test_impossible_date_is_refused_and_shown_again():
    form = Sample(parts("31", "2", "2027"))
    assert form.errors["begins"]
    assert 'value="31"' in str(form["begins"])


def test_no_date_at_all_is_a_missing_date():
    assert Sample(parts("", "", "")).errors.as_data()["begins"][0].code == "required"


def test_date_shows_what_is_stored():
    html = str(Sample(initial={"begins": datetime.date(2027, 3, 7)})["begins"])
    assert 'value="7"' in html
    assert 'value="2027"' in html
