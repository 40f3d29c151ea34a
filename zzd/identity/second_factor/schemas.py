"""What the routes of the second factor take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from zzd.api import Moment, StrictSchema, Text
from zzd.identity.passwords import LONGEST

LONGEST_CODE, LONGEST_REASON = 64, 500
OF_APP_OR_RECOVERY = "Of the authenticator app, or a recovery code"


def code_field(**more: Any) -> Text:
    return Text(LONGEST_CODE, metadata={"description": OF_APP_OR_RECOVERY}, **more)


class SecondFactorSchema(Schema):
    """``required``: the caller must have one, and does nothing else before it is on."""

    on = fields.Boolean()
    since = Moment(allow_none=True)
    recovery_codes_left = fields.Integer()
    required = fields.Boolean()


class SecondFactorRequestSchema(StrictSchema):
    password = Text(LONGEST, required=True)
    code = code_field(load_default=None, allow_none=True)


class SecondFactorOfferSchema(Schema):
    """``secret`` to type, in base32, and ``uri`` for a QR code; neither is shown again."""

    secret = fields.String()
    uri = fields.String()


class SecondFactorConfirmationSchema(StrictSchema):
    code = Text(LONGEST_CODE, required=True)


class SecondFactorProofSchema(StrictSchema):
    password = Text(LONGEST, required=True)
    code = code_field(required=True)


class RecoveryCodesSchema(Schema):
    recovery_codes = fields.List(
        fields.String(), metadata={"description": "Each good once; shown this once"}
    )


class SecondFactorResetSchema(StrictSchema):
    reason = Text(LONGEST_REASON, required=True)
