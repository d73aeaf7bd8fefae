// The printed schema by the rules of @graphql-eslint: a line for each fault, exit code 1 where there is any.
import { fileURLToPath } from "node:url";
import { ESLint } from "eslint";

const root = fileURLToPath(new URL("../../", import.meta.url));
const eslint = new ESLint({ cwd: root, overrideConfigFile: "tests/judges/eslint.config.mjs" });
const results = await eslint.lintFiles(["schema/schema.graphql"]);
const faults = results.flatMap((result) => result.messages);
for (const { line, ruleId, message } of faults) console.log(`schema.graphql:${line} ${ruleId}: ${message}`);
console.log(`${results.length} file, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
