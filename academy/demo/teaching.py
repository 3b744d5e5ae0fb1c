"""What the demo teaches: modules with their lessons, and the courses that use them."""

from dataclasses import dataclass
from datetime import datetime

from wagtail.models import Collection, Locale, Page

from academy.competencies.models import Competency
from academy.demo import content
from academy.demo.keys import key_of
from academy.demo.lessons import Shelf, body_of
from assessments.models import Assessment, ItemBank, ItemVersion
from cms.models import (
    CataloguePage,
    CourseModuleLink,
    CoursePage,
    HomePage,
    LessonPage,
    LibraryPage,
    ModulePage,
    ModuleTeaches,
    PlainPage,
)
from cms.seed import NEXT_STEPS_KEY
from courses.models import LessonVersion


@dataclass(frozen=True)
class CourseText:
    """A course, as its page says it in both languages. `image`: module and picture."""

    code: str
    modules: tuple[str, ...]
    image: tuple[str, str]
    validity_months: int | None
    title: content.Bilingual
    slug: content.Bilingual
    summary: content.Bilingual
    outcome: content.Bilingual
    measured_by: content.Bilingual
    audience: content.Bilingual


COURSES = [
    CourseText(
        code="working-with-data",
        modules=("finding-data", "describing-data"),
        image=("finding-data", "sources.svg"),
        validity_months=None,
        title=content.Bilingual("Working with data", "Travailler avec les données"),
        slug=content.Bilingual("working-with-data", "travailler-avec-les-donnees"),
        summary=content.Bilingual(
            "Find the figures that answer a question from your work, judge what they can carry, and "
            "describe them so that a busy reader gets a fair picture.",
            "Trouvez les chiffres qui répondent à une question de votre travail, jugez de ce qu’ils "
            "permettent d’affirmer et décrivez-les pour qu’un lecteur pressé en garde une image juste.",
        ),
        outcome=content.Bilingual(
            "You can take a vague request for data to a short note or chart that answers it, with "
            "sources a colleague can find again and words that stay within what the data show.",
            "Vous savez mener une demande de données vague jusqu’à une note ou un graphique qui y "
            "répond, avec des sources qu’un collègue peut retrouver et des mots qui ne vont pas "
            "au-delà des données.",
        ),
        measured_by=content.Bilingual(
            "Two final assessments of twelve questions each, one for each module, with a cut score "
            "of 70%.",
            "Deux évaluations finales de douze questions chacune, une par module, avec un seuil de "
            "réussite de 70 %.",
        ),
        audience=content.Bilingual(
            "Everyone who reads, writes or decides on briefings with figures in them.",
            "Toute personne qui lit, rédige ou tranche des notes où figurent des chiffres.",
        ),
    ),
    CourseText(
        code="data-and-privacy",
        modules=("finding-data", "personal-data"),
        image=("personal-data", "data-journey.svg"),
        validity_months=24,
        title=content.Bilingual("Data and privacy", "Données et vie privée"),
        slug=content.Bilingual("data-and-privacy", "donnees-et-vie-privee"),
        summary=content.Bilingual(
            "Know good data when you see it, and handle what it says about people with care: from "
            "the form that collects it to the table that is published.",
            "Reconnaître de bonnes données, et traiter avec soin ce qu’elles disent des personnes : "
            "du formulaire qui les recueille au tableau que l’on publie.",
        ),
        outcome=content.Bilingual(
            "You can judge whether data is fit for your purpose, and decide whether and how personal "
            "data in it may be collected, kept, shared or published.",
            "Vous savez juger si des données conviennent à votre usage, et décider si et comment les "
            "données personnelles qu’elles contiennent peuvent être recueillies, conservées, "
            "partagées ou publiées.",
        ),
        measured_by=content.Bilingual(
            "Two final assessments of twelve questions each, one for each module, with a cut score "
            "of 70%. The certificate is valid for two years, as law and practice move.",
            "Deux évaluations finales de douze questions chacune, une par module, avec un seuil de "
            "réussite de 70 %. Le certificat est valable deux ans, car le droit et les pratiques "
            "évoluent.",
        ),
        audience=content.Bilingual(
            "Everyone who keeps files on people: case officers, human resources, registries, "
            "service designers.",
            "Toute personne qui tient des dossiers sur des gens : gestionnaires de dossiers, "
            "ressources humaines, registres, concepteurs de services.",
        ),
    ),
]


def load_module(
    module: content.Module, bank: ItemBank, final: Assessment, locales: dict[str, Locale]
) -> Shelf:
    """A module's pages and its lessons', the source language first; returns its media."""
    collection = Collection.get_first_root_node().add_child(name=module.title.en)
    shelf = Shelf(module, collection)
    competencies = {one.ref: one for one in Competency.objects.all()}
    for language, locale in locales.items():
        page = ModulePage(
            locale=locale,
            translation_key=key_of("modules", module.code),
            title=module.title[language],
            summary=module.summary[language],
            outcome=module.outcome[language],
            measured_by=module.measured_by[language],
            final_assessment=final,
            live=False,
        )
        page.teaches = [
            ModuleTeaches(
                locale=locale,
                translation_key=key_of("teaches", f"{module.code}/{one.competency}"),
                sort_order=order,
                competency=competencies[one.competency],
                level=one.level,
            )
            for order, one in enumerate(module.teaches)
        ]
        _publish(page, LibraryPage.objects.get(locale=locale))
        for lesson in module.in_language(language):
            _publish(
                LessonPage(
                    locale=locale,
                    translation_key=key_of("lessons", f"{module.code}/{lesson.slug}"),
                    title=lesson.title,
                    summary=lesson.summary,
                    minutes=lesson.minutes,
                    body=body_of(lesson, module, shelf),
                    live=False,
                ),
                page,
            )
    return shelf


def load_course(course: CourseText, shelves: dict[str, Shelf], locales: dict[str, Locale]) -> None:
    """A course's page in each language. Its modules must have been published before."""
    module, name = course.image
    for language, locale in locales.items():
        page = CoursePage(
            locale=locale,
            translation_key=key_of("courses", course.code),
            title=course.title[language],
            slug=course.slug[language],
            summary=course.summary[language],
            outcome=course.outcome[language],
            measured_by=course.measured_by[language],
            audience=course.audience[language],
            image=shelves[module].image(name, language, title=course.title[language]),
            validity_months=course.validity_months,
            live=False,
        )
        page.module_links = [
            CourseModuleLink(
                locale=locale,
                translation_key=key_of("links", f"{course.code}/{code}"),
                sort_order=order,
                module=ModulePage.objects.get(
                    locale=locale, translation_key=key_of("modules", code)
                ),
            )
            for order, code in enumerate(course.modules)
        ]
        _publish(page, CataloguePage.objects.get(locale=locale))


def dress_home(shelves: dict[str, Shelf]) -> None:
    """The home pages get their picture; the advice for an empty academy goes."""
    PlainPage.objects.filter(translation_key=NEXT_STEPS_KEY).delete()
    for home in HomePage.objects.all():
        language = home.locale.language_code
        home.hero_image = shelves["finding-data"].image("upstream.svg", language, title=home.title)
        home.body = ""
        home.save_revision().publish()


def date_back(at: datetime) -> None:
    """What is taught was published before the first person learned it."""
    LessonVersion.objects.update(published_at=at)
    ItemVersion.objects.update(created_at=at)
    Page.objects.filter(depth__gt=1).update(
        first_published_at=at, last_published_at=at, latest_revision_created_at=at
    )


def _publish(page: Page, parent: Page) -> None:
    """`page_published` makes or updates the row in `courses` that the page stands for."""
    parent.add_child(instance=page)
    page.save_revision().publish()
