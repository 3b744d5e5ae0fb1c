"""News from assessments. Sent inside the transaction of the change they tell of."""

from django.dispatch import Signal

#: kwargs: attempt (graded, with its score and statement id), at (when it was graded)
attempt_graded = Signal()

#: kwargs: review (kept or changed, with its statement id)
review_decided = Signal()
