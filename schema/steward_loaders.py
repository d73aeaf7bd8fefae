"""Batches of what stewards alone may ask: whoever uses these has asked whether the caller is one."""

from strawberry.dataloader import DataLoader

from directory.links import Key
from directory.store.acts import Act
from directory.store.reviews import Pair, StoredReview
from directory.store.stewards import StewardReader, StoredPin


class StewardLoaders:
    """The loaders of one request. Versions, acts and pins are by supplier, reviews and their versions by pair."""

    def __init__(self, reader: StewardReader) -> None:
        self.listing_ids: DataLoader[Key, int | None] = DataLoader(reader.listing_ids)
        self.version_of: DataLoader[int, str | None] = DataLoader(reader.versions)
        self.review_version_of: DataLoader[Pair, str | None] = DataLoader(reader.review_versions)
        self.reviews: DataLoader[Pair, StoredReview | None] = DataLoader(reader.reviews_by_pair)
        self.acts: DataLoader[int, Act | None] = DataLoader(reader.acts)
        self.acts_of: DataLoader[int, list[Act]] = DataLoader(reader.acts_of)
        self.pins_of: DataLoader[int, list[StoredPin]] = DataLoader(reader.pins_of)
