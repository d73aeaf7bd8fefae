"""Three questions a newcomer can ask: the tabs of the GraphiQL page, and what ``circuit demo`` prints."""

from typing import Final, NamedTuple


class Example(NamedTuple):
    """A query and what it is for, in French."""

    title: str
    query: str


EXAMPLES: Final = (
    Example(
        "Un plombier artisan à moins de 20 km d'Aubagne, quel que soit le partenaire qui le connaît",
        """query PlombierAubagne {
  suppliers(
    query: "plombier"
    where: { labels: ["artisan"] }
    near: { latitude: 43.2927, longitude: 5.5708, radiusKm: 20 }
    orderBy: { field: DISTANCE, direction: ASC }
    first: 10
  ) {
    totalCount
    edges {
      distanceKm
      node {
        name
        siren
        headOffice {
          address {
            lines
            postcode
            commune
          }
        }
        listings {
          partner {
            name
          }
        }
      }
    }
    coverage {
      partner {
        name
      }
      status
      ageSeconds
    }
  }
}""",
    ),
    Example(
        "Qui fait de la menuiserie dans les Bouches-du-Rhône : les tailles, les communes, les partenaires",
        """query MenuiserieBouchesDuRhone {
  suppliers(query: "menuiserie", where: { locatedIn: ["13"], minPartners: 2 }, first: 5) {
    totalCount
    nodes {
      name
      size
      activities {
        code
        label
      }
    }
    facets(of: [SIZE, COMMUNE, PARTNER], top: 5) {
      field
      buckets {
        value
        label
        count
      }
    }
  }
}""",
    ),
    Example(
        "D'où viennent les valeurs d'une fiche : quel partenaire, quand, par quelle règle",
        """query Provenance {
  suppliers(where: { minPartners: 3 }, orderBy: { field: QUALITY, direction: DESC }, first: 1) {
    nodes {
      name
      provenance {
        field
        value
        rule
        partner {
          name
        }
        observedAt
        alternatives {
          value
          partner {
            name
          }
        }
      }
    }
  }
}""",
    ),
)


def as_tab(example: Example) -> str:
    """The query with its purpose as a comment."""
    return f"# {example.title}\n{example.query}\n"
