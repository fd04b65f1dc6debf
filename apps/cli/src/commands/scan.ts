import { lstat, readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";

import { ModelkeepError, type Payload } from "@modelkeep/core";
import { filePayloads } from "@modelkeep/core/node";
import { looksPickled, scanFile, type ScanReport } from "@modelkeep/pickle";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import type { Output } from "../output.js";
import { type FileReport, scanByCodec } from "../scan-by-codec.js";

/** What pickles, files of Keras and GGUF files would run, file by file. Exit code 0 only when every file is clean. */
export async function run({ arguments: given, folder, output, signal }: Context): Promise<number> {
  const reports: FileReport[] = [];
  for (const named of given) {
    const start = resolve(folder, named);
    for await (const path of filesBelow(start)) {
      const payloads = await filePayloads([{ file: path, path: "file" }]);
      const shown = path === start ? named : join(named, path.slice(start.length + 1));
      let report = await scanByCodec(payloads, shown, signal);
      if (report === undefined) {
        const scanned = await scanFile(payloads.main, { signal });
        // In a folder other files are expected; a file that was named is answered for.
        if (path !== start && (await isOther(payloads.main, path, scanned))) continue;
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
async function isOther(file: Payload, path: string, { format, verdict, globals }: ScanReport): Promise<boolean> {
  if (format === undefined && verdict === "clean") return true;
  if (format === "zip" || format === "npy" || verdict !== "malformed" || globals.length > 0 || pickleName.test(path))
    return false;
  return looksPickled(await file.range(0, Math.min(4096, file.size))) === "no";
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
