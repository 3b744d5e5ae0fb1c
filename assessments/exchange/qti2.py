"""QTI 2.1 and 2.2: items, tests and content packages.

QTI 3 says the same in other names: `qti3` renames, and what is here reads. A question here has one
interaction (or gaps in a text), so an item with several is refused; response processing is never
run: the answer that the item declares right is right, and how parts add up is taken from the
template or from processing that says the same as a template.
"""

import posixpath
import re
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element

from django.utils.html import escape
from django.utils.translation import gettext as _

from assessments.exchange import media, xml
from assessments.exchange.cleaning import find_picture
from assessments.exchange.model import (
    CHANGED,
    REFUSED,
    ImportedItem,
    Reading,
    RefusedItem,
    Unreadable,
)
from assessments.exchange.packages import Opened, Package
from assessments.exchange.qti_names import to_qti2

ITEM, TEST, STIMULUS = "assessmentItem", "assessmentTest", "assessmentStimulus"
#: What every standard template, and processing that only says the same, is made of.
_STANDARD = {
    "responseProcessing", "responseCondition", "responseIf", "responseElse", "responseElseIf",
    "match", "variable", "correct", "setOutcomeValue", "baseValue", "isNull", "mapResponse",
    "mapResponsePoint", "sum", "and", "not", "equal", "stringMatch", "gte", "isNotNull",
}  # fmt: skip
_UNHEEDED = {
    "outcomeDeclaration", "defaultValue", "value", "responseDeclaration", "itemBody",
    "responseProcessing", "matchTable", "interpolationTable", "contextDeclaration",
}  # fmt: skip
_WRAPPERS = {"string", "langstring", "value", "source"}
#: Metadata that describe a tool or what the item shows by itself.
_OF_TOOLS = {
    "interactionType", "toolName", "toolVersion", "toolVendor", "feedbackType", "timeDependent",
    "composite", "solutionAvailable", "scoringMode", "schema", "schemaversion",
}  # fmt: skip
_DIFFICULTY = {"very easy": -2.0, "easy": -1.0, "medium": 0.0, "difficult": 1.0,
               "very difficult": 2.0}  # fmt: skip


@dataclass
class _Declared:
    """A response declaration: what is right, and what each answer is worth."""

    identifier: str = ""
    cardinality: str = "single"
    base_type: str = ""
    correct: list[str] = field(default_factory=list)
    mapped: dict[str, float] = field(default_factory=dict)
    otherwise: float = 0.0
    areas: list[tuple[str, str, float]] = field(default_factory=list)

    @property
    def right(self) -> list[str]:
        return self.correct or [key for key, value in self.mapped.items() if value > 0]


def _float(text: str | None, otherwise: float = 0.0) -> float:
    try:
        value = float(text or otherwise)
    except ValueError:
        return otherwise
    return value if abs(value) < 1e15 else otherwise


def read_item(
    root: Element, *, path: str, language: str, files: Package | None, format_notes=()
) -> ImportedItem:
    """One `assessmentItem`, in the names of QTI 2."""
    item = ImportedItem(
        place=path or _("item"),
        title=xml.attribute(root, "title") or xml.attribute(root, "identifier"),
        source_id=xml.attribute(root, "identifier"),
        language=root.get(xml.XML_LANG, "").strip() or language,
    )
    item.notes += format_notes

    def find(src: str) -> tuple[str, bytes] | None:
        found = files.find(src, path) if files is not None else None
        return (found, files.read(found)) if found else None

    item.find = find
    try:
        _Reader(root, item, path, files).read()
    except RefusedItem as error:
        item.refuse(error.what, error.why)
    return item


class _Reader:
    def __init__(self, root: Element, item: ImportedItem, path: str, files: Package | None):
        self.root, self.item, self.path, self.files = root, item, path, files
        self.used = xml.Used()
        self.used.one(root)
        self.declared: dict[str, _Declared] = {}
        self.feedback: dict[str, str] = {}
        self.scheme = "none"
        self.tolerance: str | None = None

    # --- The item

    def read(self) -> None:
        root, item = self.root, self.item
        if xml.attribute(root, "adaptive") == "true":
            raise RefusedItem(_("Adaptive item"), _("It goes on after an answer; here it cannot."))
        for name in ("templateDeclaration", "templateProcessing"):
            if xml.child(root, name) is not None:
                raise RefusedItem(f"<{name}>", _("Its words or numbers are made anew each time."))
        if xml.attribute(root, "timeDependent") == "true":
            item.changed(_("Time"), _("The time taken does not count here."))
        self._declarations()
        body = xml.child(root, "itemBody")
        if body is None:
            raise RefusedItem("<itemBody>", _("It is missing."))
        self._names_only_here()
        interactions = [
            one for one in body.iter() if re.fullmatch(r"\w*Interaction", xml.local(one))
        ]
        for one in [one for one in interactions if xml.local(one) == "endAttemptInteraction"]:
            item.changed(f"<{xml.local(one)}>", _("Left out: a hint or an end is not asked for."))
            _replace(one)
            interactions.remove(one)
        if not interactions:
            raise RefusedItem(_("Description"), _("It is a text without a question."))
        self._processing()
        self._feedback(body)
        self._rubrics(body)
        self._stimuli()
        self._objects(body)
        self._interactions(interactions)
        item.source.stem += xml.markup(body)
        self.used.all(body)
        self._report()

    def _declarations(self) -> None:
        for element in xml.children(self.root, "responseDeclaration"):
            one = _Declared(
                identifier=xml.attribute(element, "identifier"),
                cardinality=xml.attribute(element, "cardinality", "single"),
                base_type=xml.attribute(element, "baseType"),
            )
            correct = xml.child(element, "correctResponse")
            if correct is not None:
                one.correct = [xml.text_of(value) for value in xml.children(correct, "value")]
            mapping = xml.child(element, "mapping")
            if mapping is not None:
                one.otherwise = _float(xml.attribute(mapping, "defaultValue"))
                for entry in xml.children(mapping, "mapEntry"):
                    key = " ".join(xml.attribute(entry, "mapKey").split())
                    one.mapped[key] = _float(xml.attribute(entry, "mappedValue"))
            areas = xml.child(element, "areaMapping")
            if areas is not None:
                one.otherwise = _float(xml.attribute(areas, "defaultValue"))
                one.areas = [
                    (
                        xml.attribute(entry, "shape"),
                        xml.attribute(entry, "coords"),
                        _float(xml.attribute(entry, "mappedValue")),
                    )
                    for entry in xml.children(areas, "areaMapEntry")
                ]
            self.declared[one.identifier] = one
            self.used.all(element)
        for element in xml.children(self.root, "outcomeDeclaration"):
            self.used.all(element)

    def _names_only_here(self) -> None:
        """Name what stands beside the question and has no place here."""
        why = {
            "stylesheet": _("The look of a question is the academy’s. Left out."),
            "catalogInfo": _("Alternative contents of the catalogue were left out."),
            "companionMaterialsInfo": _("Companion materials were left out."),
            "accessibilityInfo": _("Alternative contents were left out."),
            "apipAccessibility": _("Alternative contents were left out."),
        }
        for element in self.root.iter():
            name = xml.local(element)
            if name in why:
                names = sorted({xml.local(one) for one in element.iter()} - {name, ""})
                said = f" ({', '.join(names[:12])})" if names else ""
                self.item.changed(f"<{name}>", why[name] + said)
                self.used.all(element)
        data = sorted(
            {
                key.rpartition("}")[2]
                for element in self.root.iter()
                for key in element.attrib
                if key.startswith("data-") and not key.startswith("data-academy-")
            }
        )
        if data:
            self.item.changed(
                _("Extensions"),
                _("Attributes left out: %(names)s") % {"names": ", ".join(data[:12])},
            )

    # --- Response processing

    def _processing(self) -> None:
        element = xml.child(self.root, "responseProcessing")
        if element is None:
            return
        self.used.all(element)
        template = xml.attribute(element, "template") or xml.attribute(element, "templateLocation")
        if template:
            self._template(template)
            return
        self._inline(element)

    def _template(self, template: str) -> None:
        name = template.split("?")[0].split("#")[0].rstrip("/").rpartition("/")[2].lower()
        name = name.removesuffix(".xml").replace("-", "_")
        if "map_response_point" in name:
            self.scheme = "point"
        elif "map_response" in name:
            self.scheme = "map"
        elif "match_correct" in name or name.startswith("cc2_match"):
            self.scheme = "match"
        elif name in ("match_none", "none"):
            self.scheme = "none"
        else:
            self.scheme = "custom"
            self.item.changed(
                _("Response processing"),
                _("The template “%(name)s” is not known; the answer declared right is right here.")
                % {"name": template[-120:]},
            )

    def _inline(self, element: Element) -> None:
        names = {xml.local(one) for one in element.iter()} - {""}
        if names == {"responseProcessing"}:
            return
        if "mapResponsePoint" in names:
            self.scheme = "point"
        elif "mapResponse" in names:
            self.scheme = "all" if "gte" in names else "map"
        elif "correct" in names or "equal" in names:
            self.scheme = "match"
        else:
            self.scheme = "custom"
        for one in xml.descendants(element, "equal"):
            self._tolerance(one)
        self._feedback_of_words(element)
        strange = sorted(names - _STANDARD)
        if strange or self.scheme == "custom" or not self._says_what_a_template_says(element):
            said = f" ({', '.join(strange[:12])})" if strange else ""
            self.item.changed(
                _("Response processing"),
                _("It is the item’s own and is not run: the answer declared right is right here.")
                + said,
            )

    def _says_what_a_template_says(self, element: Element) -> bool:
        """One condition or value for the score, of 0 and 1 or of what is mapped, and none more."""
        scores = 0
        for rule in element:
            for value in [rule, *xml.descendants(rule, "setOutcomeValue")]:
                if xml.local(value) != "setOutcomeValue":
                    continue
                if xml.attribute(value, "identifier") in ("FEEDBACK", "EXPLANATION"):
                    continue
                scores += 1
                given = [one for one in value if xml.local(one) == "baseValue"]
                if given and _float(xml.text_of(given[0]), 9) not in (0.0, 1.0):
                    return False
        return scores <= 2

    def _tolerance(self, element: Element) -> None:
        """`equal` within a tolerance (QTI: toleranceMode absolute or relative)."""
        mode = xml.attribute(element, "toleranceMode", "exact")
        said = xml.attribute(element, "tolerance").split()
        if mode == "absolute" and said:
            self.tolerance = said[0]
            if len(set(said)) > 1:
                self.item.changed(
                    _("Tolerance"), _("It differs upwards and downwards; the first one is kept.")
                )
        elif mode == "relative" and said:
            self.tolerance = f"{said[0]}%"

    def _feedback_of_words(self, element: Element) -> None:
        """Which words lead to which feedback: `match(variable, word)` sets its identifier."""
        self.words_of_feedback: dict[str, str] = {}
        for rule in xml.descendants(element, "responseIf", "responseElseIf"):
            texts = [
                xml.text_of(one)
                for test in xml.children(rule, "match", "stringMatch")
                for one in xml.children(test, "baseValue")
            ]
            sets = [
                xml.text_of(one)
                for value in xml.children(rule, "setOutcomeValue")
                if xml.attribute(value, "identifier") not in ("SCORE",)
                for one in xml.children(value, "baseValue")
            ]
            if len(texts) == 1 and len(sets) == 1:
                self.words_of_feedback[texts[0]] = sets[0]

    # --- What stands around

    def _feedback(self, body: Element) -> None:
        found = [one for one in self.root if xml.local(one) == "modalFeedback"]
        found += list(xml.descendants(body, "feedbackBlock", "feedbackInline"))
        for element in found:
            self.used.all(element)
            identifier = xml.attribute(element, "identifier")
            title = xml.attribute(element, "title")
            said = (f"<p><b>{escape(title)}</b></p>" if title else "") + xml.markup(element)
            if identifier in self.feedback:
                said = f"{self.feedback[identifier]}<br>{said}"
            self.feedback[identifier] = said
            if xml.attribute(element, "outcomeIdentifier") == "EXPLANATION":
                self.item.source.explanation += self.feedback.pop(identifier)
            if xml.local(element) != "modalFeedback":
                _replace(element)

    def feedback_of(self, identifier: str) -> str:
        return self.feedback.pop(identifier, "")

    def _rest_of_feedback(self) -> None:
        for identifier, said in self.feedback.items():
            if not re.sub(r"<[^>]+>", "", said).strip():
                continue
            self.item.source.explanation += f"<div>{said}</div>"
            self.item.changed(
                _("Feedback %(name)s") % {"name": identifier[:60]},
                _("It was for some answers only; it was put into the explanation."),
            )

    def _rubrics(self, body: Element) -> None:
        for element in list(xml.descendants(body, "rubricBlock")):
            view = xml.attribute(element, "view") or "candidate"
            said = xml.text_of(element)[:80]
            if "candidate" in view:
                self.item.changed("<rubricBlock>", _("It became part of the question."))
                element.tag = "div"
                element.attrib.clear()
            else:
                self.item.changed(
                    f"<rubricBlock view={view}>", _("Left out: “%(text)s”") % {"text": said}
                )
                _replace(element)
        for name in ("templateBlock", "templateInline", "printedVariable"):
            if next(xml.descendants(body, name), None) is not None:
                raise RefusedItem(f"<{name}>", _("Its words or numbers are made anew each time."))

    def _stimuli(self) -> None:
        """A text that several items share stands in each of them here."""
        for element in xml.children(self.root, "assessmentStimulusRef"):
            self.used.all(element)
            href = xml.attribute(element, "href")
            path = self.files.find(href, self.path) if self.files is not None else None
            if path is None:
                raise RefusedItem(
                    _("Shared text %(name)s") % {"name": href[:80]}, _("It is not in the file.")
                )
            try:
                root, _notes = xml.parse(self.files.read(path), path)
            except Unreadable as error:
                raise RefusedItem(
                    _("Shared text %(name)s") % {"name": href[:80]}, error.message
                ) from error
            to_qti2(root)
            text = xml.child(root, "stimulusBody")
            text = root if text is None else text
            for one in text.iter():
                for name in ("src", "data"):
                    if name in one.attrib and (found := self.files.find(one.attrib[name], path)):
                        one.attrib[name] = f"/{found}"
            self._objects(text)
            self.item.source.stem += f"<div>{xml.markup(text)}</div>"
            self.item.changed(
                _("Shared text %(name)s") % {"name": href[:80]},
                _("It became part of the question."),
            )

    def _objects(self, body: Element) -> None:
        """Pictures given as objects, as pictures."""
        for element in list(body.iter()):
            if xml.local(element) == "object" and xml.attribute(element, "type").startswith(
                "image/"
            ):
                alt = xml.text_of(element) or xml.attribute(element, "label")
                source = {"src": xml.attribute(element, "data"), "alt": alt}
                sizes = {
                    name: xml.attribute(element, name)
                    for name in ("width", "height")
                    if xml.attribute(element, name)
                }
                tail = element.tail
                element.clear()
                element.tag, element.tail = "img", tail
                element.attrib.update(source | sizes)

    def _report(self) -> None:
        self._rest_of_feedback()
        self.used.all(*[one for one in self.root.iter() if xml.local(one) in _UNHEEDED])
        for name in self.used.left_out(self.root):
            self.item.changed(f"<{name}>", _("This element is not known here. Left out."))

    # --- Interactions

    def _interactions(self, interactions: list[Element]) -> None:
        names = [xml.local(one) for one in interactions]
        inline = {"inlineChoiceInteraction", "textEntryInteraction"}
        if set(names) <= inline:
            if names == ["textEntryInteraction"] and self._one_entry(interactions[0]):
                return
            self._cloze(interactions)
            return
        if len(names) > 1:
            raise RefusedItem(
                _("%(count)d interactions") % {"count": len(names)},
                _("A question here asks one thing: %(names)s")
                % {"names": ", ".join(dict.fromkeys(names))},
            )
        reader = getattr(self, f"_{names[0]}", None) if names[0] in _SUPPORTED else None
        if reader is None:
            what = xml.attribute(interactions[0], "class") or xml.attribute(
                interactions[0], "customInteractionTypeIdentifier"
            )
            raise RefusedItem(
                f"<{names[0]}>" + (f" {what[:60]}" if what else ""),
                _("No question here is answered in this way."),
            )
        reader(interactions[0], self._declaration(interactions[0]))
        self._consume(interactions[0])

    def _declaration(self, element: Element) -> _Declared:
        name = xml.attribute(element, "responseIdentifier")
        return self.declared.get(name) or _Declared(name)

    def _consume(self, element: Element, text: str = "") -> None:
        """Leave of an interaction its prompt; name what else it holds that was not used."""
        prompts = xml.children(element, "prompt")
        self.used.one(element)
        self.used.all(*prompts)
        for name in self.used.left_out(element):
            if name:
                self.item.changed(f"<{name}>", _("This element is not known here. Left out."))
        for prompt in prompts:
            prompt.tag = "div"
            prompt.tail = ""
        _replace(element, text, prompts)

    def _scoring(self, declared: _Declared) -> str:
        if self.scheme in ("map", "point"):
            worth = [*declared.mapped.values(), declared.otherwise]
            if len({value for value in worth if value > 0}) > 1:
                self.item.changed(_("Weights"), _("Every right option counts the same here."))
            return "penalty" if min(worth, default=0) < 0 else "each"
        return "all"

    def _right(self, declared: _Declared) -> list[str]:
        """What is right; refused where only processing that is not run could say it."""
        if not declared.right and not declared.areas:
            raise RefusedItem(
                _("Correct response"),
                _(
                    "None is declared; what is right may be in response processing, which is not run."
                )
                if self.scheme == "custom"
                else _("None is declared."),
            )
        return declared.right

    def _content(self, element: Element) -> str:
        self.used.all(element)
        self._objects(element)
        return xml.markup(element)

    def _choiceInteraction(self, element: Element, declared: _Declared) -> None:
        self._choices(element, declared, xml.children(element, "simpleChoice"))

    def _choices(self, element: Element, declared: _Declared, choices: list[Element]) -> None:
        item, right = self.item, self._right(declared)
        most = xml.attribute(element, "maxChoices", "1")
        single = declared.cardinality == "single" or (most == "1" and len(right) == 1)
        item.kind = "single" if single else "multiple"
        if single and len(right) > 1:
            best = max(declared.mapped.values(), default=0)
            right = [key for key in right if declared.mapped.get(key, 0) == best]
            if len(right) > 1:
                raise RefusedItem(
                    _("Correct response"),
                    _("Several are right to the same degree, and only one may be chosen."),
                )
        if single and any(value > 0 and key not in right for key, value in declared.mapped.items()):
            item.changed(_("Weights"), _("Options that are partly right count as wrong here."))
        if not single:
            item.scoring = self._scoring(declared)
            if most not in ("0", "", str(len(choices))) and int(_float(most)) < len(choices):
                item.changed(
                    _("Choices"),
                    _("At most %(count)s could be chosen; here it may be any number.")
                    % {"count": most},
                )
        known = {xml.attribute(choice, "identifier") for choice in choices}
        if not set(right) <= known:
            raise RefusedItem(_("Correct response"), _("It names an option that is not there."))
        for choice in choices:
            identifier = xml.attribute(choice, "identifier")
            item.add(
                "option",
                identifier,
                text=self._content(choice),
                correct=identifier in right,
                feedback=self.feedback_of(identifier),
            )

    def _hottextInteraction(self, element: Element, declared: _Declared) -> None:
        self.item.changed("<hottextInteraction>", _("Words in a text became options below it."))
        choices = list(xml.descendants(element, "hottext"))
        self._choices(element, declared, choices)
        text = xml.children(element)
        self.used.all(*text)
        prompt = xml.child(element, "prompt")
        for one in text:
            if one is not prompt and prompt is not None:
                prompt.append(one)
        if prompt is None:
            prompt = Element("prompt")
            prompt.extend(text)
            element.append(prompt)

    def _orderInteraction(self, element: Element, declared: _Declared) -> None:
        item, right = self.item, self._right(declared)
        item.kind, item.scoring = "ordering", self._scoring(declared)
        steps = {
            xml.attribute(one, "identifier"): one for one in xml.children(element, "simpleChoice")
        }
        if sorted(right) != sorted(steps):
            raise RefusedItem(_("Correct response"), _("It does not put all parts in order."))
        for identifier in right:
            item.add(
                "step",
                identifier,
                text=self._content(steps[identifier]),
                feedback=self.feedback_of(identifier),
            )

    def _matchInteraction(self, element: Element, declared: _Declared) -> None:
        sets = xml.children(element, "simpleMatchSet")
        if len(sets) != 2:
            raise RefusedItem("<simpleMatchSet>", _("There are not two of them."))
        self.used.one(*sets)
        first, second = (
            {
                xml.attribute(one, "identifier"): one
                for one in xml.children(side, "simpleAssociableChoice")
            }
            for side in sets
        )
        self._pairs(declared, first, second)

    def _associateInteraction(self, element: Element, declared: _Declared) -> None:
        self.item.changed("<associateInteraction>", _("It became matching: two columns."))
        choices = {
            xml.attribute(one, "identifier"): one
            for one in xml.children(element, "simpleAssociableChoice")
        }
        pairs = [pair.split() for pair in self._right(declared) if len(pair.split()) == 2]
        firsts = {pair[0] for pair in pairs}
        self._pairs(
            declared,
            {key: one for key, one in choices.items() if key in firsts},
            {key: one for key, one in choices.items() if key not in firsts},
        )

    def _pairs(self, declared: _Declared, first: dict, second: dict) -> None:
        item = self.item
        item.kind, item.scoring = "matching", self._scoring(declared)
        belongs: dict[str, str] = {}
        for pair in self._right(declared):
            ends = pair.split()
            if len(ends) == 2 and ends[0] not in first and ends[1] in first:
                ends.reverse()
            if len(ends) != 2 or ends[0] not in first or ends[1] not in second:
                raise RefusedItem(_("Correct response"), _("It names an option that is not there."))
            if ends[0] in belongs:
                raise RefusedItem(
                    _("Correct response"),
                    _("Several things belong to one; here one belongs to each."),
                )
            belongs[ends[0]] = ends[1]
        for identifier, choice in first.items():
            prompt = self._content(choice)
            if identifier not in belongs:
                item.changed(
                    _("Part %(number)s") % {"number": identifier},
                    _("Nothing belongs to it. Left out."),
                )
                continue
            item.add(
                "pair",
                identifier,
                prompt=prompt,
                match=self._content(second[belongs[identifier]]),
                feedback=self.feedback_of(identifier),
            )
        for identifier, choice in second.items():
            if identifier not in belongs.values():
                item.add(
                    "pair", identifier, prompt="", match=self._content(choice),
                    feedback=self.feedback_of(identifier),
                )  # fmt: skip

    def _extendedTextInteraction(self, element: Element, declared: _Declared) -> None:
        self.item.kind = "essay"
        limit = xml.attribute(element, "data-academy-words")
        self.item.word_limit = int(limit) if limit.isdecimal() and len(limit) < 7 else None
        if declared.correct:
            self.item.changed(
                _("Correct response"),
                _("People mark this question. Left out: “%(text)s”")
                % {"text": " ".join(declared.correct)[:80]},
            )
        expected = xml.attribute(element, "expectedLength")
        if expected and not limit:
            self.item.changed(
                _("Length"), _("About %(count)s characters were expected.") % {"count": expected}
            )

    def _uploadInteraction(self, element: Element, declared: _Declared) -> None:
        self.item.kind = "file"
        kind = xml.attribute(element, "type")
        if kind:
            self.item.changed(
                _("Files"), _("Files of the type %(kind)s were asked for.") % {"kind": kind}
            )

    def _sliderInteraction(self, element: Element, declared: _Declared) -> None:
        self.item.changed(
            "<sliderInteraction>",
            _("It became a number from %(low)s to %(high)s.")
            % {
                "low": xml.attribute(element, "lowerBound"),
                "high": xml.attribute(element, "upperBound"),
            },
        )
        self._number(declared)

    # --- Numbers, words, gaps

    def _number(self, declared: _Declared) -> None:
        item, right = self.item, self._right(declared)
        item.kind = "numeric"
        if len(right) > 1:
            item.changed(
                _("Correct response"), _("Several numbers are right; only the first one is kept.")
            )
        try:
            value = Decimal(right[0])
            tolerance = (self.tolerance or "0").strip()
            if tolerance.endswith("%"):
                spread = abs(value) * Decimal(tolerance[:-1]) / 100
                item.changed(_("Tolerance"), _("It was a share of the value; it became a number."))
            else:
                spread = Decimal(tolerance)
        except InvalidOperation as error:
            raise RefusedItem(
                _("Correct response"), _("“%(text)s” is no number.") % {"text": right[0][:40]}
            ) from error
        if not value.is_finite() or not spread.is_finite() or abs(value) > Decimal("1e14"):
            raise RefusedItem(
                _("Correct response"), _("“%(text)s” is no number.") % {"text": right[0][:40]}
            )
        item.numeric_value = format(round(value, 6).normalize(), "f")
        item.numeric_tolerance = format(round(abs(spread), 6).normalize(), "f")

    def _one_entry(self, element: Element) -> bool:
        """A single entry that no words follow is a short text or a number; others are gaps."""
        body = xml.child(self.root, "itemBody")
        after = _text_after(body, element).strip()
        declared = self._declaration(element)
        is_number = declared.base_type in ("float", "integer")
        if after and not (is_number and len(after) <= 30):
            return False
        if is_number:
            self._number(declared)
            if after:
                self.item.source.unit = escape(after)
                _drop_text_after(body, element)
            for unit in xml.attribute(element, "data-academy-units").split(";"):
                name, equals, factor = unit.rpartition("=")
                if equals:
                    self.item.add("unit", unit=escape(name), factor=_float(factor, 1.0))
        else:
            self._short(declared)
        self._consume(element)
        return True

    def _short(self, declared: _Declared) -> None:
        item = self.item
        self._right(declared)
        item.kind = "short"
        accepted = dict.fromkeys(declared.correct, 1.0)
        best = max(declared.mapped.values(), default=0) or 1.0
        if self.scheme in ("map", "all") or not accepted:
            for text, value in declared.mapped.items():
                accepted[text] = max(0.0, min(value / best, 1.0))
        leads = getattr(self, "words_of_feedback", {})
        for text, credit in accepted.items():
            identifier = leads.get(text, "")
            item.add(
                "accepted",
                identifier,
                text=escape(text),
                credit=round(credit, 4),
                feedback=self.feedback_of(identifier) if identifier else "",
            )

    def _cloze(self, interactions: list[Element]) -> None:
        item = self.item
        item.kind = "cloze"
        declared = [self._declaration(one) for one in interactions]
        item.scoring = "all" if self.scheme != "map" else self._scoring(declared[0])
        if self.scheme == "map":
            item.scoring = "penalty" if any(one.otherwise < 0 for one in declared) else "each"
        for number, (element, one) in enumerate(zip(interactions, declared, strict=True), start=1):
            name = xml.attribute(element, "data-academy-name") or str(number)
            right = self._right(one)
            if xml.local(element) == "inlineChoiceInteraction":
                choices = {
                    xml.attribute(choice, "identifier"): self._content(choice)
                    for choice in xml.children(element, "inlineChoice")
                }
                best = max(right, key=lambda key: one.mapped.get(key, 0.0))
                if best not in choices:
                    raise RefusedItem(
                        _("Correct response"), _("It names an option that is not there.")
                    )
                if len(right) > 1:
                    item.changed(
                        _("Gap %(number)s") % {"number": name},
                        _("Several of its words are right; only the first one is taken for right."),
                    )
                kind = "choice"
                answers = [choices[best], *(text for key, text in choices.items() if key != best)]
            else:
                kind = "typed"
                full = max((one.mapped.get(key, 0.0) for key in right), default=0)
                words = [
                    *one.correct,
                    *(key for key, value in one.mapped.items() if value >= full > 0),
                ]
                answers = [escape(text) for text in dict.fromkeys(words)]
                if self.tolerance and one.base_type in ("float", "integer"):
                    item.changed(
                        _("Gap %(number)s") % {"number": name},
                        _(
                            "Its tolerance of %(tolerance)s was left out: gaps are compared as words."
                        )
                        % {"tolerance": self.tolerance[:20]},
                    )
                if any(0 < value < full for value in one.mapped.values()):
                    item.changed(
                        _("Weights"), _("Options that are partly right count as wrong here.")
                    )
            item.add(
                "gap", one.identifier, name=name, kind=kind, answers=answers,
                feedback=self.feedback_of(one.identifier),
            )  # fmt: skip
            self._consume(element, f"[[{name}]]")

    def _gapMatchInteraction(self, element: Element, declared: _Declared) -> None:
        item = self.item
        item.kind, item.scoring = "cloze", self._scoring(declared)
        item.changed(_("Dragging"), _("Words to drag became lists to choose from."))
        words = {
            xml.attribute(one, "identifier"): self._content(one)
            for one in xml.children(element, "gapText", "gapImg")
        }
        belongs = {}
        for pair in self._right(declared):
            ends = pair.split()
            if len(ends) == 2:
                belongs.setdefault(ends[1], ends[0])
        gaps = list(xml.descendants(element, "gap"))
        for number, gap in enumerate(gaps, start=1):
            identifier = xml.attribute(gap, "identifier")
            right = belongs.get(identifier)
            if right not in words:
                raise RefusedItem(
                    _("Gap %(number)s") % {"number": number}, _("Nothing belongs into it.")
                )
            others = [text for key, text in words.items() if key != right]
            item.add(
                "gap", identifier, name=str(number), kind="choice",
                answers=[words[right], *others], feedback=self.feedback_of(identifier),
            )  # fmt: skip
            _replace(gap, f"[[{number}]]")
        if not gaps:
            raise RefusedItem(_("Gaps"), _("The text has none."))
        prompt = xml.child(element, "prompt")
        if prompt is None:
            prompt = Element("prompt")
        for one in list(element):
            if one is not prompt and xml.local(one) not in ("gapText", "gapImg"):
                self.used.all(one)
                prompt.append(one)
        if prompt not in list(element):
            element.append(prompt)

    # --- Pictures

    def _picture(self, element: Element) -> tuple[float, float]:
        """The picture of a graphic interaction, and the size that its coordinates are given in."""
        item = self.item
        found = next(
            (one for one in element if xml.local(one) in ("object", "img", "picture")), None
        )
        if found is not None and xml.local(found) == "picture":
            found = next(xml.descendants(found, "img"), None)
        if found is None:
            raise RefusedItem(_("Picture"), _("It is not in the file."))
        self.used.all(*[one for one in element if xml.local(one) in ("object", "img", "picture")])
        why: list[str] = []
        src = xml.attribute(found, "data") or xml.attribute(found, "src")
        key = find_picture(item, src, lambda what, reason: why.append(f"{what}: {reason}"))
        if key is None:
            raise RefusedItem(_("Picture"), why[0] if why else _("It is not in the file."))
        item.image = f"media:{key}"
        alt = xml.attribute(found, "alt") or xml.text_of(found)
        item.source.image_alt = escape(alt)
        if not alt:
            item.changed(_("Picture"), _("It has no alternative text. Write what it shows."))
        width, height = (_float(xml.attribute(found, name)) for name in ("width", "height"))
        if width > 0 and height > 0:
            return width, height
        size = media.size_of(item.media[key])
        if size is None:
            raise RefusedItem(_("Picture"), _("It does not say how large it is."))
        return size

    def _box(self, element: Element, size: tuple[float, float]) -> dict[str, float]:
        exact = xml.attribute(element, "data-academy-box").split()
        if len(exact) == 4:
            names = ("x", "y", "width", "height")
            return dict(zip(names, (_float(one) for one in exact), strict=True))
        return self._shape(xml.attribute(element, "shape"), xml.attribute(element, "coords"), size)

    def _shape(self, shape: str, coords: str, size: tuple[float, float]) -> dict[str, float]:
        found = [
            _float(one[:-1]) * size[place % 2] / 100 if one.endswith("%") else _float(one)
            for place, one in enumerate(re.findall(r"-?\d+(?:\.\d+)?%?", coords))
        ]
        if shape != "rect":
            self.item.changed(
                _("Places"), _("Circles and polygons became the rectangles around them.")
            )
        match shape, found:
            case "default", _:
                box = (0.0, 0.0, *size)
            case "rect", [left, top, right, bottom]:
                box = (min(left, right), min(top, bottom), abs(right - left), abs(bottom - top))
            case "circle", [x, y, radius]:
                box = (x - radius, y - radius, 2 * radius, 2 * radius)
            case "ellipse", [x, y, across, down]:
                box = (x - across, y - down, 2 * across, 2 * down)
            case "poly", [*_] if len(found) >= 6:
                xs, ys = found[::2], found[1::2]
                box = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
            case _:
                raise RefusedItem(_("Places"), _("One of them has no position."))
        return media.per_cent(box, *size)

    def _hotspotInteraction(self, element: Element, declared: _Declared) -> None:
        item, right = self.item, self._right(declared)
        item.kind, item.scoring = "hotspot", self._scoring(declared)
        size = self._picture(element)
        for number, choice in enumerate(xml.children(element, "hotspotChoice"), start=1):
            self.used.all(choice)
            identifier = xml.attribute(choice, "identifier")
            item.add(
                "spot",
                identifier,
                label=self._label(choice, number),
                **self._box(choice, size),
                correct=identifier in right,
                feedback=self.feedback_of(identifier),
            )

    def _label(self, element: Element, number: int) -> str:
        label = xml.attribute(element, "hotspotLabel") or xml.text_of(element)
        if not label:
            self.item.changed(
                _("Places"), _("Some had no name and were numbered. Name what they are.")
            )
        return escape(label or _("place %(number)d") % {"number": number})

    def _selectPointInteraction(self, element: Element, declared: _Declared) -> None:
        item = self.item
        item.kind, item.scoring = "hotspot", "all"
        item.changed("<selectPointInteraction>", _("Points to set became places to choose."))
        size = self._picture(element)
        areas = [one for one in declared.areas if one[2] > 0]
        if not areas:
            raise RefusedItem(_("Correct response"), _("It has no area that counts."))
        for number, (shape, coords, _worth) in enumerate(declared.areas, start=1):
            item.add(
                "spot",
                f"area{number}",
                label=_("place %(number)d") % {"number": number},
                **self._shape(shape, coords, size),
                correct=_worth > 0,
                feedback="",
            )
        if len(areas) == len(declared.areas):
            item.changed(
                _("Places"),
                _("Every place is right: add some that are wrong, or all can be guessed."),
            )

    def _graphicGapMatchInteraction(self, element: Element, declared: _Declared) -> None:
        item = self.item
        item.kind, item.scoring = "dragdrop", self._scoring(declared)
        size = self._picture(element)
        belongs: dict[str, str] = {}
        for pair in self._right(declared):
            ends = pair.split()
            if len(ends) != 2:
                continue
            if ends[0] in belongs:
                raise RefusedItem(
                    _("Part %(number)s") % {"number": ends[0]},
                    _("It belongs to several places, or to none that is there."),
                )
            belongs[ends[0]] = ends[1]
        labels: dict[str, str] = {}
        for number, zone in enumerate(xml.children(element, "associableHotspot"), start=1):
            self.used.all(zone)
            identifier = xml.attribute(zone, "identifier")
            labels[identifier] = self._label(zone, number)
            item.add("zone", identifier, label=labels[identifier], **self._box(zone, size))
        for token in xml.children(element, "gapImg", "gapText"):
            identifier = xml.attribute(token, "identifier")
            self._objects(token)
            self.used.all(token)
            text = xml.attribute(token, "objectLabel") or xml.text_of(token)
            picture = next(xml.descendants(token, "img"), None)
            if not text and picture is not None:
                text = xml.attribute(picture, "alt")
                src = xml.attribute(picture, "src")
                if not text and src:
                    text = posixpath.basename(src).rpartition(".")[0]
                    item.changed(
                        _("Part %(number)s") % {"number": identifier},
                        _(
                            "Its picture has no alternative text; the name of its file stands for it."
                        ),
                    )
                else:
                    item.changed(
                        _("Picture"),
                        _(
                            "This text cannot hold a picture; what it shows is written in its place."
                        ),
                    )
            item.add(
                "token",
                identifier,
                text=escape(text)
                if xml.local(token) == "gapImg" or not text
                else self._content(token),
                zone=labels.get(belongs.get(identifier, ""), ""),
                feedback=self.feedback_of(identifier),
            )


_SUPPORTED = {
    "choiceInteraction", "hottextInteraction", "orderInteraction", "matchInteraction",
    "associateInteraction", "extendedTextInteraction", "uploadInteraction", "sliderInteraction",
    "gapMatchInteraction", "hotspotInteraction", "selectPointInteraction",
    "graphicGapMatchInteraction",
}  # fmt: skip


def _replace(element: Element, text: str = "", kept: list[Element] | None = None) -> None:
    """Put text, or some of its children, in the place of an element."""
    tail = element.tail
    element.clear()
    element.tag, element.text, element.tail = "span" if not kept else "div", text, tail
    element.extend(kept or [])


def _text_after(body: Element, element: Element) -> str:
    """All text of the body that follows the element."""
    found, seen = [], False

    def walk(node: Element) -> None:
        nonlocal seen
        for one in node:
            if one is element:
                seen = True
            else:
                if seen and xml.local(one):
                    found.append(one.text or "")
                walk(one)
            if seen:
                found.append(one.tail or "")

    walk(body)
    return " ".join("".join(found).split())


def _drop_text_after(body: Element, element: Element) -> None:
    seen = False

    def walk(node: Element) -> None:
        nonlocal seen
        for one in node:
            if one is element:
                seen = True
            else:
                if seen:
                    one.text = ""
                walk(one)
            if seen:
                one.tail = ""

    walk(body)


# --- Packages -------------------------------------------------------------------------------------


@dataclass
class _Resource:
    path: str
    kind: str
    tags: list[str] = field(default_factory=list)
    difficulty: float | None = None


def read(opened: Opened, language: str) -> Reading:
    """A file with one item, or a content package, of QTI 2 or 3."""
    if opened.files is None:
        root, notes = xml.parse(opened.data)
        reading = Reading("QTI 3" if to_qti2(root) else "QTI 2", notes=[])
        if xml.local(root) == TEST:
            raise Unreadable(
                _("This is a test without its items. Give the content package (a ZIP file).")
            )
        reading.items.append(
            read_item(root, path="", language=language, files=None, format_notes=notes)
        )
        return reading
    return _read_package(opened.files, language)


def _read_package(files: Package, language: str) -> Reading:
    reading = Reading("QTI")
    resources = _manifest(files, reading)
    order: list[str] = []
    tests: list[tuple[str, Element]] = []
    items: dict[str, tuple[Element, list]] = {}
    listed = [one.path for one in resources]
    others = [path for path in files.paths if path not in listed]
    for path in [*listed, *others]:
        if path not in files or not path.lower().endswith(".xml") or path in items:
            continue
        if path.rpartition("/")[2] == "imsmanifest.xml":
            continue
        try:
            root, notes = xml.parse(files.read(path), path)
        except Unreadable as error:
            item = ImportedItem(place=path, title=path, source_id=path, language=language)
            item.refuse(_("File"), error.message)
            reading.items.append(item)
            continue
        is_3 = to_qti2(root)
        match xml.local(root):
            case "assessmentItem":
                reading.format = "QTI 3" if is_3 else "QTI 2"
                items[path] = (root, notes)
                order.append(path)
                if resources and path not in listed:
                    reading.note(CHANGED, path, _("The manifest does not name it. It was read."))
            case "assessmentTest":
                tests.append((path, root))
            case "assessmentStimulus":
                pass
            case "questestinterop":
                reading.note(REFUSED, path, _("QTI 1.2 is not read. Export it as QTI 2.1 or 3."))
            case _:
                files.used.discard(path)
    tags: dict[str, list[str]] = {}
    placed: list[str] = []
    for path, root in tests:
        placed += _read_test(path, root, files, reading, tags, items)
    known = {one.path: one for one in resources}
    for path in dict.fromkeys([*placed, *order]):
        root, notes = items[path]
        item = read_item(root, path=path, language=language, files=files, format_notes=notes)
        if path in known:
            item.tags += known[path].tags
            item.difficulty = known[path].difficulty
        item.tags += [tag for tag in tags.get(path, []) if tag not in item.tags]
        reading.items.append(item)
    for one in resources:
        if one.path not in files and "item" in one.kind:
            item = ImportedItem(place=one.path, title=one.path, language=language)
            item.source_id = one.path
            item.refuse(_("File"), _("The manifest names it, and it is not there."))
            reading.items.append(item)
        elif one.path not in files:
            reading.note(CHANGED, one.path[:120], _("The manifest names it, and it is not there."))
    if not reading.items:
        raise Unreadable(_("The package holds no QTI 2 or 3 item."))
    return reading


def _manifest(files: Package, reading: Reading) -> list[_Resource]:
    paths = [path for path in files.paths if path.rpartition("/")[2] == "imsmanifest.xml"]
    if not paths:
        reading.note(CHANGED, "imsmanifest.xml", _("There is none; every XML file was looked at."))
        return []
    path = min(paths, key=lambda one: one.count("/"))
    root, notes = xml.parse(files.read(path), path)
    reading.notes += notes
    found = []
    for element in xml.descendants(root, "resource"):
        href = xml.attribute(element, "href")
        if not href:
            file = next(xml.descendants(element, "file"), None)
            href = xml.attribute(file, "href") if file is not None else ""
        base = xml.attribute(element, "base")
        where = files.find(posixpath.join(base, href), path) or href
        resource = _Resource(where, xml.attribute(element, "type").lower())
        metadata = xml.child(element, "metadata")
        if metadata is not None:
            _read_metadata(metadata, resource, reading)
        if where:
            found.append(resource)
    return found


def _read_metadata(metadata: Element, resource: _Resource, reading: Reading) -> None:
    """Keywords, classifications and difficulty (IEEE LOM); the other names are said once."""
    used = xml.Used()
    for element in xml.descendants(metadata, "keyword", "entry", "id"):
        text = xml.text_of(element)
        used.all(element)
        if text and text not in resource.tags:
            resource.tags.append(text)
    for element in xml.descendants(metadata, "difficulty"):
        used.all(element)
        words = xml.text_of(xml.child(element, "value")).lower()
        resource.difficulty = _DIFFICULTY.get(words, resource.difficulty)
    left: dict[str, None] = {}
    for parent in metadata.iter():
        for leaf in parent:
            if leaf in used or len(leaf) or not xml.text_of(leaf):
                continue
            name = xml.local(leaf)
            name = xml.local(parent) if name in _WRAPPERS else name
            if name and name not in _OF_TOOLS:
                left[name] = None
    if left:
        reading.note(
            CHANGED, _("Metadata"), _("Left out: %(names)s") % {"names": ", ".join(list(left)[:20])}
        )


def _read_test(path, root, files, reading, tags, items) -> list[str]:
    """The order of a test's items, and what else it says: that is for the builder here."""
    title = xml.attribute(root, "title") or xml.attribute(root, "identifier")
    placed: list[str] = []
    names = {xml.local(one) for one in root.iter()} - {
        "", TEST, "testPart", "assessmentSection", "assessmentItemRef", "outcomeDeclaration",
        "defaultValue", "value", "baseValue",
    }  # fmt: skip
    for section in root.iter():
        if xml.local(section) != "assessmentSection":
            continue
        for reference in xml.children(section, "assessmentItemRef"):
            href = xml.attribute(reference, "href")
            where = files.find(href, path)
            if where not in items:
                reading.note(
                    REFUSED,
                    _("Item %(name)s") % {"name": href[:120]},
                    _("The test names it, and it is not there."),
                )
                continue
            placed.append(where)
            tags.setdefault(where, []).extend(xml.attribute(reference, "category").split())
    reading.note(
        CHANGED,
        _("Test “%(name)s”") % {"name": title[:80]},
        _(
            "Its questions come into the bank; its sections and rules do not (%(names)s). "
            "Build the assessment from the bank."
        )
        % {"names": ", ".join(sorted(names)[:15]) or "–"},
    )
    return placed
