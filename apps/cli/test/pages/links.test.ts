import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";
import { root, workspacePackages } from "../../../../tooling/checks/src/workspace.js";

/** Relative links of a page that lead to no file, as sentences. */
function deadLinks(page: string): readonly string[] {
  const prose = readFileSync(page, "utf8").replaceAll(/^ *(```+|~~~+)[^]*?^ *\1$/gm, "");
  const targets = [...prose.matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!);
  return targets
    .filter((target) => !existsSync(join(dirname(page), target)))
    .map((target) => `${relative(root, page)} links to ${target}`);
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
