// Apollo Client and urql against one hub: the hash first, the text once, the hash alone from then on; and a batch.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { createHash } from "node:crypto";

const url = process.argv[2];
const seen = [];

// What was sent, and what came of it.
async function spying(input, init = {}) {
  const response = await fetch(input, init);
  const sent = init.body ? JSON.parse(init.body) : Object.fromEntries(new URL(input).searchParams);
  const form = Array.isArray(sent) ? `list of ${sent.length}` : "query" in sent ? "text" : "hash";
  const told = JSON.parse(await response.clone().text());
  seen.push(`${init.method ?? "GET"} ${form} ${told.errors?.[0]?.extensions.code ?? "data"}`);
  return response;
}

function expect(what, ...expected) {
  const found = seen.splice(0).join(", ");
  const good = found === expected.join(", ");
  console.log(`${good ? "ok" : "FAILED"} ${what}: ${found}`);
  if (!good) process.exitCode = 1;
}

const sha256 = async (text) => createHash("sha256").update(text).digest("hex");

async function apollo(link, field) {
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  const query = (name) => client.query({ query: gql`query ${name} { partners { ${field} } }` });
  const results = await Promise.all(["AsksThis", "AsksThat"].slice(0, link instanceof BatchHttpLink ? 2 : 1).map(query));
  for (const { data } of results) if (!data.partners[0][field]) throw new Error("Apollo Client got no partner");
}

for (const [method, field] of [["POST", "name"], ["GET", "code"]]) {
  const persisted = () =>
    ApolloLink.from([
      new PersistedQueryLink({ sha256, useGETForHashedQueries: method === "GET" }),
      new HttpLink({ uri: url, fetch: spying }),
    ]);
  await apollo(persisted(), field);
  expect(`Apollo by ${method}`, `${method} hash PERSISTED_QUERY_NOT_FOUND`, "POST text data");
  await apollo(persisted(), field);
  expect(`Apollo by ${method}, later`, `${method} hash data`);
}

await apollo(new BatchHttpLink({ uri: url, fetch: spying, batchInterval: 50 }), "name");
expect("Apollo, two at once", "POST list of 2 data");

async function urql() {
  const exchanges = [persistedExchange({ preferGetForPersistedQueries: true, generateHash: sha256 }), fetchExchange];
  const { data, error } = await new Client({ url, fetch: spying, exchanges }).query("query UrqlAsks { partners { name } }", {});
  if (error) throw error;
  if (!data.partners[0].name) throw new Error("urql got no partner");
}

await urql();
expect("urql", "GET hash PERSISTED_QUERY_NOT_FOUND", "GET text data");
await urql();
expect("urql, later", "GET hash data");
