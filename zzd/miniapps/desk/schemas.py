"""What the routes of the workbench take and give, beyond its entries."""

from __future__ import annotations

from datetime import date

from marshmallow import Schema, fields, validate

from zzd.api import Id, StrictSchema, Text
from zzd.miniapps.desk.own import HIGHEST_BADGE, MOST_FAVOURITES
from zzd.miniapps.desk.placements import MOST_PLACED
from zzd.miniapps.schemas import LocalizedSchema, WorkbenchEntrySchema
from zzd.orgtree.schemas import AudienceRequestSchema, AudienceSchema, UnitRefSchema
from zzd.pairwise import LONGEST_NAME

MOST_PICKED = 200
# Nothing was counted before, and nobody asks beyond.
DAYS = (date(2000, 1, 1), date(2199, 12, 31))


class OpenedEntrySchema(WorkbenchEntrySchema):
    """An app with what its page may ask of the client."""

    scopes = fields.List(fields.String(), metadata={"description": "Consented to, for me"})


class FrameQuerySchema(Schema):
    at = Text(
        2000,
        load_default=None,
        metadata={"description": "A page of the app to begin with, on its entry's origin"},
    )
    phone = fields.Boolean(
        load_default=False,
        metadata={
            "description": "On a narrow screen: the manifest's phone_entry_url, if it has one"
        },
    )


class OpeningSchema(StrictSchema):
    outcome = fields.String(
        load_default="opened",
        validate=validate.OneOf(["opened", "failed"]),
        metadata={"description": "failed: its page did not come"},
    )


class FavouritesSchema(StrictSchema):
    miniapp_ids = fields.List(Id(), required=True, validate=validate.Length(max=MOST_FAVOURITES))


class BadgeSchema(StrictSchema):
    count = fields.Integer(required=True, strict=True, validate=validate.Range(0, HIGHEST_BADGE))


class PickedSchema(StrictSchema):
    official_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=MOST_PICKED))
    unit_ids = fields.List(Id(), load_default=list, validate=validate.Length(max=MOST_PICKED))


class KnownSchema(Schema):
    """What an app may know of it."""

    official_ids = fields.List(Id())
    known_as = fields.List(
        fields.String(), metadata={"description": "The same officials, as the app knows them"}
    )
    unit_ids = fields.List(Id())


class SaidSchema(StrictSchema):
    said = fields.List(
        fields.String(validate=validate.Length(1, LONGEST_NAME)),
        required=True,
        validate=validate.Length(1, MOST_PICKED),
        metadata={"description": "Officials as the app named them"},
    )


class MeantSchema(Schema):
    official_ids = fields.List(Id(), metadata={"description": "In the same order"})


class PlacedAppSchema(StrictSchema):
    miniapp_id = Id(required=True)
    fixed = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class PlacementsBodySchema(StrictSchema):
    audience = fields.Nested(AudienceRequestSchema, required=True)
    items = fields.List(
        fields.Nested(PlacedAppSchema), required=True, validate=validate.Length(max=MOST_PLACED)
    )


class PlacementsQuerySchema(Schema):
    unit_id = Id(required=True)


class PlacedFaceSchema(Schema):
    miniapp_id = Id()
    fixed = fields.Boolean()
    app_id = fields.String()
    name = fields.Nested(LocalizedSchema)
    icon = fields.String(allow_none=True)


class PlacementSchema(Schema):
    audience = fields.Nested(AudienceSchema)
    items = fields.List(fields.Nested(PlacedFaceSchema))


class PlacementListSchema(Schema):
    items = fields.List(fields.Nested(PlacementSchema))
    next = fields.String(allow_none=True)


class UsageQuerySchema(Schema):
    unit_id = Id(load_default=None)
    first = fields.Date(load_default=None, validate=validate.Range(*DAYS))
    last = fields.Date(load_default=None, validate=validate.Range(*DAYS))


class FiguresSchema(Schema):
    officials = fields.Integer(metadata={"description": "Who opened it, each once"})
    opens = fields.Integer()
    errors = fields.Integer(metadata={"description": "How often its page did not come"})


class DayUsageSchema(FiguresSchema):
    day = fields.Date()


class UnitUsageSchema(FiguresSchema):
    unit = fields.Nested(UnitRefSchema, allow_none=True)


class UsageSchema(Schema):
    """By day, and by the direct children of the unit; days are Beijing's."""

    unit = fields.Nested(UnitRefSchema, allow_none=True)
    first = fields.Date()
    last = fields.Date()
    total = fields.Nested(FiguresSchema)
    days = fields.List(fields.Nested(DayUsageSchema))
    units = fields.List(fields.Nested(UnitUsageSchema))
