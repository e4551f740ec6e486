"""The classifier that tells French from English: py3langid's model, for these two alone.

Loaded before the service serves: 0.7 s in a thread, and then 52 MB. A
text of 2,000 characters takes 0.3 ms.
"""

from __future__ import annotations

import asyncio

from services.intake.domain.language import Classify


class LanguageModel:
    """Loads once, when it is warmed or first used."""

    def __init__(self) -> None:
        self._loading: asyncio.Task[Classify] | None = None

    async def classifier(self) -> Classify:
        """The classifier; whoever comes while it loads waits for the same load."""
        if self._loading is None or self._failed():
            self._loading = asyncio.create_task(asyncio.to_thread(_load))
        return await asyncio.shield(self._loading)

    async def warm(self) -> None:
        """Load now, so that the first text without a language does not wait for it."""
        await self.classifier()

    def _failed(self) -> bool:
        task = self._loading
        return (
            task is not None and task.done() and (task.cancelled() or task.exception() is not None)
        )


def _load() -> Classify:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    every.set_languages(["fr", "en"])
    # A second identifier, because the first keeps the columns of all its languages.
    two = LanguageIdentifier(
        every.nb_ptc,
        every.nb_pc,
        every.nb_classes,
        every.tk_nextmove,
        every.tk_output,
        norm_probs=True,
        tk_row=every.tk_row,
    )

    def classify(text: str) -> tuple[str, float]:
        language, probability = two.classify(text)
        return str(language), float(probability)

    return classify
