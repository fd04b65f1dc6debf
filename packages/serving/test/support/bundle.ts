import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";

/** Bundles of sources, for child processes: by what they are called, the files that they are made of, seen from here. */
export function bundles<Name extends string>(entries: Readonly<Record<Name, string>>): Readonly<Record<Name, string>> {
  const folder = join(
    import.meta.dirname,
    "../../node_modules/.bundles",
    `${process.pid}-${Object.keys(entries).join("-")}`,
  );
  const paths = Object.fromEntries(Object.keys(entries).map((name) => [name, join(folder, `${name}.mjs`)]));
  beforeAll(async () => {
    await Promise.all(
      Object.entries<string>(entries).map(([name, entry]) =>
        build({
          entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
          outfile: paths[name]!,
          bundle: true,
          platform: "node",
          format: "esm",
          target: "node20",
          conditions: ["modelkeep-source"],
          external: ["onnxruntime-node"],
          logLevel: "error",
        }),
      ),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return paths as Record<Name, string>;
}
