from assessments.models.assessment import Allowance, Assessment, Section, SectionItem
from assessments.models.attempt import AnswerFile, Attempt, Response
from assessments.models.bank import Item, ItemBank, ItemContent, ItemVersion
from assessments.models.calibration import Calibration, Exposure, ItemParameters
from assessments.models.exchange import ImportJob, ImportSource
from assessments.models.marking import Criterion, CriterionLevel, Mark, Rubric
from assessments.models.regrade import Regrade, ScoreChange
from assessments.models.review import PlacementReview, SpotCheck
from assessments.models.simulation import Simulation
from assessments.models.statistics import ItemStatistics

__all__ = [
    "Allowance",
    "AnswerFile",
    "Assessment",
    "Attempt",
    "Calibration",
    "Criterion",
    "CriterionLevel",
    "Exposure",
    "ImportJob",
    "ImportSource",
    "Item",
    "ItemBank",
    "ItemContent",
    "ItemParameters",
    "ItemStatistics",
    "ItemVersion",
    "Mark",
    "PlacementReview",
    "Regrade",
    "Response",
    "Rubric",
    "ScoreChange",
    "Section",
    "SectionItem",
    "Simulation",
    "SpotCheck",
]
