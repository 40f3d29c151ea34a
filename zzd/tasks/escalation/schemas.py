"""How escalation rules are written down, in directives and in plans."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from zzd.api import StrictSchema
from zzd.tasks.escalation import rules


class EscalationStepSchema(StrictSchema):
    """Whom to tell so long after a deadline was missed."""

    step = fields.String(
        required=True,
        validate=validate.OneOf(rules.STEPS),
        metadata={
            "description": "The unit once more, its deputy, its leader, "
            "or the duty officer of the unit above"
        },
    )
    after_minutes = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, rules.LATEST_MINUTES)
    )
    working_days = fields.Boolean(
        load_default=False,
        metadata={"description": "Time stands still on days that are no working days"},
    )


class EscalationField(fields.List[Any]):
    """The steps of a rule, in order; none where nobody is told by itself."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            fields.Nested(EscalationStepSchema),
            validate=validate.Length(max=rules.MOST_STEPS),
            **kwargs,
        )

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> list[Any]:
        steps: list[Any] = super()._deserialize(value, *args, **kwargs)
        messages: dict[int, dict[str, list[str]]] = {}
        for index, name, detail in rules.faults(steps):
            messages.setdefault(index, {}).setdefault(name, []).append(detail)
        if messages:
            raise ValidationError(messages)
        return steps


def report_interval_field() -> fields.Integer:
    """Minutes from one report to the next; null where one is enough."""
    return fields.Integer(
        strict=True,
        validate=validate.Range(rules.LEAST_INTERVAL, rules.LONGEST_INTERVAL),
        allow_none=True,
        load_default=None,
        metadata={"description": "Minutes from one report of a unit to its next"},
    )
