"""How many reported messages wait for those who run the place."""

from hallway.events import log
from hallway.events.kinds import ReportChanged
from hallway.models import Author, Report


def tell() -> None:
    """Tell each of them, on every screen; inside `log.write()`."""
    number = Report.objects.waiting()
    for author in Author.objects.running_the_place():
        log.append(ReportChanged(number), author=author)
