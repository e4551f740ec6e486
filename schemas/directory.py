"""What the hub knows of the world around its members. Topic ``jisr.directory.v1``.

One entry for each city, cluster, ambassador, committee and niche, told apart by ``entry``;
the record's key is ``entry:id``, so that a city and a cluster may share a name.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, RootModel

from schemas.values import CountryCode, Event, Identifier, Name, Niches, Reach, Version

Labels = dict[Literal["fr", "ar", "en"], Name]


class City(Event):
    """An innovation city, beside its university."""

    entry: Literal["city"] = "city"
    id: Identifier
    names: Labels
    university: Name
    country: CountryCode = "MA"
    axes: Niches = ()
    active: bool = True
    version: Version = 1


class Cluster(Event):
    """The hub cluster itself (tier own) or a partner cluster."""

    entry: Literal["cluster"] = "cluster"
    id: Identifier
    names: Labels
    tier: Reach
    country: CountryCode = "MA"
    field: Name
    active: bool = True
    version: Version = 1


class Ambassador(Event):
    """The member that represents a cluster at a city; its id is ``cluster/city``."""

    entry: Literal["ambassador"] = "ambassador"
    id: Identifier
    cluster: Identifier
    city: Identifier
    member_id: Identifier
    deputy_id: Identifier | None = None
    active: bool = True
    version: Version = 1


class Committee(Event):
    """A thematic committee of a cluster; its initiatives are offers."""

    entry: Literal["committee"] = "committee"
    id: Identifier
    cluster: Identifier
    names: Labels
    niches: Niches = ()
    active: bool = True
    version: Version = 1


class Niche(Event):
    """A node of the controlled vocabulary; a root has no parent."""

    entry: Literal["niche"] = "niche"
    id: Identifier
    labels: Labels
    parent: Identifier | None = None
    synonyms: Annotated[tuple[Name, ...], Field(max_length=40)] = ()
    active: bool = True
    version: Version = 1


DirectoryItem = Annotated[
    City | Cluster | Ambassador | Committee | Niche, Field(discriminator="entry")
]


class DirectoryEntry(RootModel[DirectoryItem]):
    """One entry of the directory, of any kind."""
