"""QTI 3.0, whose elements begin with `qti-`."""

from tests.assessments.exchange.files import (
    CHOICE3,
    DECLARED3,
    NS3,
    archive,
    changes,
    item3,
    only,
    parts,
    read,
    refusal,
    taken,
)


def test_a_choice():
    item = taken(item3(f"<p>Pick.</p>{CHOICE3}", DECLARED3))
    assert (item.kind, item.source_id) == ("single", "item-3")
    assert item.source.stem == "<p>Pick.</p><p>Which?</p>"
    assert parts(item, "text", "correct") == [("One", True), ("Two", False)]
    assert changes(item) == ""


def test_shared_text_catalogue_companion_materials_and_extensions():
    source = item3(
        f'<p data-catalog-idref="c1" data-vendor-x="1">Pick.</p>{CHOICE3}',
        '<qti-assessment-stimulus-ref identifier="S" href="texts/s.xml" title="T"/>'
        "<qti-companion-materials-info><qti-calculator/></qti-companion-materials-info>"
        + DECLARED3,
        after='<qti-catalog-info><qti-catalog id="c1"><qti-card support="keyword-translation">'
        "<qti-html-content>Choisir</qti-html-content></qti-card></qti-catalog></qti-catalog-info>",
    )
    stimulus = (
        f'<qti-assessment-stimulus xmlns="{NS3}" identifier="S"><qti-stimulus-body>'
        "<h2>Once</h2></qti-stimulus-body></qti-assessment-stimulus>"
    )
    [item] = read(archive({"i.xml": source, "texts/s.xml": stimulus})).items
    assert not item.is_refused, item.notes
    assert item.source.stem == "<p><b>Once</b></p><p>Pick.</p><p>Which?</p>"
    for said in ("catalogInfo", "calculator", "data-catalog-idref", "data-vendor-x", "texts/s.xml"):
        assert said in changes(item)


def test_feedback_with_a_content_body_and_processing_of_the_items_own():
    feedback = (
        '<qti-modal-feedback outcome-identifier="FEEDBACK" identifier="A" show-hide="show">'
        "<qti-content-body><p>Yes.</p></qti-content-body></qti-modal-feedback>"
    )
    source = item3(CHOICE3, DECLARED3, after=feedback)
    assert parts(taken(source), "feedback") == [("Yes.",), ("",)]
    body = f'{CHOICE3}<qti-feedback-block outcome-identifier="FEEDBACK" identifier="correct" show-hide="show"><qti-content-body>All right!</qti-content-body></qti-feedback-block>'
    item = taken(item3(body, DECLARED3))
    assert "All right!" in item.source.explanation
    assert "All right!" not in item.source.stem


def test_pictures_that_nothing_describes_are_no_options():
    choice = CHOICE3.replace(">One<", '><img src="a.png" alt=""/><').replace(
        ">Two<", '><img src="b.png" alt="A ring"/><'
    )
    assert "no words" in refusal(only(item3(choice, DECLARED3)))
    described = choice.replace('alt=""', 'alt="A square"')
    assert parts(taken(item3(described, DECLARED3)), "text") == [("[A square]",), ("[A ring]",)]


def test_portable_custom_interactions_are_refused_by_their_type():
    body = (
        '<p>Do.</p><qti-portable-custom-interaction response-identifier="RESPONSE" '
        'custom-interaction-type-identifier="urn:vendor:likert"/>'
    )
    assert "urn:vendor:likert" in refusal(only(item3(body, DECLARED3)))
