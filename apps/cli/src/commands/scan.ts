import { lstat, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { ModelkeepError, type Payload } from "@modelkeep/core";
import { filePayloads } from "@modelkeep/core/node";
import { looksPickled, scanFile, type ScanReport } from "@modelkeep/pickle";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import type { Output } from "../output.js";
import { isTfjs, shardsOf } from "../model-folder.js";
import { type FileReport, scanByCodec } from "../scan-by-codec.js";

/** What pickles, files of Keras, models of TensorFlow.js and GGUF files would run, file by file. Exit code 0 only when every file is clean. */
export async function run({ arguments: given, folder, output, signal }: Context): Promise<number> {
  const reports: FileReport[] = [];
  const shards = new Shards();
  for (const named of given) {
    const start = resolve(folder, named);
    for await (const path of filesBelow(start)) {
      const payloads = await filePayloads([{ file: path, path: "file" }]);
      const shown = path === start ? named : join(named, path.slice(start.length + 1));
      let report = await scanByCodec(payloads, shown, signal);
      if (report === undefined) {
        const scanned = await scanFile(payloads.main, { signal });
        // In a folder other files are expected; a file that was named is answered for.
        if (path !== start && (await isOther(payloads.main, path, scanned, () => shards.has(path)))) continue;
        report = { ...scanned, path: shown };
      }
      reports.push(report);
      output.line(describe(report, output));
    }
  }
  const unclean = reports.filter(({ verdict }) => verdict !== "clean").length;
  output.result(
    { files: reports.map(({ path, verdict, findings }) => ({ path, verdict, findings })) },
    `${reports.length} file${reports.length === 1 ? "" : "s"} scanned, ${unclean} not clean`,
  );
  return unclean === 0 ? exitCodes.ok : exitCodes.negative;
}

/** What is no pickle: neither by its first bytes nor by its name, and nothing in it asks for a name. */
async function isOther(
  file: Payload,
  path: string,
  report: ScanReport,
  isShard: () => Promise<boolean>,
): Promise<boolean> {
  const { format, verdict, globals } = report;
  if (format === undefined && verdict === "clean") return true;
  if (format === "zip" || format === "npy") return false;
  if (!readsAsText(report) && (verdict !== "malformed" || globals.length > 0)) return false;
  if (pickleName.test(path) && !(await isShard())) return false;
  return looksPickled(await file.range(0, Math.min(4096, file.size))) === "no";
}

/**
 * Programs and prose, read as a pickle: "import os" asks for a module called "mport os", and what follows makes no sense. A
 * stream that breaks off, called nothing, and names only what no module is called.
 */
function readsAsText({ findings, globals }: ScanReport): boolean {
  return (
    findings.some(({ kind, verdict }) => kind === "stream" && verdict === "malformed") &&
    findings.every(({ kind }) => kind === "stream" || kind === "name") &&
    globals.every(({ module }) => /[^\w.-]/u.test(module))
  );
}

/** Files of weights of TensorFlow.js: called as PyTorch calls its pickles, "….bin". */
class Shards {
  readonly #folders = new Map<string, ReadonlySet<string>>();

  /** Whether a model.json of the folder names the file. */
  async has(path: string): Promise<boolean> {
    const folder = dirname(path);
    let known = this.#folders.get(folder);
    if (known === undefined) {
      const found: string[] = [];
      for (const name of await readdir(folder)) {
        const file = join(folder, name);
        if ((await lstat(file)).isFile() && (await isTfjs(file)))
          found.push(...(await shardsOf(file)).map((shard) => join(folder, shard)));
      }
      this.#folders.set(folder, (known = new Set(found)));
    }
    return known.has(path);
  }
}

const pickleName =
  /\.(?:pkl|pickle|joblib|p|pk|dat|model|sav|bin|pt|pth|ckpt|npy|npz)(?:\.(?:gz|z|bz2|xz|lzma|lz4))?$/iu;

/** Links are not followed: a folder from a stranger must not lead elsewhere. */
async function* filesBelow(path: string): AsyncGenerator<string> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ModelkeepError("invalid_input", `There is no file or folder ${JSON.stringify(path)}`, { cause });
  });
  if (found.isFile()) {
    yield path;
    return;
  }
  for (const name of (await readdir(path)).toSorted()) {
    const below = join(path, name);
    const kind = await lstat(below);
    if (kind.isDirectory()) yield* filesBelow(below);
    else if (kind.isFile()) yield below;
  }
}

function describe({ path, verdict, findings, format }: FileReport, output: Output): string {
  const colour = verdict === "clean" ? "green" : verdict === "dangerous" ? "red" : "yellow";
  const word = format === undefined && verdict === "clean" ? "nothing to scan" : verdict;
  const lines = [`${output.style(colour, word)}  ${path}`];
  for (const { message } of findings) lines.push(`    ${message}`);
  return lines.join("\n");
}
