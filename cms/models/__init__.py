from cms.models.brand import BrandSettings
from cms.models.pages import (
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

__all__ = [
    "BrandSettings",
    "CataloguePage",
    "CourseModuleLink",
    "CoursePage",
    "HomePage",
    "LessonPage",
    "LibraryPage",
    "ModulePage",
    "ModuleTeaches",
    "PlainPage",
]
