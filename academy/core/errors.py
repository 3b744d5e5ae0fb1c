"""The errors of the academy. Each says what is wrong and what to do, in words fit to show.

They are mapped to HTTP once, in `academy.core.middleware`.
"""


class AcademyError(Exception):
    """A refusal the person can understand. `message` is translated text, shown as it is, by
    `template`."""

    status = 400
    template = "error.html"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotAllowed(AcademyError):
    """The person may not do this; nothing was changed."""

    status = 403


class NotFound(AcademyError):
    """There is no such thing, or none that this person may know of."""

    status = 404


class Conflict(AcademyError):
    """The thing changed meanwhile, or was already done otherwise; nothing was changed."""

    status = 409
