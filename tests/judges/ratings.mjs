// Another subgraph, of another team: it rates companies by their SIREN, and knows nothing else of them.
import { createServer } from "node:http";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";
import { createHandler } from "graphql-http/lib/use/http";

const RATINGS = { 732829320: 4.5, 552100554: 3 };

export const typeDefs = parse(`
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

  scalar Siren

  type Query { ratings: [Rating!]! }

  type Rating { stars: Float! company: Supplier location: Location }

  type Supplier @key(fields: "siren") { siren: Siren stars: Float }

  type Label @key(fields: "id") { id: ID! holders: Int! }

  type Location @shareable { latitude: Float! longitude: Float! approximate: Boolean! }
`);

const resolvers = {
  Query: {
    ratings: () =>
      Object.entries(RATINGS).map(([siren, stars]) => ({
        stars,
        company: { siren },
        location: { latitude: 43.3, longitude: 5.4, approximate: true },
      })),
  },
  Supplier: { stars: ({ siren }) => RATINGS[siren] ?? null },
  Label: { holders: ({ id }) => id.length },
};

/** The subgraph on a free port of loopback: its address, and how to end it. */
export async function serveRatings() {
  const server = createServer(createHandler({ schema: buildSubgraphSchema({ typeDefs, resolvers }) }));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}
