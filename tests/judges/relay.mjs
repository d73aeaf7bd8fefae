// The application in relay/ compiled by relay-compiler against a schema. Arguments: a folder to work in, the schema.
// Output: what the compiler says, then the operations that it made, one line each: their name and their text.
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import compiler from "relay-compiler";

const [folder, schema] = process.argv.slice(2);
cpSync(fileURLToPath(new URL("relay", import.meta.url)), join(folder, "src"), { recursive: true });
cpSync(schema, join(folder, "schema.graphql"));
const config = { src: "src", schema: "schema.graphql", language: "javascript", eagerEsModules: true };
writeFileSync(join(folder, "relay.config.json"), JSON.stringify(config));

const { status, stdout, stderr, error } = spawnSync(compiler, ["relay.config.json"], { cwd: folder, encoding: "utf8" });
console.log(error ?? stdout + stderr);
if (status !== 0) process.exit(1);
const made = join(folder, "src", "__generated__");
for (const file of readdirSync(made)) {
  const text = readFileSync(join(made, file), "utf8").match(/"text": (".*")/)?.[1];
  if (text) console.log(`${file} ${text}`);
}
