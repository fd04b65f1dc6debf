import { spawn } from "node:child_process";
import { readdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { type Envelope, ModelkeepError } from "@modelkeep/core";
import { temporaryFolder } from "@modelkeep/core/node";
import type { VerificationResult, VerifyEnvelopeOptions } from "@modelkeep/registry";
import { verifyInFreshProcess } from "@modelkeep/registry/node";

import type { Context } from "./context.js";
import { requirementsOf } from "./requirements.js";
import { version } from "./version.js";

/** What asks the questions in the new installation; everything else is what the manifest declares. */
const script = `
import { readFileSync } from "node:fs";
import { answerVerification } from "@modelkeep/registry/node";
const { dependencies } = JSON.parse(readFileSync(new URL("./package.json", import.meta.url), "utf8"));
const plugins = { codecs: [], flavors: [], converters: [], runtimes: [] };
for (const name of Object.keys(dependencies)) {
  const { modelkeep } = await import(name);
  for (const kind of Object.keys(plugins)) plugins[kind].push(...(modelkeep?.[kind] ?? []).map((make) => make()));
}
await answerVerification(plugins);
`;

/**
 * Samples in a temporary installation of only what the manifest declares: what works there works anywhere. Packages come
 * from the registry that npm is set up with, or from a folder of archives (--install-from).
 */
export async function verifyInstalled(
  context: Context,
  envelope: Envelope,
  choice: VerifyEnvelopeOptions,
): Promise<VerificationResult[]> {
  const requirements = requirementsOf(envelope.manifest).filter(({ ecosystem }) => ecosystem === "npm");
  if (requirements.length === 0)
    throw new ModelkeepError("not_found", "The manifest declares no npm packages: there is nothing to install");
  await using temporary = await temporaryFolder("install");
  const folder = temporary.path;
  const archives = await archivesIn(context.options.text("install-from"), context.folder);
  const wanted = new Map(
    [...requirements, { name: "@modelkeep/registry", version }].map((each) => [each.name, each.version]),
  );
  const dependencies = Object.fromEntries([...wanted].map(([name, own]) => [name, archives.get(name) ?? own]));
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies, overrides: Object.fromEntries(archives) }, null, 2),
  );
  await writeFile(join(folder, "verify.mjs"), script);
  await install(folder, context.signal);
  return await verifyInFreshProcess(envelope, {
    ...choice,
    where: "installed",
    script: join(folder, "verify.mjs"),
    signal: context.signal,
  });
}

/** Archives of `npm pack` by the package's name. */
async function archivesIn(given: string | undefined, folder: string): Promise<Map<string, string>> {
  const archives = new Map<string, string>();
  if (given === undefined) return archives;
  const where = resolve(folder, given);
  for (const file of await readdir(where)) {
    const match = /^(modelkeep-[a-z0-9-]+?)-\d+\.\d+\.\d+.*\.tgz$/u.exec(file);
    if (match !== null) archives.set(match[1]!.replace("modelkeep-", "@modelkeep/"), `file:${join(where, file)}`);
  }
  return archives;
}

/** Packages' own scripts are not run: nothing that loading a model needs may depend on them. */
function install(folder: string, signal: AbortSignal): Promise<void> {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const child = spawn(npm, ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    shell: process.platform === "win32",
    signal,
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (errors += chunk));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code) => {
      if (code === 0) done();
      else
        fail(
          new ModelkeepError("io_error", `npm install failed in the temporary folder: ${errors.trim().slice(-800)}`),
        );
    });
  });
}
