"""Wagtail's admin under `script-src 'self'`.

Stock Wagtail starts some widgets by inline scripts. Here each of them is an `<academy-start-up>`
element that carries the call as data, and `cms/admin/start-up.js` makes it when the browser connects
the element: at the same moment an inline script would have run, and for markup added later too.

Three parts: template overrides in `cms/templates/{wagtailadmin,wagtail_localize}`, the patch of
`BaseChooser.render` in `apply()` (it writes its script in Python), and the script, loaded by a hook.
`AdminCspMiddleware` allows inline *styles* in the admin only, which Draftail needs.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import escapejs, format_html
from django.utils.safestring import SafeString
from wagtail import hooks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.widgets import BaseChooser

CHOOSER_CALL = re.compile(r"^(?:new )?(?P<name>\w+)\((?P<arguments>.*)\);$", re.DOTALL)


def start_up_element(name: str, arguments: str) -> SafeString:
    """The element for one call of the JavaScript function or class `name`.

    `arguments` is a JSON list. It is written as the inside of a JavaScript string, as Wagtail's own
    scripts do, because `InlinePanel` numbers new forms by a regular expression that knows `\\u0022`
    and `"` as the end of a `__prefix__`, but not the `&quot;` of a plain attribute.
    """
    return format_html(
        '<academy-start-up hidden data-call="{}" data-arguments="{}"></academy-start-up>',
        name,
        escapejs(arguments),
    )


def render_chooser(
    self: BaseChooser, name: str, value: Any, attrs: dict | None = None, renderer: Any = None
) -> SafeString:
    """`BaseChooser.render` with the script as data; raises TypeError without an id, as the original."""
    if not attrs or "id" not in attrs:
        raise TypeError("BaseChooser cannot be rendered without an 'id' attribute")
    value_data = self.get_value_data(value)
    script = self.render_js_init(attrs["id"], name, value_data)
    call = CHOOSER_CALL.match(script.strip())
    if call is None:
        raise ValueError(f"{type(self).__name__} starts by a script that is not one call: {script}")
    arguments = f"[{call['arguments']}]"
    json.loads(arguments)  # a call whose arguments are not plain data could not be carried as data
    return format_html(
        "{}{}",
        self.render_html(name, value_data, attrs),
        start_up_element(call["name"], arguments),
    )


def apply() -> None:
    """Replace `BaseChooser.render`. Called once, when the apps are ready."""
    BaseChooser.render = render_chooser


@hooks.register("insert_global_admin_js", order=-100)
def start_up_script() -> SafeString:
    return format_html('<script src="{}"></script>', versioned_static("cms/admin/start-up.js"))


class AdminCspMiddleware:
    """Allow inline styles on admin pages. Stands below CSPMiddleware, which reads `_csp_update`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    @cached_property
    def admin_path(self) -> str:
        return reverse("wagtailadmin_home")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith(self.admin_path):
            update = getattr(response, "_csp_update", None) or {}
            response._csp_update = {**update, "style-src": [SELF, UNSAFE_INLINE]}
        return response
