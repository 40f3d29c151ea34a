"""The caller's own second factor, and taking a lost one off an account."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import Blueprint, Caller, allow, no_content, principal
from zzd.db import transaction
from zzd.identity.second_factor import enrolling
from zzd.identity.second_factor.schemas import (
    RecoveryCodesSchema,
    SecondFactorConfirmationSchema,
    SecondFactorOfferSchema,
    SecondFactorProofSchema,
    SecondFactorRequestSchema,
    SecondFactorResetSchema,
)

blueprint = Blueprint("second factor", "A code of an authenticator app besides the password")
# What is shown once is kept nowhere on its way.
SHOWN_ONCE = {"Cache-Control": "no-store"}


@blueprint.route("/me/second-factor", methods=["POST"])
@allow(Caller.ACCOUNT, before_second_factor=True)
@blueprint.arguments(SecondFactorRequestSchema)
@blueprint.response(201, SecondFactorOfferSchema)
@blueprint.alt_response(423, description="account_locked")
def offer_second_factor(body: dict[str, Any]) -> Any:
    """Get a secret for an authenticator app, shown this once

    Needs the password, and a code of the factor in force if there is one: that is how it is
    replaced. Nothing changes until a code of the new one is brought, within 30 minutes. Another
    request forgets what was offered before.
    """
    return enrolling.offer(principal(), **body)._asdict(), 201, SHOWN_ONCE


@blueprint.route("/me/second-factor/confirmation", methods=["POST"])
@allow(Caller.ACCOUNT, before_second_factor=True)
@blueprint.arguments(SecondFactorConfirmationSchema)
@blueprint.response(200, RecoveryCodesSchema)
@blueprint.alt_response(409, description="no_second_factor_offered")
def confirm_second_factor(body: dict[str, Any]) -> Any:
    """Turn it on with a code of the app; the answer has ten recovery codes, this once

    From now on signing in takes a code, too. Sessions stay as they are.
    """
    with transaction() as session:
        codes = enrolling.confirm(session, principal(), body["code"])
    return {"recovery_codes": codes}, 200, SHOWN_ONCE


@blueprint.route("/me/second-factor/recovery-codes", methods=["POST"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(SecondFactorProofSchema)
@blueprint.response(200, RecoveryCodesSchema)
@blueprint.alt_response(409, description="no_second_factor")
@blueprint.alt_response(423, description="account_locked")
def renew_recovery_codes(body: dict[str, Any]) -> Any:
    """Get ten other recovery codes, shown this once; those before are worth nothing"""
    return {"recovery_codes": enrolling.renew_recovery_codes(principal(), **body)}, 200, SHOWN_ONCE


@blueprint.route("/me/second-factor/removal", methods=["POST"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(SecondFactorProofSchema)
@blueprint.response(204)
@blueprint.alt_response(409, description="no_second_factor, second_factor_kept")
@blueprint.alt_response(423, description="account_locked")
def remove_second_factor(body: dict[str, Any]) -> Response:
    """Turn it off, with the password and a code

    Not where the installation requires one of this account.
    """
    enrolling.turn_off(principal(), **body)
    return no_content()


@blueprint.route("/accounts/<id:account_id>/second-factor-reset", methods=["POST"])
@allow(Caller.ACCOUNT, roles=["security_admin"])
@blueprint.arguments(SecondFactorResetSchema)
@blueprint.response(204)
@blueprint.alt_response(409, description="own_account, separated_duties, no_second_factor")
def reset_second_factor(body: dict[str, Any], account_id: int) -> Response:
    """Take a lost second factor off an account; its sessions end

    For security administrators, who cannot reset its password. Not for the separated
    administrators: the machine's operator does theirs.
    """
    with transaction() as session:
        enrolling.take_off(session, by=principal(), account_id=account_id, **body)
    return no_content()
