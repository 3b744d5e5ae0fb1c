"""Eight months of an academy, told in the order of time and ending now."""

import heapq
from datetime import datetime, timedelta

from academy.demo.life import Life
from academy.demo.marked import submissions
from academy.demo.people import PEOPLE, Person
from academy.demo.stories import STORIES
from academy.people.models import User

#: Days ago. People who joined before the pilot took part in it.
PILOT, OPENED = 800, 240
#: Over how many days, from the opening, people begin.
SPREAD = 190


def beginning_of(person: Person, position: int, now: datetime) -> datetime:
    """The first day of a person's story: some time after they joined and the academy opened."""
    if person.story == "left":
        days = OPENED
    elif person.story == "pilot":
        days = PILOT - 5 * position
    else:
        days = min(person.joined - 4, OPENED - (position * 29) % SPREAD)
    return now - timedelta(days=days)


def load_history(people: dict[str, User], *, now: datetime) -> int:
    """Live every story up to now; returns how many steps were taken.

    The stories are merged by the time of their next step, so what the services write has the order
    in which it would have happened.
    """
    stories = submissions(people, now=now)
    for position, person in enumerate(PEOPLE):
        if person.story:
            life = Life(person, people[person.key], beginning_of(person, position, now))
            stories.append(STORIES[person.story](life))
    last = now - timedelta(hours=3)
    steps = 0
    for at in heapq.merge(*stories):
        if at > last:
            break
        steps += 1
    return steps
