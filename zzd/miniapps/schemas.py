"""What the routes of mini-apps take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.miniapps.manifests import CATEGORIES
from zzd.miniapps.rollout import EVERYBODY
from zzd.miniapps.states import RETIRED, SUSPENDED, State
from zzd.orgtree.schemas import AudienceRequestSchema, AudienceSchema

SHOWN_STATES = [*map(str, State), SUSPENDED, RETIRED]


class LocalizedSchema(Schema):
    zh = fields.String()
    en = fields.String()


class ManifestBodySchema(StrictSchema):
    """The manifest as its JSON Schema at /api/v1/miniapps/manifest-schema/2.json, or at 1.json, has it."""

    manifest = fields.Raw(required=True, metadata={"type": "object"})


class RegistrationSchema(ManifestBodySchema):
    client_id = client_id_field()


class SignatureSchema(Schema):
    """Who did something, as they were then; ``id`` is null for one who is no official."""

    id = fields.String(allow_none=True)
    name = fields.String()
    post_title = fields.String()
    unit_name = fields.String()


class ActSchema(Schema):
    by = fields.Nested(SignatureSchema)
    at = Moment()


class ReasonedActSchema(ActSchema):
    reason = fields.String()


class RolloutSchema(Schema):
    """A version on its way to everybody."""

    version = fields.Integer()
    percent = fields.Integer(metadata={"description": "Of a hundred"})
    audiences = fields.List(fields.Nested(AudienceSchema))


class WishSchema(Schema):
    kind = fields.String(
        validate=validate.OneOf(
            ["scope", "optional_scope", "domain", "event", "audience", "data_audience"]
        )
    )
    what = fields.String()


class AppFaceSchema(Schema):
    """An app as people see it."""

    app_id = fields.String()
    name = fields.Nested(LocalizedSchema)
    description = fields.Nested(LocalizedSchema)
    icon = fields.String(allow_none=True)
    category = fields.String()


class MiniAppSchema(AppFaceSchema):
    """An app with the newest version of its manifest."""

    id = Id()
    state = fields.String(
        validate=validate.OneOf(SHOWN_STATES),
        metadata={"description": "The newest version's, unless the app is suspended"},
    )
    version = fields.Integer(metadata={"description": "The newest version's number"})
    published_version = fields.Integer(
        allow_none=True, metadata={"description": "The one that people see while not suspended"}
    )
    manifest = fields.Dict()
    submission = fields.Nested(ActSchema, allow_none=True)
    review = fields.Nested(ReasonedActSchema, allow_none=True)
    suspension = fields.Nested(ReasonedActSchema, allow_none=True)
    retirement = fields.Nested(ReasonedActSchema, allow_none=True)
    rollout = fields.Nested(RolloutSchema, allow_none=True)
    asks_anew = fields.List(
        fields.Nested(WishSchema),
        allow_none=True,
        metadata={
            "description": "What the newest version asks for and the published one does not; null "
            "in lists, and where nothing was published"
        },
    )
    client_id = fields.String(metadata={"description": "The app's name at /oauth/token"})
    created_at = Moment()


class RegisteredAppSchema(MiniAppSchema):
    client_secret = fields.String(
        allow_none=True,
        metadata={"description": "Shown this once; null when a request is repeated"},
    )


class SecretSchema(Schema):
    client_id = fields.String()
    client_secret = fields.String(metadata={"description": "Shown this once"})
    previous_until = Moment(
        allow_none=True, metadata={"description": "Until when the one before works too"}
    )


class CallbackSecretSchema(Schema):
    secret = fields.String(metadata={"description": "Shown this once: whsec_ and base64"})
    previous_until = Moment(
        allow_none=True,
        metadata={"description": "Until when requests are signed with the one before too"},
    )


class VersionSchema(Schema):
    """A version as it was written, and what became of it."""

    number = fields.Integer()
    state = fields.String(validate=validate.OneOf([str(state) for state in State]))
    manifest = fields.Dict()
    created_at = Moment()
    submission = fields.Nested(ActSchema, allow_none=True)
    review = fields.Nested(ReasonedActSchema, allow_none=True)
    review_skipped = fields.Boolean(
        metadata={"description": "Approved by rule: it asked for nothing new"}
    )
    published_at = Moment(allow_none=True)


class ManifestRulesSchema(Schema):
    platform_version = fields.String(metadata={"description": "No manifest may need a newer one"})
    own_origins = fields.List(
        fields.String(), metadata={"description": "The client's: no app's page is there"}
    )


class AppQuerySchema(PageQuerySchema):
    q = Text(60, shortest=0, load_default=None, metadata={"description": "Part of its name or id"})
    state = fields.String(validate=validate.OneOf(SHOWN_STATES), load_default=None)


class ReviewSchema(StrictSchema):
    decision = fields.String(required=True, validate=validate.OneOf(["approve", "reject"]))
    reason = Text(500, shortest=0, load_default="")
    version = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "The version that was looked at; refused if there is a newer"},
    )


class SubmissionSchema(StrictSchema):
    review = fields.Boolean(
        load_default=False,
        metadata={"description": "Ask for a review even where the rules do without"},
    )


class PublicationSchema(StrictSchema):
    """To everybody, or to some of them first."""

    percent = fields.Integer(
        strict=True,
        load_default=None,
        validate=validate.Range(0, EVERYBODY),
        metadata={
            "description": "Not said: everybody; with audiences, or where it ends a suspension, whom it reached"
        },
    )
    audiences = fields.List(
        fields.Nested(AudienceRequestSchema), load_default=list, validate=validate.Length(0, 20)
    )


class RollBackSchema(StrictSchema):
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "To which; without it a rollout ends, or the last one comes back"},
    )
    reason = Text(500, required=True)


class SuspensionSchema(StrictSchema):
    reason = Text(500, required=True)


class RetirementSchema(StrictSchema):
    reason = Text(500, required=True)


class WorkbenchQuerySchema(PageQuerySchema):
    q = Text(60, shortest=0, load_default=None)
    category = fields.String(validate=validate.OneOf(CATEGORIES), load_default=None)


class WorkbenchEntrySchema(AppFaceSchema):
    id = Id()
    entry_url = fields.String()
    phone_entry_url = fields.String(
        allow_none=True, metadata={"description": "Opened on a telephone instead, if there is one"}
    )
    entry_origin = fields.String()
    favourite = fields.Integer(
        allow_none=True, metadata={"description": "Its place among my favourites, from 0"}
    )
    badge = fields.Integer()
    opened_at = Moment(allow_none=True, metadata={"description": "When I last opened it"})
    fixed = fields.Boolean(metadata={"description": "An administrator put it first for good"})
    place = fields.Integer(allow_none=True, metadata={"description": "The order they gave it"})


class LaunchSchema(StrictSchema):
    code_challenge = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[A-Za-z0-9_-]{43}\Z",
            error="Must be the SHA-256 of the verifier, base64url: 43 characters",
        ),
    )
    code_challenge_method = fields.String(
        load_default="S256", validate=validate.OneOf(["S256"], error="Only S256 is accepted")
    )
    redirect_uri = Text(500, required=True)
    state = Text(500, shortest=0, load_default=None, allow_none=True)
    nonce = Text(
        500,
        load_default=None,
        allow_none=True,
        metadata={"description": "Have the app's server get an ID token too, with this in it"},
    )


class LaunchedSchema(Schema):
    code = fields.String()
    redirect_uri = fields.String()
    state = fields.String(allow_none=True)
    expires_at = Moment()
