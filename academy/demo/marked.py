"""A practice assessment that people mark: a brief on figures, and the plan of a safe-to-fail trial.

Four answers were handed in: one is marked, three wait, one of them for too long.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.utils.translation import override
from wagtail.models import Locale

from academy.competencies.models import Competency
from academy.demo.keys import key_of
from academy.people.models import User
from assessments import marking
from assessments.models import (
    Assessment,
    Criterion,
    CriterionLevel,
    ItemBank,
    ItemContent,
    Rubric,
    Section,
)
from assessments.rubrics import safe_to_fail
from assessments.services import publish_item, save_form, start_attempt, submit_attempt

CODE = "practice-brief-and-trial"
COMPETENCY = "stats-nz-dcf:14"
BRIEF, TRIAL = "tasks-001", "tasks-002"

#: Title, what is looked at, and what each level looks like from no point to two.
BRIEF_RUBRIC = (
    (
        ("Message", "Message"),
        (
            "Can a busy reader act on the first two sentences?",
            "Un lecteur pressé peut-il agir après les deux premières phrases ?",
        ),
        (
            ("There is no message, or it comes last.", "Pas de message, ou il vient en dernier."),
            ("A message, but not what to do with it.", "Un message, mais pas ce qu’il faut en faire."),
            ("Message first, with what follows from it.", "Le message d’abord, et ce qui en découle."),
        ),
    ),
    (
        ("Figures", "Chiffres"),
        (
            "Are counts turned into rates, with their base?",
            "Les nombres sont-ils devenus des taux, avec leur base ?",
        ),
        (
            ("Counts only, or rates that are wrong.", "Des nombres seuls, ou des taux faux."),
            ("Right rates, without their base.", "Des taux justes, sans leur base."),
            ("Right rates, with base and period.", "Des taux justes, avec base et période."),
        ),
    ),
    (
        ("Limits", "Limites"),
        (
            "Does it say what the figures cannot show?",
            "Dit-il ce que les chiffres ne peuvent pas montrer ?",
        ),
        (
            ("It says more than they show.", "Il en dit plus qu’ils ne montrent."),
            ("A general warning.", "Une mise en garde générale."),
            ("The limit that matters here, and how to lift it.", "La limite qui compte ici, et comment la lever."),
        ),
    ),
)  # fmt: skip
LEVELS = (("Not yet", "Pas encore"), ("Partly", "En partie"), ("Fully", "Entièrement"))

QUESTIONS = {
    BRIEF: {
        "en": (
            "<p>Complaints about the permit counter, per year:</p><ul><li>last year: 412 complaints, "
            "20,600 visits, counter open five days a week</li><li>this year: 396 complaints, 13,200 "
            "visits, counter open three days a week since March</li></ul><p>A colleague wants to tell "
            "the director that “complaints are going down”. Write the brief for the director instead: "
            "what the figures show, what they do not, and what you propose.</p>",
            "<p>Complaints rose from 20 to 30 in a thousand visits. Whether the shorter hours are the "
            "reason the figures cannot say: compare the days before and after March.</p>",
        ),
        "fr": (
            "<p>Plaintes au sujet du guichet des permis, par an :</p><ul><li>l’an dernier : "
            "412 plaintes, 20 600 visites, guichet ouvert cinq jours par semaine</li><li>cette année : "
            "396 plaintes, 13 200 visites, guichet ouvert trois jours par semaine depuis mars</li></ul>"
            "<p>Un collègue veut dire à la directrice que « les plaintes diminuent ». Rédigez plutôt la "
            "note pour la directrice : ce que les chiffres montrent, ce qu’ils ne montrent pas et ce "
            "que vous proposez.</p>",
            "<p>Les plaintes sont passées de 20 à 30 pour mille visites. Si les horaires réduits en "
            "sont la cause, les chiffres ne le disent pas : comparez les jours d’avant et d’après "
            "mars.</p>",
        ),
    },
    TRIAL: {
        "en": (
            "<p>Choose a small change in a service you know, of which you are not sure that it helps. "
            "Plan a trial of it on one page: what you ask, what may go wrong and who has agreed to "
            "it, when you stop, and what is learned whichever way it goes. Hand in the page; it may "
            "be a trial that has ended, and badly.</p>",
            "<p>What is marked is how you would try, not whether it worked.</p>",
        ),
        "fr": (
            "<p>Choisissez un petit changement dans un service que vous connaissez, dont vous n’êtes "
            "pas sûr qu’il aide. Planifiez-en l’essai sur une page : la question posée, ce qui peut mal "
            "tourner et qui en a convenu, quand vous arrêtez, et ce qui est appris quelle que soit "
            "l’issue. Remettez la page ; l’essai peut être terminé, et avoir échoué.</p>",
            "<p>Ce qui est noté, c’est la façon d’essayer, et non la réussite.</p>",
        ),
    },
}


def _both(words: tuple[str, str]) -> dict[str, str]:
    return dict(zip(("en", "fr"), words, strict=True))


def _brief_rubric() -> Rubric:
    rubric = Rubric(code="brief", title=_both(("Brief on figures", "Note sur des chiffres")))
    criteria = []
    for order, (title, about, levels) in enumerate(BRIEF_RUBRIC):
        criterion = Criterion(order=order, title=_both(title), description=_both(about))
        criterion.levels = [
            CriterionLevel(
                order=points, points=points, title=_both(LEVELS[points]), description=_both(words)
            )
            for points, words in enumerate(levels)
        ]
        criteria.append(criterion)
    rubric.criteria = criteria
    rubric.save()
    return rubric


def _trial_rubric() -> Rubric:
    title = _both(("Safe-to-fail trial", "Essai sans danger"))
    rubric = safe_to_fail(Rubric(code="safe-to-fail", title=title))
    rubric.save()
    return rubric


def load_marked(locales: dict[str, Locale], *, at: datetime) -> Assessment:
    """The bank of two questions with their rubrics, and the assessment that asks both."""
    bank = ItemBank.objects.create(
        code="tasks", title=_both(("Briefs and trials", "Notes et essais"))
    )
    competency = Competency.objects.get(ref=COMPETENCY)
    kinds = {BRIEF: ("essay", _brief_rubric(), 250), TRIAL: ("file", _trial_rubric(), 60)}
    for code, (item_type, rubric, limit) in kinds.items():
        contents = [
            ItemContent(
                locale=locale,
                translation_key=key_of("items", code),
                bank=bank,
                code=code,
                item_type=item_type,
                competency=competency,
                level=3,
                stem=QUESTIONS[code][language][0],
                explanation=QUESTIONS[code][language][1],
                rubric=rubric,
                word_limit=limit,
                live=True,
                first_published_at=at,
                last_published_at=at,
            )
            for language, locale in locales.items()
        ]
        for one in contents:
            one.save()
        publish_item(contents[0], at=at)
    assessment = Assessment.objects.create(
        code=CODE,
        title=_both(("Practice: a brief and a trial", "Exercice : une note et un essai")),
        instructions=_both(
            (
                "Two tasks that a trainer marks: a brief of 250 words, and one page on a trial.",
                "Deux tâches notées par une formatrice : une note de 250 mots et une page sur un essai.",
            )
        ),
        cut_score="0.600",
        cooldown_hours=0,
        shuffles_items=False,
    )
    Section.objects.create(assessment=assessment, bank=bank, count=2)
    return assessment


# --- What was handed in ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Submission:
    person: str
    days_ago: int
    language: str
    brief: str
    file: str
    plan: str
    #: Points for each scored criterion of the brief and of the trial, once it is marked.
    points: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    comment: str = ""


SUBMISSIONS = (
    Submission(
        "jonas.mbekishvili",
        13,
        "en",
        "Complaints are not going down: they rose from 20 to 30 in a thousand visits, a half more. "
        "The count fell only because a third fewer people came.\n\nThe counter has been open three "
        "days instead of five since March. The two may be linked, but these figures are yearly and "
        "cannot show it. I propose to compare the months before and after March, and to read the "
        "complaints of April, before we say anything outside.",
        "trial-queue-tickets.txt",
        "Trial: numbered tickets at the permit counter, Tuesdays only, six weeks.\nWe ask: do people "
        "wait less long, and do they complain less? We time every tenth visitor.\nRisk: people who "
        "cannot read the screen miss their turn. Agreed with the head of the counter; an usher calls "
        "the numbers aloud.\nWe stop: at once if two people miss their turn in a day.\nEither way we "
        "publish the waiting times and what visitors told us.",
    ),
    Submission(
        "priyanka.halloran",
        9,
        "en",
        "In a thousand visits, 30 led to a complaint this year and 20 last year. Fewer people came, "
        "so the number of complaints fell all the same. Visits fell when the counter went from five "
        "days to three.\n\nWe should not say that complaints are going down. I propose to open on "
        "Thursdays again for a month and to look at the rate each week.",
        "trial-plain-letters.txt",
        "We sent half of the renewal letters in plain language for a month. Nobody agreed the risk "
        "beforehand; we noticed too late that the date was missing in the new letter. We stopped "
        "after 200 letters and wrote to everybody. The rate of late renewals did not change. Learned: "
        "a second person reads each new template, and the old letter stays ready.",
        ((2, 2, 1), (2, 1, 1, 3)),
        "Clear and honest. Say next time what the yearly figures cannot show, and by whom the risk "
        "was agreed.",
    ),
    Submission(
        "celestine.abernathy",
        6,
        "fr",
        "Les plaintes n’ont pas diminué : 396 au lieu de 412, mais pour beaucoup moins de visites. "
        "Rapportées aux visites, elles passent de 2 % à 3 %.\n\nLe guichet est ouvert trois jours au "
        "lieu de cinq. Je propose de demander aux personnes ce qui les a gênées.",
        "essai-rappels.txt",
        "Essai : un message de rappel la veille du rendez-vous, pour un service, pendant un mois.\n"
        "Question : y a-t-il moins de rendez-vous manqués ?\nRisque : un message envoyé à la mauvaise "
        "personne. La responsable des données a donné son accord pour un message sans nom.\nArrêt : "
        "dès la première erreur d’adresse.\nQuoi qu’il arrive, nous saurons combien de personnes "
        "annulent à temps.",
    ),
    Submission(
        "rene.castonguay",
        2,
        "fr",
        "Cette année : 396 plaintes pour 13 200 visites, soit 30 pour mille. L’an dernier : "
        "412 plaintes pour 20 600 visites, soit 20 pour mille. Le risque de plainte a donc augmenté "
        "de moitié.\n\nCe que les chiffres ne disent pas : pourquoi. Il faudrait les plaintes mois "
        "par mois et leur motif.",
        "essai-guichet.txt",
        "Nous voudrions ouvrir le guichet le jeudi soir. Si cela marche, nous continuerons.",
    ),
)


def submissions(people: dict[str, User], *, now: datetime) -> list[Iterator[datetime]]:
    """One story each, to be told among the others in the order of time."""
    return [_story(one, people[one.person], people["trainer"], now) for one in SUBMISSIONS]


def _story(one: Submission, person: User, trainer: User, now: datetime) -> Iterator[datetime]:
    at = (now - timedelta(days=one.days_ago)).replace(hour=9, minute=10 + one.days_ago)
    yield at
    with override(one.language):
        _hand_in(one, person, at)
    if one.points:
        yield (at := at + timedelta(days=4, hours=5))
        with override("en"):
            _mark(one, person, trainer, at)


def _hand_in(one: Submission, person: User, at: datetime) -> None:
    attempt = start_attempt(
        assessment=Assessment.objects.get(code=CODE),
        learner=person,
        registration=uuid.uuid5(person.uuid, CODE),
        at=at,
        seed=one.days_ago,
    )
    for response in attempt.responses.select_related("item_version__item"):
        data = QueryDict(mutable=True)
        is_brief = response.item_version.item.code == BRIEF
        if is_brief:
            data["answer"] = one.brief
        save_form(
            attempt=attempt,
            response=response,
            data=data,
            uploads=[] if is_brief else [SimpleUploadedFile(one.file, one.plan.encode())],
            sequence=1,
            language=one.language,
            is_flagged=False,
            at=at + timedelta(minutes=25),
        )
    submit_attempt(attempt=attempt, at=at + timedelta(minutes=50))


def _mark(one: Submission, person: User, trainer: User, at: datetime) -> None:
    attempt = person.attempts.get(assessment__code=CODE)
    for response in attempt.responses.select_related("item_version__item"):
        points = one.points[response.item_version.item.code != BRIEF]
        criteria = response.item_version.content["settings"]["rubric"]["criteria"]
        scored = [criterion for criterion in criteria if criterion["is_scored"]]
        levels = {
            criterion["id"]: criterion["levels"][reached]["id"]
            for criterion, reached in zip(scored, points, strict=True)
        }
        mark = marking.claim(response=response, marker=trainer, at=at)
        given = marking.Given(levels=levels, comments={}, comment=one.comment)
        marking.give(mark=mark, marker=trainer, given=given, at=at)
