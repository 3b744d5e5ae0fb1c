"""Template tags and filters available everywhere (this library is a template builtin).

Slots       {% component "card" title=… %}body{% part "foot" %}…{% endpart %}{% endcomponent %}
Forms       {% field_control field %}, {% form_errors form as errors %}
Languages   {% language_links as links %}, {{ words|localized }}
Words       {{ 0.42|percent }}, {{ 70|duration_minutes }}
Drawing     {% icon "check" %}; level_scale, heat_cells, bar_geometry, line_geometry feed the
            components of the same subject and are of no use elsewhere
"""

import itertools
from collections.abc import Iterable, Mapping

from django import forms, template
from django.conf import settings
from django.template.base import Node, NodeList, token_kwargs
from django.urls import translate_url
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext

from academy.core.fields import Localized

register = template.Library()


# --- Slots ---------------------------------------------------------------------------------------
class PartNode(Node):
    def __init__(self, name: str, nodelist: NodeList) -> None:
        self.name = name
        self.nodelist = nodelist

    def render(self, context) -> str:
        parts = context.get("_component_parts")
        if parts is None:
            return self.nodelist.render(context)
        parts[self.name] = self.nodelist.render(context)
        return ""


class ComponentNode(Node):
    def __init__(self, name, variables: dict, nodelist: NodeList) -> None:
        self.name = name
        self.variables = variables
        self.nodelist = nodelist

    def render(self, context) -> str:
        variables = {key: value.resolve(context) for key, value in self.variables.items()}
        parts: dict[str, str] = {}
        with context.push(_component_parts=parts):
            body = self.nodelist.render(context)
        partial = context.template.engine.get_template(
            f"components/{self.name.resolve(context)}.html"
        )
        inner = context.new({**variables, **parts, "body": mark_safe(body.strip())})
        return partial.render(inner)


@register.tag("component")
def do_component(parser, token):
    """`{% component "card" title=course.title %}body{% endcomponent %}`: a component around a body.

    The partial gets the rendered body as `body`, each `{% part "name" %}…{% endpart %}` inside as
    `name`, the variables named, and nothing else of the page's context.
    """
    bits = token.split_contents()[1:]
    if not bits:
        raise template.TemplateSyntaxError("component needs the component's name")
    name = parser.compile_filter(bits.pop(0))
    variables = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"component: unexpected {bits!r}")
    nodelist = parser.parse(("endcomponent",))
    parser.delete_first_token()
    return ComponentNode(name, variables, nodelist)


@register.tag("part")
def do_part(parser, token):
    """`{% part "foot" %}…{% endpart %}`: a named part of the component around it."""
    bits = token.split_contents()
    if len(bits) != 2:
        raise template.TemplateSyntaxError("part takes one name")
    nodelist = parser.parse(("endpart",))
    parser.delete_first_token()
    return PartNode(bits[1].strip("\"'"), nodelist)


# --- Languages -----------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def language_links(context) -> list[dict]:
    """The page in each language of the site: code, name, url, is_current, by_form.

    In order: `language_urls` of the context ({code: url}), the live translations of the Wagtail
    `page`, the same view under the other prefix. `by_form` is true where the address is the same
    in every language, so that the choice has to be posted to `set_language`.
    """
    request = context.get("request")
    current = get_language() or settings.LANGUAGE_CODE
    known = dict(context.get("language_urls") or {})
    page = context.get("page")
    if not known and hasattr(page, "translation_key") and page.pk:
        for translation in page.get_translations().filter(live=True).select_related("locale"):
            known[translation.locale.language_code] = translation.get_url(request)
        known.setdefault(current, page.get_url(request))
        fallback = "/{code}/"
    else:
        fallback = ""
    path = request.get_full_path() if request else ""
    links = []
    for code, name in settings.LANGUAGES:
        url = (
            known.get(code)
            or fallback.format(code=code)
            or (translate_url(path, code) if path else "")
        )
        is_current = code == current
        links.append(
            {
                "code": code,
                "name": name,
                "url": url or f"/{code}/",
                "is_current": is_current,
                "by_form": bool(path) and not is_current and url == path,
            }
        )
    return links


@register.filter
def localized(words) -> str:
    """`{"en": …, "fr": …}` in the active language; any other value as it is."""
    if isinstance(words, Mapping):
        return str(Localized(words))
    return "" if words is None else str(words)


# --- Words and numbers ---------------------------------------------------------------------------
@register.filter
def percent(share, decimals: int = 0) -> str:
    """A share from 0 to 1 as a percentage in the active language's format; "–" for none."""
    if share is None or share == "":
        return "–"
    rounded = round(float(share) * 100, int(decimals))
    number = number_format(rounded, decimal_pos=int(decimals), use_l10n=True)
    # Translators: percentage; French puts a no-break space before the sign.
    return gettext("%(number)s%%") % {"number": number}


@register.filter
def duration_minutes(minutes) -> str:
    """25 → "25 min", 70 → "1 h 10", 120 → "2 h"."""
    if minutes is None or minutes == "":
        return ""
    hours, rest = divmod(round(float(minutes)), 60)
    if not hours:
        return gettext("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return gettext("%(hours)d h") % {"hours": hours}
    return gettext("%(hours)d h %(minutes)02d") % {"hours": hours, "minutes": rest}


# --- Navigation ----------------------------------------------------------------------------------
@register.simple_tag(takes_context=True)
def can_use_admin(context) -> bool:
    """May this person open the trainers' and HR desk? Asked once per request, at most two queries.

    A context processor that already knows says so in `nav.can_use_admin`.
    """
    known = getattr(context.get("nav"), "can_use_admin", None)
    if known is not None:
        return bool(known)
    user = context.get("user")
    return bool(user and user.is_authenticated and user.has_perm("wagtailadmin.access_admin"))


@register.simple_tag(takes_context=True)
def current_if(context, url: str, exact: bool = False) -> SafeString:
    """` aria-current="page"` (or "true" for a section) when the request is at or below `url`."""
    request = context.get("request")
    if not request or not url:
        return mark_safe("")
    if request.path == url:
        return mark_safe(' aria-current="page"')
    below = not exact and request.path.startswith(url)
    return mark_safe(' aria-current="true"' if below else "")


# --- Forms ---------------------------------------------------------------------------------------
CLASSES = (
    (forms.Textarea, "govuk-textarea"),
    (forms.SelectMultiple, "govuk-select"),
    (forms.CheckboxInput, "govuk-checkboxes__input"),
    (forms.Select, "govuk-select"),
    (forms.MultiWidget, ""),
    (forms.FileInput, ""),
    (forms.widgets.Input, "govuk-input"),
)


@register.simple_tag
def field_control(field) -> SafeString:
    """A bound field's widget with the design system's class; its label is drawn elsewhere."""
    widget = field.field.widget
    widget.attrs.pop("placeholder", None)  # it would vanish when the person types
    names = [widget.attrs.get("class", "")]
    names += next(([name] for kind, name in CLASSES if isinstance(widget, kind)), [])
    attrs = {}
    if css := " ".join(name for name in names if name):
        attrs["class"] = css
    if isinstance(widget, forms.FileInput) and field.aria_describedby:
        attrs["aria-describedby"] = field.aria_describedby
    return field.as_widget(attrs=attrs or None)


@register.simple_tag
def field_kind(field) -> str:
    """How `components/field.html` draws it: hidden, radios, checkboxes, checkbox, group or input."""
    widget = field.field.widget
    if field.is_hidden:
        return "hidden"
    if isinstance(widget, forms.CheckboxSelectMultiple):
        return "checkboxes"
    if isinstance(widget, forms.RadioSelect):
        return "radios"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    if isinstance(widget, forms.FileInput):
        return "input"
    return "group" if widget.use_fieldset else "input"


@register.simple_tag
def field_options(field) -> list[dict]:
    """The options of a radio or checkbox group, each with its input drawn: tag, label, id."""
    kind = field_kind(field)
    css = f"govuk-{kind}__input"
    options = []
    for option in field.subwidgets:
        attrs = option.data["attrs"]
        attrs["class"] = f"{attrs.get('class', '')} {css}".strip()
        if kind == "checkboxes":
            attrs.pop("required", None)
        if field.errors:
            attrs["aria-invalid"] = "true"
        options.append(
            {"tag": option.tag(), "label": option.choice_label, "id": option.id_for_label}
        )
    return options


@register.simple_tag
def form_errors(form) -> list[dict]:
    """Every error of a form for the error summary: text and the link to the control it is about."""
    if not form or not form.is_bound:
        return []
    found = [{"text": text, "href": ""} for text in form.non_field_errors()]
    for field in form:
        for text in field.errors:
            if field.is_hidden:
                found.append({"text": f"{field.label}: {text}", "href": ""})
                continue
            target = field.id_for_label
            if not target and field.auto_id:
                target = f"{field.auto_id}_0"
            found.append({"text": text, "href": f"#{target}" if target else ""})
    return found


# --- Drawing -------------------------------------------------------------------------------------
ICONS = {
    "alert": '<path d="M12 3.5 22 20.500H2Z"/><path d="M12 10v4.500M12 17.400v.1"/>',
    "arrow-back": '<path d="M20 12H4.500M11 5l-7 7 7 7"/>',
    "arrow-forward": '<path d="M4 12h15.500M13 5l7 7-7 7"/>',
    "bookmark": '<path d="M6 3.500h12v17l-6-4.500-6 4.500Z"/>',
    "calendar": '<rect x="3.500" y="5" width="17" height="15.500" rx="2"/><path d="M3.500 10h17M8 2.500v4M16 2.500v4"/>',
    "certificate": '<circle cx="12" cy="9.500" r="6"/><path d="m8.500 14.500-1.500 7 5-2.500 5 2.500-1.500-7"/>',
    "chart": '<path d="M4 3.500v17h16.500M8.500 17v-5M13 17V7.500M17.500 17v-7"/>',
    "check": '<path d="m4.500 12.500 5 5 10-11"/>',
    "clock": '<circle cx="12" cy="12" r="8.500"/><path d="M12 7v5.300l3.500 2.200"/>',
    "cross": '<path d="m5.500 5.500 13 13M18.500 5.500l-13 13"/>',
    "document": '<path d="M6 2.800h8l4.500 4.700v13.700H6Z"/><path d="M13.500 3v5h5M9 12.500h6M9 16.500h6"/>',
    "download": '<path d="M12 3.500v12M6.500 10.500l5.500 5.500 5.500-5.500M4 20.500h16"/>',
    "edit": '<path d="m4 20 1-4.500L16.500 4l3.500 3.500L8.500 19Z"/><path d="m14 6.500 3.500 3.500"/>',
    "external": '<path d="M13.500 4H20v6.500M20 4l-9.500 9.500M17 14v6H4V7h6"/>',
    "flag": '<path d="M5.500 21.500v-18h12l-2.500 4.500 2.500 4.500h-12"/>',
    "globe": '<circle cx="12" cy="12" r="8.500"/><path d="M3.500 12h17M12 3.500c-5 5.500-5 11.500 0 17 5-5.500 5-11.500 0-17Z"/>',
    "info": '<circle cx="12" cy="12" r="8.700"/><path d="M12 11v5.500M12 7.600v.1"/>',
    "key": '<circle cx="8" cy="15.500" r="4.500"/><path d="m11.500 12 8-8M15.500 8l3 3"/>',
    "lock": '<rect x="4.500" y="10.500" width="15" height="10" rx="2"/><path d="M8 10.500V7.200a4 4 0 0 1 8 0v3.300"/>',
    "menu": '<path d="M3.500 6.500h17M3.500 12h17M3.500 17.500h17"/>',
    "people": '<circle cx="9" cy="8" r="3.700"/><path d="M2.500 20c.5-8.500 12.500-8.500 13 0M15.500 4.600a3.700 3.700 0 0 1 0 6.800M18 14.200c2.300.9 3.500 3 3.600 5.800"/>',
    "person": '<circle cx="12" cy="7.500" r="4.200"/><path d="M4 21c.6-10 15.400-10 16 0"/>',
    "print": '<path d="M7 8.500v-5h10v5M7 17H3.500V8.500h17V17H17"/><path d="M7 13.500h10v7H7Z"/>',
    "search": '<circle cx="10.500" cy="10.500" r="6.500"/><path d="m15.500 15.500 5.500 5.500"/>',
}
FLIPPED = {"arrow-back", "arrow-forward", "external"}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """An inline icon of the academy's own set; decorative unless it has a `label`."""
    shape = ICONS.get(name)
    if shape is None:
        raise template.TemplateSyntaxError(f"no icon {name!r}; there are: {', '.join(ICONS)}")
    css = "ac-icon ac-icon--flips" if name in FLIPPED else "ac-icon"
    access = (
        format_html('role="img" aria-label="{}"', label)
        if label
        else mark_safe('aria-hidden="true"')
    )
    return format_html(
        '<svg class="{}" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" focusable="false" {}>{}</svg>',
        css,
        access,
        mark_safe(shape),
    )


def _given(value):
    """A tag's argument, None when the template did not have it (Django then passes "")."""
    return None if value == "" else value


def _number(value, kind: str) -> str:
    if kind == "percent":
        return percent(value)
    return number_format(value, use_l10n=True, force_grouping=True)


@register.simple_tag
def level_scale(levels, cuts, estimate=None, low=None, high=None, required=None) -> dict:
    """Where things stand on `components/level_bar.html`, in per cent of its width, and in words.

    Every level is drawn equally wide, whatever its extent on the scale, so that its name fits; the
    two outer levels, which have no end, are drawn as wide as the average gap between cuts. With as
    many levels as cuts, what lies below the first cut is shown as "Below <first level>".
    `required` is the index of a level or its name.
    """
    estimate, low, high, required = map(_given, (estimate, low, high, required))
    names = [localized(level) for level in levels]
    cuts = [float(cut) for cut in cuts]
    if len(names) == len(cuts):
        names.insert(0, gettext("Below %(level)s") % {"level": names[0]})
    if len(names) != len(cuts) + 1:
        raise ValueError(f"{len(names)} levels need {len(names) - 1} cuts, not {len(cuts)}")
    gap = (cuts[-1] - cuts[0]) / (len(cuts) - 1) if len(cuts) > 1 else 1.0
    ends = [cuts[0] - gap, *cuts, cuts[-1] + gap]
    width = 100 / len(names)

    def level_of(value: float) -> int:
        return sum(value >= cut for cut in cuts)

    def place(value: float) -> float:
        index = level_of(value)
        share = (value - ends[index]) / (ends[index + 1] - ends[index])
        return round((index + min(max(share, 0.03), 0.97)) * width, 2)

    if isinstance(required, str):
        required = names.index(required) if required in names else None
    elif required is not None and len(names) > len(levels):
        required += 1
    current = None if estimate is None else level_of(float(estimate))
    scale = {
        "segments": [
            {
                "name": name,
                "number": index + 1,
                "x": round(index * width, 2),
                "width": round(width, 2),
                "middle": round((index + 0.5) * width, 2),
                "shade": round(index * 4 / max(len(names) - 1, 1)),
                "is_current": index == current,
                "is_required": index == required,
            }
            for index, name in enumerate(names)
        ],
        "cuts": [round((index + 1) * width, 2) for index in range(len(cuts))],
        "required": None if required is None else round(required * width, 2),
        "level": None,
        "estimate": None,
        "band": None,
    }
    if current is None:
        words = [gettext("Not measured yet.")]
    else:
        scale["estimate"] = place(float(estimate))
        scale["level"] = names[current]
        words = [gettext("Level: %(level)s.") % {"level": names[current]}]
        if low is not None and high is not None:
            start, end = place(float(low)), place(float(high))
            scale["band"] = {"x": start, "width": round(max(end - start, 0.5), 2)}
            first, last = names[level_of(float(low))], names[level_of(float(high))]
            words.append(
                gettext("The likely range lies within this level.")
                if first == last
                else gettext("The likely range goes from %(first)s to %(last)s.")
                % {"first": first, "last": last}
            )
    if required is not None:
        words.append(gettext("Required: %(level)s.") % {"level": names[required]})
    scale["text"] = " ".join(words)
    return scale


HEAT_STEPS = (0.2, 0.4, 0.6, 0.8, 0.95)


@register.simple_tag
def heat_cells(cells: Iterable, kind: str = "percent", maximum: float = 1) -> list[dict]:
    """The cells of one row of a heat map: text, shade (0 to 5, or none), href, note.

    A cell is a number, None (no figure), or a dict of value, href, suppressed, note.
    """
    drawn = []
    for cell in cells:
        cell = dict(cell) if isinstance(cell, Mapping) else {"value": cell}
        value = None if cell.get("suppressed") else cell.get("value")
        if value is None:
            note = (
                gettext("too few people to show")
                if cell.get("suppressed")
                else gettext("no figure")
            )
            drawn.append({"text": "–", "shade": "none", "note": cell.get("note") or note})
            continue
        share = float(value) / float(maximum or 1)
        drawn.append(
            {
                "text": _number(value, kind),
                "shade": sum(share >= step for step in HEAT_STEPS),
                "href": cell.get("href"),
                "note": cell.get("note"),
            }
        )
    return drawn


@register.simple_tag
def heat_key() -> list[dict]:
    """What each shade of a percentage heat map means."""
    edges = [0, *HEAT_STEPS, 1]
    key = []
    for shade, (start, end) in enumerate(itertools.pairwise(edges)):
        text = gettext("%(start)s to %(end)s") % {"start": percent(start), "end": percent(end)}
        key.append({"shade": shade, "text": text})
    return key


@register.simple_tag
def bar_geometry(items: Iterable, kind: str = "number", maximum=None, target=None) -> dict:
    """Rows of `components/bar_chart.html`: each item's text, offset (px) and width (per cent)."""
    maximum, target = _given(maximum), _given(target)
    items = [dict(item) for item in items]
    values = [float(item["value"]) for item in items if item.get("value") is not None]
    top = float(
        maximum or (1 if kind == "percent" else max([*values, float(target or 0)], default=0)) or 1
    )
    rows = []
    for index, item in enumerate(items):
        value = item.get("value")
        width = 0 if value is None else round(min(max(float(value) / top, 0), 1) * 100, 2)
        rows.append(
            {
                "label": localized(item["label"]),
                "text": item.get("text") or ("–" if value is None else _number(value, kind)),
                "tone": item.get("tone", ""),
                "href": item.get("href"),
                "width": width,
                "y_label": index * 52 + 16,
                "y_bar": index * 52 + 24,
            }
        )
    return {
        "rows": rows,
        "height": len(rows) * 52,
        "target": None if target is None else round(min(float(target) / top, 1) * 100, 2),
        "target_text": "" if target is None else _number(target, kind),
    }


@register.simple_tag
def line_geometry(labels, series, kind: str = "number", maximum=None, minimum=0) -> dict:
    """Points and grid of `components/line_chart.html`, in per cent of the plot.

    `series` is a list of {label, values}; a value of None breaks the line.
    """
    maximum, minimum = _given(maximum), _given(minimum) or 0
    labels = [localized(label) for label in labels]
    drawn_values = [float(v) for line in series for v in line["values"] if v is not None]
    low = float(minimum)
    high = float(maximum or (1 if kind == "percent" else max(drawn_values, default=1)))
    extent = (high - low) or 1
    last = max(len(labels) - 1, 1)
    lines = []
    for number, line in enumerate(series):
        points = [
            None
            if value is None
            else {
                "x": round(index / last * 100, 2),
                "y": round(100 - (float(value) - low) / extent * 100, 2),
                "text": _number(value, kind),
            }
            for index, value in enumerate(line["values"])
        ]
        lines.append(
            {
                "label": localized(line["label"]),
                "number": number,
                "points": [point for point in points if point],
                "texts": [point["text"] if point else "–" for point in points],
                "parts": [(a, b) for a, b in itertools.pairwise(points) if a and b],
            }
        )
    shown = sorted({0, last // 2, last}) if len(labels) > 2 else list(range(len(labels)))
    anchors = {0: "start", last: "end"}
    return {
        "lines": lines,
        "ticks": [
            {"y": round(100 - step * 25, 2), "text": _number(low + extent * step / 4, kind)}
            for step in range(5)
        ],
        "labels": [
            {"x": round(i / last * 100, 2), "text": labels[i], "anchor": anchors.get(i, "middle")}
            for i in shown
        ],
        "rows": [
            [label, *[line["texts"][index] for line in lines]] for index, label in enumerate(labels)
        ],
    }


@register.filter
def chart_row(index: int) -> int:
    """Where the words of a line chart's n-th grid line stand, in pixels from the top."""
    return 216 - int(index) * 50


@register.filter
def unlocalized(number) -> str:
    """A number as HTML and SVG attributes want it, whatever the active language writes."""
    return str(number)
