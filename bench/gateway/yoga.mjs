// GraphQL Yoga on Node's own HTTP server, as it ships: `node yoga.mjs SUPPLIERS PORT`. The suppliers are in memory.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";

const [file, port] = process.argv.slice(2);
const lines = readFileSync(file, "utf8").split("\n").filter(Boolean);
const edges = lines.map((line) => ({ node: JSON.parse(line) }));

const typeDefs = /* GraphQL */ `
  enum CompanySize { MICRO PME ETI GE UNKNOWN }
  enum SupplierStatus { ACTIVE CLOSED SUSPECTED_CLOSED }
  enum OrderField { NAME }
  enum Direction { ASC }
  scalar DateTime
  input SupplierOrder { field: OrderField! direction: Direction! }
  type Activity { code: String! label: String! }
  type LegalForm { label: String! }
  type Address { postcode: String commune: String communeCode: String }
  type Establishment { address: Address }
  type Supplier {
    id: ID!
    siren: String
    name: String!
    tradeNames: [String!]!
    description: String
    website: String
    size: CompanySize!
    status: SupplierStatus!
    updatedAt: DateTime!
    activities: [Activity!]!
    legalForm: LegalForm
    headOffice: Establishment
  }
  type SupplierEdge { node: Supplier! }
  type SupplierConnection { edges: [SupplierEdge!]! }
  type Query { suppliers(first: Int!, orderBy: SupplierOrder!): SupplierConnection! }
`;
const resolvers = { Query: { suppliers: (_, { first }) => ({ edges: edges.slice(0, first) }) } };

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
createServer(yoga).listen(Number(port), "127.0.0.1");
