"""News from assessments. Sent inside the transaction of the change they tell of."""

from django.dispatch import Signal

#: kwargs: attempt (graded, with its score and statement id), at (when it was graded)
attempt_graded = Signal()

#: kwargs: attempt (as it is now), was_passed (before; None for a placement), regrade, at
attempt_regraded = Signal()
