// Generates src/gen from the API's definition, with protoc from PATH (PROTOC names another) and the protoc-gen-es of the package
// that runs this: `npm run generate` here or in clients/web. Definitions of that package's own (proto/*.proto there) come along.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const proto = resolve(here, "../../proto");
const out = join(here, "src/gen");
const own = resolve("proto");
const ownFiles = existsSync(own) ? readdirSync(own).filter((name) => name.endsWith(".proto")) : [];
const plugin = resolve("node_modules/.bin/protoc-gen-es");

if (!existsSync(plugin)) {
  console.error(`generate: ${plugin} is missing: run npm ci first`);
  process.exit(1);
}
mkdirSync(out, { recursive: true });
execFileSync(
  process.env.PROTOC ?? "protoc",
  [
    `--proto_path=${proto}`,
    ...(ownFiles.length > 0 ? [`--proto_path=${own}`] : []),
    `--plugin=protoc-gen-es=${plugin}`,
    `--es_out=${out}`,
    "--es_opt=target=ts,import_extension=js",
    "parzen/v1/parzen.proto",
    "parzen/v1/error.proto",
    ...ownFiles,
  ],
  { stdio: "inherit" },
);
