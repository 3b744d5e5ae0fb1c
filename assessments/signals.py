"""News from assessments. Sent inside the transaction of the change they tell of."""

from django.dispatch import Signal

#: kwargs: attempt (graded, with its score and statement id), at (when it was graded)
attempt_graded = Signal()

#: kwargs: attempt (as it is now), was_passed (before; None for a placement), regrade, at
attempt_regraded = Signal()
#: kwargs: registrations (a set of UUIDs). A receiver returns {registration: channel}, as far as it
#: knows by which channel (online, booklet, in a room…) somebody learned; asked, not told.
channels_asked = Signal()
#: kwargs: review (kept or changed, with its statement id)
review_decided = Signal()
