"""News from courses. Sent inside the transaction of the change they tell of."""

from django.dispatch import Signal

#: kwargs: enrollment (just completed), completions (the ModuleCompletions it rests on)
course_completed = Signal()

#: kwargs: enrollment (whose validity just ended, for a module in it is no longer proven), reason, by
#: (who decided it, or None), at
completion_taken_back = Signal()
