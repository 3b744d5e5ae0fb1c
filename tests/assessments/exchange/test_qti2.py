"""QTI 2.1 and 2.2: items as TAO, Inspera and the standard's own examples write them."""

import pytest

from assessments.exchange.model import Unreadable
from tests.assessments.exchange.files import (
    CHOICE,
    NS2,
    PICTURE,
    archive,
    changes,
    choice2,
    declared,
    item2,
    manifest,
    mapping,
    only,
    parts,
    read,
    refusal,
    taken,
)

OBJECT = '<object type="image/png" data="map.png" width="400" height="200">A map</object>'


def with_picture(source: str):
    return read(
        archive({"imsmanifest.xml": manifest(("I", "i.xml")), "i.xml": source, "map.png": PICTURE})
    )


def graphic(source: str):
    [item] = with_picture(source).items
    assert not item.is_refused, item.notes
    return item


def test_a_choice_with_one_right_option():
    item = taken(choice2())
    assert (item.kind, item.source_id, item.title) == ("single", "item-1", "A title")
    assert item.source.stem == "<p>Pick one.</p><p>Which?</p>"
    assert parts(item, "text", "correct") == [("One", False), ("Two", True)]
    assert [part.ident for part in item.source.parts] == ["A", "B"]
    assert changes(item) == ""


@pytest.mark.parametrize(
    "template",
    [
        "match_correct",
        "match_correct.xml",
        "https://purl.imsglobal.org/spec/qti/v2p2/rptemplates/match_correct",
        "http://www.imsglobal.org/question/qti_v2p0/rptemplates/match_correct",
        "http://www.imsglobal.org/question/qtiv2p2/rptemplates/CC2_match_basic.xml",
    ],
)
def test_variations_of_a_templates_address(template):
    assert changes(taken(choice2(processing=template))) == ""


def test_an_unknown_template_is_said():
    item = taken(choice2(processing="http://vendor.example/rp/weighted"))
    assert "weighted" in changes(item)


@pytest.mark.parametrize(
    "shape",
    [
        lambda text: (
            text.replace(f'xmlns="{NS2}"', f'xmlns:q="{NS2}"')
            .replace("<", "<q:")
            .replace("<q:/", "</q:")
            .replace("<q:?xml", "<?xml")
            .replace("<q:![", "<![")
        ),
        lambda text: text.replace(NS2, "http://vendor.example/qti"),
        lambda text: text.replace(f' xmlns="{NS2}"', "").replace(" xmlns:xsi", " xmlns:xsi"),
    ],
    ids=["prefix", "other namespace", "no namespace"],
)
def test_namespaces_do_not_matter(shape):
    item = taken(shape(choice2()))
    assert parts(item, "text", "correct") == [("One", False), ("Two", True)]


def test_many_choices_with_no_limit_and_mapped_points():
    body = CHOICE.replace('maxChoices="1"', 'maxChoices="0"')
    even = item2(
        body,
        declared("A", "B", cardinality="multiple", mapping=mapping(A=1, B=1)),
        processing="map_response",
    )
    item = taken(even)
    assert (item.kind, item.scoring) == ("multiple", "each")
    negative = taken(even.replace('defaultValue="0"', 'defaultValue="-1"'))
    assert negative.scoring == "penalty"
    uneven = taken(even.replace('mapKey="A" mappedValue="1"', 'mapKey="A" mappedValue="2"'))
    assert "counts the same" in changes(uneven)
    assert taken(even.replace("map_response", "match_correct")).scoring == "all"


def test_the_key_is_taken_from_the_mapping_where_it_stands_there_alone():
    source = item2(CHOICE, declared(mapping=mapping(A=0.5, B=1)), processing="map_response")
    item = taken(source)
    assert parts(item, "correct") == [(False,), (True,)]
    assert "partly right" in changes(item)


def test_feedback_of_options_and_of_the_whole():
    body = CHOICE.replace(
        "One</simpleChoice>",
        'One<feedbackInline outcomeIdentifier="FEEDBACK" identifier="A" showHide="show">No.'
        "</feedbackInline></simpleChoice>",
    )
    after = (
        '<modalFeedback outcomeIdentifier="FEEDBACK" identifier="B" showHide="show"><p>Yes.</p>'
        '</modalFeedback><modalFeedback outcomeIdentifier="FEEDBACK" identifier="incorrect" '
        'showHide="show">Look again.</modalFeedback>'
    )
    item = taken(item2(body, declared("B"), after=after))
    assert parts(item, "text", "feedback") == [("One", "No."), ("Two", "Yes.")]
    assert item.source.explanation == "<p>Look again.</p>"
    assert "Feedback incorrect" in changes(item)


def test_own_response_processing_is_not_run_and_named():
    custom = (
        "<responseProcessing><responseCondition><responseIf><member><baseValue "
        'baseType="identifier">A</baseValue><variable identifier="RESPONSE"/></member>'
        '<setOutcomeValue identifier="SCORE"><customOperator class="x"/></setOutcomeValue>'
        "</responseIf></responseCondition></responseProcessing>"
    )
    item = taken(choice2(processing=custom))
    assert "not run" in changes(item)
    assert "customOperator" in changes(item)
    without = only(item2(CHOICE, declared(), processing=custom))
    assert "not run" in refusal(without)


def test_processing_that_says_what_the_template_says_is_no_news():
    inline = (
        "<responseProcessing><responseCondition><responseIf><match>"
        '<variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'
        '<setOutcomeValue identifier="SCORE"><baseValue baseType="float">1</baseValue>'
        '</setOutcomeValue></responseIf><responseElse><setOutcomeValue identifier="SCORE">'
        '<baseValue baseType="float">0</baseValue></setOutcomeValue></responseElse>'
        "</responseCondition></responseProcessing>"
    )
    assert changes(taken(choice2(processing=inline))) == ""
    assert "not run" in changes(taken(choice2(processing=inline.replace(">1<", ">4<"))))


def test_order_match_and_associate():
    order = (
        '<orderInteraction responseIdentifier="RESPONSE" shuffle="true"><prompt>Order.</prompt>'
        '<simpleChoice identifier="C">third</simpleChoice><simpleChoice identifier="A">first'
        '</simpleChoice><simpleChoice identifier="B">second</simpleChoice></orderInteraction>'
    )
    item = taken(item2(order, declared("A", "B", "C", cardinality="ordered")))
    assert parts(item, "text") == [("first",), ("second",), ("third",)]
    short = only(item2(order, declared("A", "B", cardinality="ordered")))
    assert "all parts in order" in refusal(short)

    def choices(*names: str) -> str:
        return "".join(
            f'<simpleAssociableChoice identifier="{one}" matchMax="1">{one} text'
            "</simpleAssociableChoice>"
            for one in names
        )

    match = (
        '<matchInteraction responseIdentifier="RESPONSE" maxAssociations="2" shuffle="true">'
        f"<simpleMatchSet>{choices('P', 'Q', 'R')}</simpleMatchSet>"
        f"<simpleMatchSet>{choices('X', 'Y', 'Z')}</simpleMatchSet></matchInteraction>"
    )
    pairs = declared("P X", "Y Q", cardinality="multiple", base_type="directedPair")
    item = taken(item2(f"<p>Match.</p>{match}", pairs))
    assert parts(item, "prompt", "match") == [
        ("P text", "X text"),
        ("Q text", "Y text"),
        ("", "Z text"),
    ]
    assert "Nothing belongs to it" in changes(item)
    twice = declared("P X", "P Y", cardinality="multiple", base_type="directedPair")
    assert "one belongs to each" in refusal(only(item2(f"<p>Match.</p>{match}", twice)))

    associate = (
        '<associateInteraction responseIdentifier="RESPONSE" maxAssociations="1">'
        f"{choices('P', 'Q', 'R')}</associateInteraction>"
    )
    item = taken(
        item2(f"<p>Pair.</p>{associate}", declared("P Q", cardinality="multiple", base_type="pair"))
    )
    assert parts(item, "prompt", "match") == [("P text", "Q text"), ("", "R text")]
    assert "matching" in changes(item)


def test_gaps_of_every_kind():
    inline = (
        '<p>A <inlineChoiceInteraction responseIdentifier="R1" shuffle="false">'
        '<inlineChoice identifier="x">cat</inlineChoice><inlineChoice identifier="y">dog'
        "</inlineChoice></inlineChoiceInteraction> says <textEntryInteraction "
        'responseIdentifier="R2" expectedLength="9"/>.</p>'
    )
    declarations = declared("y", name="R1") + declared(
        "woof", name="R2", base_type="string", mapping=mapping(woof=1, wuff=1, bow=0.5)
    )
    item = taken(item2(inline, declarations, processing="map_response"))
    assert item.source.stem == "<p>A [[1]] says [[2]].</p>"
    assert parts(item, "kind", "answers") == [
        ("choice", ["dog", "cat"]),
        ("typed", ["woof", "wuff"]),
    ]
    assert "partly right" in changes(item)

    gap_match = (
        '<gapMatchInteraction responseIdentifier="RESPONSE" shuffle="false"><prompt>Fill.</prompt>'
        '<gapText identifier="w" matchMax="1">winter</gapText><gapText identifier="s" '
        'matchMax="1">summer</gapText><blockquote><p>Now is the <gap identifier="G1"/> of our '
        '<gap identifier="G2"/>.</p></blockquote></gapMatchInteraction>'
    )
    pairs = declared("w G1", "s G2", cardinality="multiple", base_type="directedPair")
    item = taken(item2(gap_match, pairs))
    assert item.source.stem == "<p>Fill.</p><p>Now is the [[1]] of our [[2]].</p>"
    assert parts(item, "answers") == [(["winter", "summer"],), (["summer", "winter"],)]
    assert [part.ident for part in item.source.parts] == ["G1", "G2"]


def test_one_entry_at_the_end_is_a_text_or_a_number():
    entry = '<p>How far? <textEntryInteraction responseIdentifier="RESPONSE"/>{}</p>'
    text = taken(item2(entry.format(""), declared("far", base_type="string")))
    assert (text.kind, parts(text, "text", "credit")) == ("short", [("far", 1.0)])
    number = taken(item2(entry.format(" km"), declared("42.195", base_type="float")))
    assert (number.kind, number.numeric_value, number.source.unit) == ("numeric", "42.195", "km")
    assert number.source.stem == "<p>How far?</p>"
    tolerant = (
        "<responseProcessing><responseCondition><responseIf><equal toleranceMode='absolute' "
        "tolerance='0.5 0.5'><variable identifier='RESPONSE'/><correct identifier='RESPONSE'/>"
        "</equal><setOutcomeValue identifier='SCORE'><baseValue baseType='float'>1</baseValue>"
        "</setOutcomeValue></responseIf></responseCondition></responseProcessing>"
    )
    number = taken(item2(entry.format(""), declared("42", base_type="float"), processing=tolerant))
    assert number.numeric_tolerance == "0.5"
    share = tolerant.replace("absolute", "relative").replace("0.5 0.5", "10 10")
    number = taken(item2(entry.format(""), declared("42", base_type="float"), processing=share))
    assert number.numeric_tolerance == "4.2"
    none = only(item2(entry.format(""), declared("a lot", base_type="float")))
    assert "no number" in refusal(none)


def test_text_files_and_sliders():
    essay = (
        '<p>Write.</p><extendedTextInteraction responseIdentifier="RESPONSE" expectedLength="500"/>'
    )
    item = taken(item2(essay, declared("A model answer", base_type="string"), processing=""))
    assert item.kind == "essay"
    assert "A model answer" in changes(item)
    upload = '<p>Send.</p><uploadInteraction responseIdentifier="RESPONSE" type="text/csv"/>'
    item = taken(item2(upload, declared(base_type="file"), processing=""))
    assert item.kind == "file"
    slider = (
        '<p>How sure?</p><sliderInteraction responseIdentifier="RESPONSE" lowerBound="0" '
        'upperBound="10" step="1"/>'
    )
    item = taken(item2(slider, declared("7", base_type="integer")))
    assert (item.kind, item.numeric_value) == ("numeric", "7")
    assert "from 0 to 10" in changes(item)


def test_words_in_a_text_to_choose_from():
    body = (
        '<hottextInteraction responseIdentifier="RESPONSE" maxChoices="1"><prompt>Find it.</prompt>'
        '<p>The <hottext identifier="A">cat</hottext> <hottext identifier="B">sat</hottext>.</p>'
        "</hottextInteraction>"
    )
    item = taken(item2(body, declared("B")))
    assert parts(item, "text", "correct") == [("cat", False), ("sat", True)]
    assert "The cat sat." in item.source.stem
    assert "hottext" in changes(item)


def test_places_on_a_picture_in_per_cent():
    body = (
        f'<p>Where?</p><hotspotInteraction responseIdentifier="RESPONSE" maxChoices="1">{OBJECT}'
        '<hotspotChoice identifier="A" shape="rect" coords="40,20,80,60" hotspotLabel="North"/>'
        '<hotspotChoice identifier="B" shape="circle" coords="200,100,20"/>'
        '<hotspotChoice identifier="C" shape="poly" coords="0,0,40,0,40,20,0,20"/>'
        "</hotspotInteraction>"
    )
    item = graphic(item2(body, declared("A")))
    assert item.kind == "hotspot"
    assert item.source.image_alt == "A map"
    assert parts(item, "label", "x", "y", "width", "height", "correct") == [
        ("North", 10, 10, 10, 20, True),
        ("place 2", 45, 40, 10, 20, False),
        ("place 3", 0, 0, 10, 10, False),
    ]
    assert "rectangles around" in changes(item)
    missing = with_picture(item2(body.replace("map.png", "no.png"), declared("A"))).items[0]
    assert "not in the file" in refusal(missing)


def test_dragging_onto_a_picture_and_setting_points():
    body = (
        f'<p>Tag.</p><graphicGapMatchInteraction responseIdentifier="RESPONSE">{OBJECT}'
        '<gapImg identifier="GLA" matchMax="1"><object type="image/png" data="gla.png">Glasgow'
        '</object></gapImg><gapImg identifier="EDI" matchMax="1"><object type="image/png" '
        'data="img/edi.png"/></gapImg><associableHotspot identifier="H" matchMax="1" shape="rect" '
        'coords="0,0,40,20" hotspotLabel="Left"/></graphicGapMatchInteraction>'
    )
    pairs = declared("GLA H", cardinality="multiple", base_type="directedPair")
    item = graphic(item2(body, pairs))
    assert [
        (part.kind, part.values.get("text"), part.values.get("zone")) for part in item.source.parts
    ] == [
        ("zone", None, None),
        ("token", "Glasgow", "Left"),
        ("token", "edi", ""),
    ]
    assert "name of its file" in changes(item)
    body = f'<p>Point.</p><selectPointInteraction responseIdentifier="RESPONSE">{OBJECT}</selectPointInteraction>'
    area = (
        '<areaMapping defaultValue="0"><areaMapEntry shape="circle" coords="200,100,20" '
        'mappedValue="1"/></areaMapping>'
    )
    item = graphic(
        item2(body, declared(base_type="point", mapping=area), processing="map_response_point")
    )
    assert item.kind == "hotspot"
    assert "Points to set" in changes(item)


@pytest.mark.parametrize(
    "name",
    ["mediaInteraction", "customInteraction", "graphicOrderInteraction", "drawingInteraction",
     "graphicAssociateInteraction", "positionObjectInteraction"],
)  # fmt: skip
def test_other_interactions_are_refused_by_name(name):
    item = only(
        item2(f'<p>Do.</p><{name} responseIdentifier="RESPONSE" class="v-x"/>', declared("A"))
    )
    assert name in refusal(item)


def test_composites_templates_adaptive_items_and_texts_are_refused_with_the_reason():
    assert "2 interactions" in refusal(only(item2(CHOICE + CHOICE, declared("A"))))
    template = item2(CHOICE, declared("A") + '<templateDeclaration identifier="T"/>')
    assert "made anew" in refusal(only(template))
    adaptive = choice2().replace('adaptive="false"', 'adaptive="true"')
    assert "goes on" in refusal(only(adaptive))
    assert "without a question" in refusal(only(item2("<p>Read this.</p>")))
    unknown = item2(CHOICE, declared("Z"))
    assert "not there" in refusal(only(unknown))


def test_what_stands_beside_the_question_is_named():
    source = item2(
        '<rubricBlock view="scorer"><p>Two points each.</p></rubricBlock>'
        f'<rubricBlock view="candidate"><p>Read well.</p></rubricBlock>{CHOICE}'
        '<p><video src="v.mp4"/><math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>x</mi>'
        "<mn>2</mn></msup></math></p>",
        '<stylesheet href="s.css" type="text/css"/>' + declared("B"),
        after='<apip:accessibilityInfo xmlns:apip="http://x"><apip:accessElement/>'
        "</apip:accessibilityInfo><vendorThing/>",
    )
    item = taken(source)
    assert "Read well." in item.source.stem
    assert "Two points" not in item.source.stem
    assert "x^2" in item.source.stem
    for said in (
        "Two points each",
        "<stylesheet>",
        "accessElement",
        "<vendorThing>",
        "<video>",
        "MathML",
    ):
        assert said in changes(item)


# --- Packages -------------------------------------------------------------------------------------


def test_a_package_with_a_test_metadata_and_files():
    metadata = (
        '<metadata><lom xmlns="http://ltsc.ieee.org/xsd/LOM"><general><keyword><string>skills:A.1'
        "</string></keyword><description><string>About</string></description></general>"
        "<educational><difficulty><value>difficult</value></difficulty></educational></lom></metadata>"
    )
    test = (
        f'<assessmentTest xmlns="{NS2}" identifier="T" title="Final"><testPart identifier="P">'
        '<timeLimits maxTime="60"/><assessmentSection identifier="S" title="One" visible="true">'
        '<assessmentItemRef identifier="r2" href="two.xml" category="level:2"/>'
        '<assessmentItemRef identifier="r1" href="items/one%20a.xml"/>'
        '<assessmentItemRef identifier="r3" href="gone.xml"/></assessmentSection></testPart>'
        "</assessmentTest>"
    )
    picture = choice2(identifier="one").replace(
        "<p>Pick one.</p>", '<p>Pick one.<img src="../img/a.png" alt="Teal"/></p>'
    )
    reading = read(
        archive(
            {
                "top/imsmanifest.xml": manifest(
                    ("T", "test.xml"),
                    ("A", "items/one%20a.xml"),
                    ("B", "two.xml"),
                    ("C", "missing.xml"),
                    metadata=metadata,
                ),
                "top/test.xml": test,
                "top/items/one a.xml": picture,
                "top/two.xml": choice2(identifier="two"),
                "top/three.xml": choice2(identifier="three"),
                "top/broken.xml": "<assessmentItem><p></assessmentItem>",
                "top/img/a.png": PICTURE,
                "top/img/b.png": PICTURE,
                "top/css/x.css": "p {}",
                "top/qti.xsd": "<schema/>",
                "__MACOSX/top/._two.xml": "x",
            }
        )
    )
    found = {item.source_id: item for item in reading.items}
    assert [item.source_id for item in reading.items if not item.is_refused] == [
        "two",
        "one",
        "three",
    ]
    assert found["one"].difficulty == 1.0
    assert "skills:A.1" in found["one"].tags
    assert found["two"].level == 2
    assert len(found["one"].media) == 1
    assert "no well-formed" in refusal(found["top/broken.xml"])
    assert "not there" in refusal(found["missing.xml"])
    said = "\n".join(f"{note.what} {note.why}" for note in reading.notes)
    for words in (
        "timeLimits",
        "gone.xml",
        "top/img/b.png",
        "top/css/x.css",
        "description",
        "three.xml",
    ):
        assert words in said
    assert "qti.xsd" not in said


def test_a_shared_text_stands_in_the_question():
    stimulus = f'<assessmentStimulus xmlns="{NS2}" identifier="S"><stimulusBody><p>Once.<img src="a.png" alt="T"/></p></stimulusBody></assessmentStimulus>'
    source = choice2().replace(
        "<itemBody>", '<assessmentStimulusRef identifier="S" href="../texts/s.xml"/><itemBody>'
    )
    package = {"items/i.xml": source, "texts/s.xml": stimulus, "texts/a.png": PICTURE}
    [item] = read(archive(package)).items
    assert item.source.stem.startswith("<p>Once.</p><img")
    assert "texts/s.xml" in changes(item)
    [item] = read(archive({"items/i.xml": source})).items
    assert "not in the file" in refusal(item)


def test_the_same_item_in_two_languages_is_one_question():
    french = choice2(attributes='xml:lang="fr-CA"').replace("Pick one.", "Choisissez.")
    english = choice2(attributes='xml:lang="en-GB"')
    [item] = read(archive({"en.xml": english, "fr.xml": french})).items
    assert (item.language, item.words["fr"].stem[:15]) == ("en", "<p>Choisissez.<")
    other = french.replace('identifier="A"', 'identifier="X"')
    _first, second = read(archive({"en.xml": english, "fr.xml": other})).items
    assert "parts are not those" in refusal(second)
    german = only(choice2(attributes='xml:lang="de"'))
    assert "does not have this language" in refusal(german)


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("<questestinterop/>", "QTI 1.2"),
        ("<manifest/>", "whole package"),
        ("<assessmentTest/>", "without its items"),
        ("<html/>", "holds no questions"),
    ],
)
def test_other_xml_is_refused_as_what_it_is(source, why):
    with pytest.raises(Unreadable, match=why):
        read(source)
