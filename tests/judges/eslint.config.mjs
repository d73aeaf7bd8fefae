// How @graphql-eslint judges schema/schema.graphql: its recommended rules and those about Relay, each exception with
// its reason.
import { fileURLToPath } from "node:url";
import plugin from "@graphql-eslint/eslint-plugin";

const schema = fileURLToPath(new URL("../../schema/schema.graphql", import.meta.url));
const recommended = plugin.configs["flat/schema-recommended"].rules;

export default [
  {
    files: ["**/*.graphql"],
    plugins: { "@graphql-eslint": plugin },
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema } } },
    rules: {
      ...recommended,
      ...plugin.configs["flat/schema-relay"].rules,
      // An id is what `node(id:)` finds again. Values (an address, a facet, a payload) have none to be found by; what
      // has one implements Node, which asks for the field.
      "@graphql-eslint/strict-id-in-types": "off",
      // @oneOf is the specification's own: it needs no description of ours.
      "@graphql-eslint/require-description": [
        "error",
        { ...recommended["@graphql-eslint/require-description"][1], ignoredSelectors: ["[name.value=oneOf]"] },
      ],
      // Short lists that are given whole (labels, activities, reasons) are lists.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // Relay's specification asks for the arguments of either direction: a log and a queue are read forward.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
    },
  },
];
