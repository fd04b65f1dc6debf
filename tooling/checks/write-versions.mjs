// After `changeset version`: writes each package's version into its src/version.ts, where there is one.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
for (const folder of ["packages", "apps"]) {
  for (const name of readdirSync(join(root, folder))) {
    const file = join(root, folder, name, "src/version.ts");
    if (!existsSync(file)) continue;
    const { version } = JSON.parse(readFileSync(join(root, folder, name, "package.json"), "utf8"));
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(/^export const version = "[^"]*"/mu, `export const version = "${version}"`),
    );
  }
}
