"""Reading the audit log, for audit administrators."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema
from zzd.audit import log
from zzd.audit.schemas import AuditEntrySchema, AuditQuerySchema
from zzd.db import reading

blueprint = Blueprint("audit", "The audit log, for audit administrators")


@blueprint.route("/audit", methods=["GET"])
@allow(Caller.ACCOUNT, roles=["audit_admin"])
@blueprint.arguments(AuditQuerySchema, location="query")
@blueprint.response(200, page_schema(AuditEntrySchema))
def list_audit_entries(query: dict[str, Any]) -> Any:
    """Acts and denials, newest first, of one action, account or outcome if so asked"""
    before = decode_cursor(query["cursor"], int)
    with reading() as session:
        rows = log.page_entries(
            session,
            action=query["action"],
            account_id=query["account_id"],
            outcome=query["outcome"],
            before_id=before[0] if before else None,
            limit=query["limit"],
        )
    return page(rows, query["limit"], lambda entry: (entry.id,))
