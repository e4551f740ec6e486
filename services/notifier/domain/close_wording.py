"""Why the hub ended a match that nobody declined, said kindly to either side."""

from __future__ import annotations

from services.notifier.domain.messages import CloseReason, Side
from services.notifier.domain.phrases import N_

_THANKS = N_("Thank you for your time. We write when something else fits you.")
GO_ON = N_("You need do nothing: we go on looking while your request is open.")
BECAUSE: dict[tuple[CloseReason, Side], tuple[str, ...]] = {
    ("enough", "need"): (N_("Your request has found the partners it wanted; the rest is closed."),),
    ("enough", "supply"): (
        N_("The request has found the partners it wanted, so you need not answer any more."),
        _THANKS,
    ),
    ("withdrawn", "need"): (N_("You withdrew your request, and all about it is closed."),),
    ("withdrawn", "supply"): (
        N_("Those who made the request have withdrawn it; it had nothing to do with you."),
        _THANKS,
    ),
    ("edited", "need"): (
        N_("Your request has changed, and this no longer fits it: %(offer)s"),
        GO_ON,
    ),
    ("edited", "supply"): (
        N_("The request has changed and now asks for something else than what you do."),
        _THANKS,
    ),
    ("expired", "need"): (N_("The time of your request is over, and it is closed."),),
    ("expired", "supply"): (
        N_("The time of the request is over, and nobody needs to answer it any more."),
        _THANKS,
    ),
    ("supply-gone", "need"): (N_("This is no longer available: %(offer)s"), GO_ON),
    ("supply-gone", "supply"): (
        N_("What you offered is no longer available, so we have closed this."),
    ),
    ("full", "need"): (N_("All places are taken: %(offer)s"), GO_ON),
    ("full", "supply"): (N_("All your places are taken, so we ask you nothing more about this."),),
    ("asker-silent", "need"): (
        N_("%(name)s did not answer in time, so this is closed. We are sorry."),
        GO_ON,
    ),
    ("asker-silent", "supply"): (
        N_("The other side did not answer in time. We are sorry; you are free again."),
        _THANKS,
    ),
    ("struck", "need"): (N_("The ambassador of the city chose other candidates."), GO_ON),
    ("struck", "supply"): (
        N_("Other candidates were chosen for this request; it says nothing against you."),
        _THANKS,
    ),
}
WITHOUT_REASON = (N_("This has been closed."), _THANKS)
CLOSE_REASONS = frozenset(reason for reason, _ in BECAUSE)
