from courses.models.catalogue import (
    Course,
    CourseModule,
    Lesson,
    LessonVersion,
    Module,
    ModuleCompetency,
)
from courses.models.enrollment import Enrollment
from courses.models.plan import LearningPlan, PlanItem
from courses.models.progress import FinalAttempt, LessonProgress, ModuleCompletion

__all__ = [
    "Course",
    "CourseModule",
    "Enrollment",
    "FinalAttempt",
    "LearningPlan",
    "Lesson",
    "LessonProgress",
    "LessonVersion",
    "Module",
    "ModuleCompetency",
    "ModuleCompletion",
    "PlanItem",
]
