import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { mapLimited } from "./command.js";
import { publishedPackages, root } from "./workspace.js";

/** What publint says about each published package, as it would be packed. */
export async function publintFaults(): Promise<readonly string[]> {
  const faults = await mapLimited(publishedPackages(), 2, async ({ directory, manifest }) => {
    const { messages, pkg } = await publint({ pkgDir: join(root, directory), strict: true, pack: "pnpm" });
    return messages.map((message) => `${manifest.name}: ${formatMessage(message, pkg, { color: false })}`);
  });
  return faults.flat();
}

/** What a stranger on npm needs of each package: words to find it by, and a page that opens with code to paste. */
export async function packagePageFaults(): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { directory, manifest } of publishedPackages()) {
    if ((manifest.description ?? "").length < 20) faults.push(`${directory}/package.json: write a description.`);
    if ((manifest.keywords ?? []).length < 3) faults.push(`${directory}/package.json: give at least three keywords.`);
    const readme = join(root, directory, "README.md");
    if (!existsSync(readme)) faults.push(`${directory}: README.md is missing.`);
    else if (directory.startsWith("packages/") && !/^```ts\b/m.test(readFileSync(readme, "utf8"))) {
      faults.push(`${directory}/README.md: open with a \`\`\`ts block that runs.`);
    }
  }
  return faults;
}

/** The lockfile must install from any registry, so it names none. */
export async function lockfileFaults(): Promise<readonly string[]> {
  const lines = readFileSync(join(root, "pnpm-lock.yaml"), "utf8").split("\n");
  return lines.flatMap((line, index) =>
    /https?:\/\//.test(line) ? [`pnpm-lock.yaml:${index + 1} names a host: ${line.trim()}`] : [],
  );
}
