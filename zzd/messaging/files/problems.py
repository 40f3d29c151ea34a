"""Refusals in the words of files."""

from __future__ import annotations

from zzd.errors import Conflict, Invalid, Problem


class FileTooLarge(Problem):
    status, code, title = 413, "file_too_large", "A file of this size is not taken"


class QuotaExceeded(Invalid):
    code, title = "quota_exceeded", "Your files together would be more than you may keep"


class TypeRefused(Invalid):
    code, title = "type_refused", "Files of this type are not taken"


class ChecksumMismatch(Invalid):
    code, title = "checksum_mismatch", "What arrived is not what was announced"


class WrongOffset(Conflict):
    """``offset`` is where the server is."""

    code, title = "wrong_offset", "The upload goes on at another offset"


class FileInUse(Conflict):
    code, title = "file_in_use", "A message or a directive carries this file"


class TusVersion(Problem):
    status, code, title = 412, "tus_version", "Send Tus-Resumable: 1.0.0"


class UploadStalled(Problem):
    """What came is kept."""

    status, code, title = 408, "upload_stalled", "Nothing came for a while; go on where it stopped"


class NotAChunk(Problem):
    status, code = 415, "unsupported_media_type"
    title = "Chunks are sent as application/offset+octet-stream"


class RangeNotSatisfiable(Problem):
    status, code, title = 416, "range_not_satisfiable", "The file ends before this range begins"


class LinkInvalid(Problem):
    """Expired, changed, or of a session that has ended: one answer for all."""

    status, code, title = 403, "link_invalid", "This link is not valid any more; ask for another"
