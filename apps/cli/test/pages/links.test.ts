import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { root, workspacePackages } from "../../../../tooling/checks/src/workspace.js";

const anchors = new Map<string, ReadonlySet<string>>();

/** Relative links of a page that lead to no file, or to no heading of a page, as sentences. */
function deadLinks(page: string): readonly string[] {
  const targets = [...proseOf(page).matchAll(/\]\((?!\w+:)([^)\s]+)[^)]*\)/g)].map(([, target]) => target!);
  return targets.filter((target) => !leads(page, target)).map((target) => `${relative(root, page)} links to ${target}`);
}

function leads(page: string, target: string): boolean {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(file)) return false;
  if (anchor === undefined || !file.endsWith(".md")) return true;
  const known = anchors.get(file) ?? anchorsOf(file);
  anchors.set(file, known);
  return known.has(anchor);
}

/** As GitHub makes them of headings: lower case, without marks, numbered where they repeat. */
function anchorsOf(page: string): ReadonlySet<string> {
  const prose = proseOf(page);
  const found = new Set([...prose.matchAll(/<a id="([\w-]+)">/g)].map(([, id]) => id!));
  const counts = new Map<string, number>();
  for (const [, heading] of prose.matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
      .replaceAll(" ", "-");
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    found.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return found;
}

function proseOf(page: string): string {
  return readFileSync(page, "utf8").replaceAll(/^ *(```+|~~~+)[^]*?^ *\1$/gm, "");
}

test("links between pages lead somewhere", () => {
  const guides = ["docs", "spec"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  const readmes = ["", ...workspacePackages().map(({ directory }) => directory)].map((folder) =>
    join(folder, "README.md"),
  );
  const pages = [...guides.filter((path) => path.endsWith(".md")), ...readmes]
    .map((path) => join(root, path))
    .filter((path) => existsSync(path));
  expect(pages.flatMap(deadLinks)).toEqual([]);
});
