import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { referenceFaults, writeReference } from "./reference.js";

const base = mkdtempSync(join(tmpdir(), "reference-"));
afterAll(() => rmSync(base, { recursive: true }));

write("docs/errors.md", '| <a id="not_found"></a>`not_found` |');
addPackage("core", {
  "index.ts": "/** Keeps bytes. */\nexport interface Store { readonly name: string }\n",
});
addPackage("shelf", {
  "index.ts": `export { shelf, type ShelfOptions } from "./shelf.js";
    export { Shelf } from "./shelf-class.js";
    export type { Store } from "@modelkeep/core";`,
  "shelf.ts": `import type { Store } from "@modelkeep/core";
    interface Common {
      /** Wide | narrow. */
      readonly width?: number | undefined;
    }
    /** How a \`shelf\` is made. */
    export interface ShelfOptions extends Common {
      /** Asked for \`name\`. */
      readonly onName?: ((name: string) => void) | undefined;
      readonly stores: readonly Store[];
    }
    /**
     * A store of many, <fast>.
     * @param path Where it stands
     * @throws \`not_found\` where it stands nowhere
     */
    export function shelf(path: string, { width = 3 }: ShelfOptions, deep = false): Store {
      return { name: path + width + deep };
    }`,
  "shelf-class.ts": `class Hidden { readonly inner = 1 }
    /** Made by \`shelf\`. */
    export class Shelf {
      readonly #hidden: Hidden;
      private readonly secret = 1;
      constructor(hidden: Hidden) { this.#hidden = hidden; }
      /** How many boards. */
      get boards(): number { return this.#hidden.inner + this.secret; }
      /** Puts it there. */
      put(key: string, ...more: string[]): Promise<void> { return Promise.resolve(void [key, more]); }
      close() { return 3; }
    }`,
});

test("a page says what a package exports", () => {
  writeReference(base);
  const page = readFileSync(join(base, "docs/reference/shelf.md"), "utf8");
  const after = (heading: string) => page.split(`\n${heading}\n\n`)[1]?.split(/\n\n#/)[0];
  expect(page).toContain("- **Classes**\n  - [`Shelf`](#shelf-1) ([`put`](#shelfput))\n");
  expect(page).toContain("- **Also exported**: [`Store`](core.md#store)");
  expect(after("### shelf")).toBe(`\`\`\`ts
function shelf(path: string, options: ShelfOptions, deep?: boolean): Store
\`\`\`

A store of many, \\<fast>.

- \`path\`: Where it stands

Errors:
- [\`not_found\`](../errors.md#not_found) where it stands nowhere

[\`ShelfOptions\`](#shelfoptions), [\`Store\`](core.md#store) · [source](../../packages/shelf/src/shelf.ts)`);
  expect(after("### ShelfOptions")).toBe(`\`\`\`ts
interface ShelfOptions
\`\`\`

How a [\`shelf\`](#shelf) is made.

| member | type | meaning |
|---|---|---|
| \`width?\` | \`number\` | Wide \\| narrow. |
| \`onName?\` | \`(name: string) => void\` | Asked for \`name\`. |
| \`stores\` | [\`Store\`](core.md#store)\`[]\` |  |

[source](../../packages/shelf/src/shelf.ts)
`);
  expect(after("### Shelf")).toContain("```ts\nclass Shelf\n```\n\nMade by [`shelf`](#shelf).\n");
  expect(after("### Shelf")).toContain("| `boards` | `number` | How many boards. |\n\n```ts\nclose(): number\n```");
  expect(after("#### Shelf.put")).toContain(
    "put(key: string, ...more: string[]): Promise<void>\n```\n\nPuts it there.",
  );
});

test("what is silent, stale or not linked is a fault", async () => {
  write("packages/core/src/index.ts", "export interface Store { readonly name: string }\n");
  write("packages/core/README.md", "# core\n");
  write("docs/reference/gone.md", "");
  const faults = await referenceFaults(base);
  const [stale] = faults;
  expect(stale).toMatch(/^docs\/reference\/core\.md is not what the sources say, first at line \d+:\n- Keeps bytes\./);
  expect(faults.slice(1)).toEqual([
    "docs/reference/gone.md belongs to no package.\nnpm run reference writes the pages.",
    "Store of @modelkeep/core has no docstring.",
    "packages/core/README.md does not link to ../../docs/reference/core.md.",
  ]);
});

function addPackage(name: string, sources: Readonly<Record<string, string>>): void {
  const exports = { ".": { "modelkeep-source": "./src/index.ts", types: "./dist/index.d.ts" } };
  const manifest = { name: `@modelkeep/${name}`, description: `The ${name}.`, type: "module", exports };
  write(`packages/${name}/package.json`, JSON.stringify(manifest));
  write(`packages/${name}/README.md`, `[reference](../../docs/reference/${name}.md)`);
  for (const [path, text] of Object.entries(sources)) write(`packages/${name}/src/${path}`, text);
  mkdirSync(join(base, "node_modules/@modelkeep"), { recursive: true });
  symlinkSync(join(base, "packages", name), join(base, "node_modules/@modelkeep", name), "junction");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), text);
}
