"""Every table, for Alembic."""

from zzd.audit import models as audit
from zzd.identity import models as identity
from zzd.identity.second_factor import models as second_factor
from zzd.messaging import models as messaging
from zzd.messaging.bots import models as bots
from zzd.messaging.cards import models as cards
from zzd.messaging.confirmations import models as confirmations
from zzd.messaging.dings import models as dings
from zzd.messaging.files import models as files
from zzd.messaging.groups import models as groups
from zzd.messaging.marks import models as marks
from zzd.messaging.records import models as records
from zzd.messaging.scheduled import models as scheduled
from zzd.messaging.search import models as search
from zzd.miniapps import models as miniapps
from zzd.miniapps.calls import models as calls
from zzd.miniapps.commanding import models as commanding
from zzd.miniapps.desk import models as desk
from zzd.miniapps.hooks import models as hooks
from zzd.miniapps.installations import models as installations
from zzd.miniapps.oidc import models as oidc
from zzd.orgtree import models as orgtree
from zzd.realtime import models as realtime
from zzd.tasks import models as tasks
from zzd.tasks.cap import models as cap
from zzd.tasks.drafts import models as drafts
from zzd.tasks.escalation import models as escalation
from zzd.tasks.exports import models as exports
from zzd.tasks.ledger import models as ledger
from zzd.tasks.lifecycle import models as lifecycle
from zzd.tasks.picture import models as picture
from zzd.tasks.plans import models as plans
from zzd.tasks.reporting import models as reporting

__all__ = [
    "audit",
    "bots",
    "calls",
    "cap",
    "cards",
    "commanding",
    "confirmations",
    "desk",
    "dings",
    "drafts",
    "escalation",
    "exports",
    "files",
    "groups",
    "hooks",
    "identity",
    "installations",
    "ledger",
    "lifecycle",
    "marks",
    "messaging",
    "miniapps",
    "oidc",
    "orgtree",
    "picture",
    "plans",
    "realtime",
    "records",
    "reporting",
    "scheduled",
    "search",
    "second_factor",
    "tasks",
]
