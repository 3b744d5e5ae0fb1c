from cms.blocks.lesson import LessonBody

__all__ = ["LessonBody"]
