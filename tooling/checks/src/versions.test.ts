import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const homes = ["packages", "apps"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((name) => join(root, folder, name)),
);

/** `src/version.ts` of core reads versions of others. */
function tells(path: string): boolean {
  return existsSync(path) && /^export const version = /mu.test(readFileSync(path, "utf8"));
}

test("a package that tells its version tells that of its package.json", () => {
  const told = homes.filter((home) => tells(join(home, "src/version.ts")));
  expect(told.length).toBeGreaterThan(3);
  for (const home of told) {
    const { name, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
      name: string;
      version: string;
    };
    expect([name, readFileSync(join(home, "src/version.ts"), "utf8")]).toEqual([
      name,
      expect.stringContaining(`export const version = "${version}";`) as string,
    ]);
  }
});
