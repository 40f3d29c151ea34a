"""What reporting refuses, by name."""

from __future__ import annotations

from zzd.errors import Conflict


class ExplanationNeeded(Conflict):
    """``questions`` lists what is to be explained: ``{reason, figure, from, to}``."""

    code, title = "explanation_needed", "The figures need an explanation"


class ReportFinal(Conflict):
    code, title = "report_final", "The unit has made its final report"


class ReportNotFinal(Conflict):
    code, title = "report_not_final", "The unit has made no final report yet: it may still report"
