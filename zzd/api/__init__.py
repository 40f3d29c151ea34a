"""The HTTP face: who may call what, what is taken and answered, lists, OpenAPI."""

from zzd.api.access import ORDINARY_BODY, Access, Caller, allow, authenticate_with, principal
from zzd.api.fields import Id, Moment, Name, StrictSchema, Text, client_id_field
from zzd.api.http import PREFIX, Api, Blueprint, created, no_content, register
from zzd.api.pages import (
    PageQuerySchema,
    decode_cursor,
    encode_cursor,
    page,
    page_schema,
)
from zzd.api.persons import OfficialId

__all__ = [
    "ORDINARY_BODY",
    "PREFIX",
    "Access",
    "Api",
    "Blueprint",
    "Caller",
    "Id",
    "Moment",
    "Name",
    "OfficialId",
    "PageQuerySchema",
    "StrictSchema",
    "Text",
    "allow",
    "authenticate_with",
    "client_id_field",
    "created",
    "decode_cursor",
    "encode_cursor",
    "no_content",
    "page",
    "page_schema",
    "principal",
    "register",
]
