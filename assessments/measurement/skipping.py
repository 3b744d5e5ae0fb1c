"""How sure a placement has to be before something may be skipped (decision 33).

The level that a result shows is the likeliest. A skip asks for more: the probability that the level
it takes for granted is held, or a higher one.
"""

#: From here on a skip is offered, and the person decides.
SKIP_CERTAINTY = 0.8

#: From here on it is made without asking, where every difficulty was calibrated on real answers.
DECIDE_CERTAINTY = 0.9
