// The hub and another subgraph composed by @apollo/composition and asked through @apollo/gateway.
// Arguments: the hub's address, an API key or "", queries as a JSON array.
// Output: one line of JSON: `answers`, and `fetched`: for each, the number of entities in every request to the hub.
import { composeServices } from "@apollo/composition";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { GraphQLError, parse } from "graphql";
import { serveRatings, typeDefs } from "./ratings.mjs";

const [hub, key, queries] = process.argv.slice(2);
const headers = { "content-type": "application/json", ...(key && { authorization: `Bearer ${key}` }) };
const fetched = [];

class Hub extends RemoteGraphQLDataSource {
  willSendRequest({ request }) {
    if (key) request.http.headers.set("authorization", `Bearer ${key}`);
    fetched.at(-1)?.push(request.variables?.representations?.length ?? 0);
  }
}

async function sdlOf(url) {
  const asked = { method: "POST", headers, body: JSON.stringify({ query: "{ _service { sdl } }" }) };
  return (await (await fetch(url, asked)).json()).data._service.sdl;
}

function composed(subgraphs) {
  const { errors, hints, supergraphSdl } = composeServices(subgraphs);
  if (errors?.length) throw new Error(errors.map((error) => error.message).join("\n"));
  for (const hint of hints ?? []) console.error(hint.toString());
  return supergraphSdl;
}

const cache = { get: async () => undefined, set: async () => {}, delete: async () => {} };

async function ask(executor, schema, query) {
  fetched.push([]);
  const response = { http: { headers: new Map() } };
  const { data, errors } = await executor({
    request: { query, variables: {} },
    document: parse(query),
    queryHash: query,
    operationName: null,
    context: {},
    cache,
    schema,
    metrics: {},
    response,
    logger: console,
  });
  return { data, errors: errors?.map((error) => (error instanceof GraphQLError ? error.toJSON() : `${error}`)) };
}

const ratings = await serveRatings();
const supergraphSdl = composed([
  { name: "hub", url: hub, typeDefs: parse(await sdlOf(hub)) },
  { name: "ratings", url: ratings.url, typeDefs },
]);
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const gateway = new ApolloGateway({
  supergraphSdl,
  logger,
  buildService: ({ name, url }) => (name === "hub" ? new Hub({ url }) : new RemoteGraphQLDataSource({ url })),
});
const { executor, schema } = await gateway.load();
const answers = [];
for (const query of JSON.parse(queries)) answers.push(await ask(executor, schema, query));
console.log(JSON.stringify({ answers, fetched }));
await gateway.stop();
ratings.close();
