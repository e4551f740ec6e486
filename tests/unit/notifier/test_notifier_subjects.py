"""A subject comes out of a mail reader as it went in, however long and in whatever script."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from services.notifier.adapters.letters import WHOLE_WORDS


@pytest.mark.parametrize(
    "subject",
    [
        "Une demande pour vous : Repérer les feux de forêt avant les guetteurs, été comme hiver",
        "طلب قد يهمكم: تحويل مكالمات بالدارجة إلى نصوص ونصوص أخرى طويلة جدا حتى يطول السطر كثيرا",
        "A plain subject that is long enough to be folded somewhere on its way to the reader",
    ],
)
def test_a_folded_subject_unfolds_to_itself(subject: str) -> None:
    letter = EmailMessage(policy=WHOLE_WORDS)
    letter["Subject"] = subject
    letter.set_content("text")
    sent = letter.as_bytes()
    assert max(len(line) for line in sent.splitlines()) <= 78
    assert message_from_bytes(sent, policy=default)["Subject"] == subject
