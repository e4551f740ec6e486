"""What the notifier knows of cities, niches, clusters and ambassadors: names and offices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from services.notifier.domain.messages import Locale, Party

EntryKind = Literal["city", "cluster", "committee", "niche"]


@dataclass(frozen=True, slots=True)
class Office:
    """Who represents a cluster at a city; the deputy stands in for an inactive member."""

    member_id: str
    deputy_id: str | None = None


@dataclass
class Directory:
    """The present directory. An entry never gives way to an older version of itself."""

    labels: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    offices: dict[tuple[str, str], Office] = field(default_factory=dict)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    """Of niches; a root has none."""

    def _is_news(self, key: tuple[str, str], version: int) -> bool:
        if version < self.versions.get(key, 0):
            return False
        self.versions[key] = version
        return True

    def call(
        self,
        kind: EntryKind,
        name: str,
        labels: Mapping[str, str],
        version: int,
        *,
        active: bool,
        parent: str | None = None,
    ) -> None:
        """Learn what ``kind`` ``name`` is called, by locale, and below which ``parent`` a niche
        stands; an inactive one keeps its name and its place.
        """
        if self._is_news((kind, name), version) and (active or (kind, name) not in self.labels):
            self.labels[kind, name] = labels
            if kind == "niche":
                self.parents.pop(name, None)
                if parent is not None:
                    self.parents[name] = parent

    def appoint(
        self, cluster: str, city: str, office: Office, version: int, *, active: bool
    ) -> None:
        """Learn who is ambassador of ``cluster`` at ``city``; inactive: the office is vacant."""
        if not self._is_news(("ambassador", f"{cluster}/{city}"), version):
            return
        if active:
            self.offices[cluster, city] = office
        else:
            self.offices.pop((cluster, city), None)

    def label(self, kind: EntryKind, name: str, locale: Locale) -> str:
        """The name in ``locale``, else in another language of the hub, else the id itself."""
        labels = self.labels.get((kind, name), {})
        for language in (locale, "fr", "en", "ar"):
            if labels.get(language):
                return labels[language]
        return name

    def labels_of(self, kind: EntryKind, names: Iterable[str], locale: Locale) -> tuple[str, ...]:
        """`label` of each of ``names``."""
        return tuple(self.label(kind, name, locale) for name in names)

    def named(self, kind: EntryKind) -> frozenset[str]:
        """The ids of ``kind`` that were ever told, those that are no longer active included."""
        return frozenset(name for of, name in self.labels if of == kind)

    def root(self, niche: str) -> str:
        """The niche that ``niche`` stands below, itself where there is none above it."""
        seen = {niche}
        while (above := self.parents.get(niche)) is not None:
            if above in seen or ("niche", above) not in self.labels:
                break
            seen.add(above)
            niche = above
        return niche

    def party(self, party: Party, locale: Locale) -> str | None:
        """The name of a city or a committee; None for a member, which the directory lacks."""
        if party.kind == "member" or (party.kind, party.id) not in self.labels:
            return None
        return self.label(party.kind, party.id, locale)

    def office(self, cluster: str, city: str) -> Office | None:
        """Who represents ``cluster`` at ``city``; None when nobody does."""
        return self.offices.get((cluster, city))

    def held_by(self, cluster: str, member_id: str) -> list[tuple[str, Office]]:
        """The cities (with their offices) where ``member_id`` is ambassador of ``cluster``, or its
        deputy.
        """
        held = [
            (city, office)
            for (named, city), office in self.offices.items()
            if named == cluster and member_id in (office.member_id, office.deputy_id)
        ]
        return sorted(held, key=lambda one: one[0])

    def in_office(self) -> list[tuple[str, str]]:
        """Each office ("cluster/city") with its ambassador, and once more with the deputy."""
        return [
            (f"{cluster}/{city}", member)
            for (cluster, city), office in self.offices.items()
            for member in (office.member_id, office.deputy_id)
            if member is not None
        ]
