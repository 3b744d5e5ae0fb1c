"""The criteria that a safe-to-fail rubric begins with.

A trial is safe to fail when what it may cost was agreed beforehand. What is scored is how it was
tried: how the question was framed, the risk agreed, the rule for stopping, what was learned. How it
came out is described and scored by nobody, so that a trial that failed well is a success.
"""

from academy.core.fields import Localized
from assessments.models import Criterion, CriterionLevel, Rubric

#: Titles of the levels, from the lowest, with their points.
_LEVELS = (
    (0, "Missing", "Absent"),
    (1, "Begun", "Ébauché"),
    (2, "Sound", "Solide"),
    (3, "Exemplary", "Exemplaire"),
)
#: Title, what is looked at, and what each level looks like, in English and French.
_CRITERIA = (
    (
        ("Framing", "Cadrage"),
        (
            "What is tried, for whom, and what would show that it helps or not.",
            "Ce qui est essayé, pour qui, et ce qui montrerait que cela aide ou non.",
        ),
        (
            ("No question is asked.", "Aucune question n’est posée."),
            (
                "There is a question, but nothing that would answer it.",
                "Il y a une question, mais rien qui permettrait d’y répondre.",
            ),
            (
                "A question, a measure and a comparison that would answer it.",
                "Une question, une mesure et une comparaison qui y répondraient.",
            ),
            (
                "That, and what the trial cannot show is said beforehand.",
                "Cela, et ce que l’essai ne peut pas montrer est dit à l’avance.",
            ),
        ),
    ),
    (
        ("Agreed risk", "Risque convenu"),
        (
            "What may go wrong, for whom, how much of it is acceptable, and who agreed.",
            "Ce qui peut mal tourner, pour qui, ce qui en est acceptable et qui en a convenu.",
        ),
        (
            ("No risk is named.", "Aucun risque n’est nommé."),
            (
                "Risks are listed; nobody has agreed to them.",
                "Des risques sont énumérés ; personne n’en a convenu.",
            ),
            (
                "The worst that may happen is small, named, and agreed by who answers for it.",
                "Le pire qui puisse arriver est limité, nommé et accepté par la personne responsable.",
            ),
            (
                "That, and those who would bear it were asked.",
                "Cela, et les personnes qui le subiraient ont été consultées.",
            ),
        ),
    ),
    (
        ("Stop rule", "Règle d’arrêt"),
        (
            "When the trial ends, whatever the wish to go on, and who stops it.",
            "Quand l’essai prend fin, quelle que soit l’envie de continuer, et qui l’arrête.",
        ),
        (
            ("It could go on for ever.", "Il pourrait durer indéfiniment."),
            (
                "There is an end date only.",
                "Il n’y a qu’une date de fin.",
            ),
            (
                "A figure or an event ends it, and somebody is named to look.",
                "Un chiffre ou un événement y met fin, et une personne désignée y veille.",
            ),
            (
                "That, and how everything is put back is said.",
                "Cela, et la façon de tout remettre en état est décrite.",
            ),
        ),
    ),
    (
        ("Learning", "Apprentissage"),
        (
            "What was learned or would be, whichever way it goes, and who is told.",
            "Ce qui a été ou serait appris, quelle que soit l’issue, et qui en est informé.",
        ),
        (
            ("Nothing is kept.", "Rien n’est conservé."),
            (
                "Only success would teach something.",
                "Seule la réussite apprendrait quelque chose.",
            ),
            (
                "Each way it may end teaches something that is written down.",
                "Chaque issue possible apprend quelque chose qui est consigné.",
            ),
            (
                "That, and others can find and use it.",
                "Cela, et d’autres peuvent le trouver et s’en servir.",
            ),
        ),
    ),
)
_OUTCOME = (
    ("Outcome", "Résultat"),
    (
        "How it came out. Described and commented on; it counts nothing.",
        "Ce qu’il en est advenu. Décrit et commenté ; cela ne compte pas.",
    ),
)


def _both(words: tuple[str, str]) -> Localized:
    return Localized(zip(("en", "fr"), words, strict=True))


def safe_to_fail(rubric: Rubric) -> Rubric:
    """Give a rubric, not saved yet, these criteria."""
    rubric.kind = Rubric.Kind.SAFE_TO_FAIL
    criteria = []
    for title, about, levels in _CRITERIA:
        criterion = Criterion(
            order=len(criteria), title=_both(title), description=_both(about), is_scored=True
        )
        criterion.levels = [
            CriterionLevel(
                order=points,
                points=points,
                title=_both((english, french)),
                description=_both(words),
            )
            for (points, english, french), words in zip(_LEVELS, levels, strict=True)
        ]
        criteria.append(criterion)
    title, about = _OUTCOME
    criteria.append(
        Criterion(
            order=len(criteria), title=_both(title), description=_both(about), is_scored=False
        )
    )
    rubric.criteria = criteria
    return rubric
