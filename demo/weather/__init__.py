"""Bad weather before a partner's server: a proxy on loopback that forwards everything until it is told to misbehave.

``async with weather(address, MANNERS["chambre"]) as proxy: proxy.set(Maintenance())`` puts one bad day in front of a
demo server; ``proxy.clear()`` ends it. Days say themselves which partners they cannot befall. ``proxy.stranger`` is
another host that writes down what it is sent, so that a test can see that it was sent nothing.
"""

from demo.weather.bodies import (
    Bom,
    EmptyBody,
    EncodedTwice,
    GzipBomb,
    HugeBody,
    NotJson,
    PhpNotice,
    ShortBody,
    Slow,
    SlowLoris,
    TruncatedJson,
    Utf8Undeclared,
    WrongCharset,
)
from demo.weather.days import Clear, Day
from demo.weather.files import (
    ColumnAdded,
    ColumnRenamed,
    ColumnsMoved,
    CutAtLine,
    CutInQuotes,
    EmptyFile,
    HeaderOnly,
    StraySeparators,
)
from demo.weather.manners import MANNERS, Manner
from demo.weather.paging import (
    DoubledIds,
    MissingIds,
    NextElsewhere,
    PageForEver,
    PageLoop,
    RedirectElsewhere,
    RedirectInside,
    RedirectLoop,
    TotalMoves,
)
from demo.weather.proxy import Weather, weather
from demo.weather.records import AbsurdValues, FieldAdded, FieldRenamed, HalfVanish, HtmlInNames, Meanwhile
from demo.weather.refusing import (
    ComeBackLater,
    Dead,
    Echo,
    Maintenance,
    RateLimited,
    ScopeCut,
    ServerError,
    TokenExpires,
)

__all__ = [
    "MANNERS",
    "AbsurdValues",
    "Bom",
    "Clear",
    "ColumnAdded",
    "ColumnRenamed",
    "ColumnsMoved",
    "ComeBackLater",
    "CutAtLine",
    "CutInQuotes",
    "Day",
    "Dead",
    "DoubledIds",
    "Echo",
    "EmptyBody",
    "EmptyFile",
    "EncodedTwice",
    "FieldAdded",
    "FieldRenamed",
    "GzipBomb",
    "HalfVanish",
    "HeaderOnly",
    "HtmlInNames",
    "HugeBody",
    "Maintenance",
    "Manner",
    "Meanwhile",
    "MissingIds",
    "NextElsewhere",
    "NotJson",
    "PageForEver",
    "PageLoop",
    "PhpNotice",
    "RateLimited",
    "RedirectElsewhere",
    "RedirectInside",
    "RedirectLoop",
    "ScopeCut",
    "ServerError",
    "ShortBody",
    "Slow",
    "SlowLoris",
    "StraySeparators",
    "TokenExpires",
    "TotalMoves",
    "TruncatedJson",
    "Utf8Undeclared",
    "Weather",
    "WrongCharset",
    "weather",
]
