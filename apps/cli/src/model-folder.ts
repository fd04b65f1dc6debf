import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

import { isModelkeepError } from "@modelkeep/core";
import { filePayloads } from "@modelkeep/core/node";

const savedModel = "saved_model.pb";
const tfjs = "model.json";

/** The main file of a folder that is one model, of TensorFlow or TensorFlow.js; with a manifest it is an envelope, whatever is in it. */
export async function folderMain(folder: string): Promise<string | undefined> {
  const names = new Set(await readdir(folder));
  if (names.has("manifest.json")) return undefined;
  if (names.has(savedModel)) return savedModel;
  return names.has(tfjs) && (await isTfjs(join(folder, tfjs))) ? tfjs : undefined;
}

/** Whether a file is the `model.json` of a model of TensorFlow.js, whatever it is called. */
export async function isTfjs(file: string): Promise<boolean> {
  if (!file.toLowerCase().endsWith(".json")) return false;
  const { tfjsCodec } = await import("@modelkeep/codec-tfjs");
  const { main } = await filePayloads([{ file, path: "file" }]);
  return tfjsCodec().sniff!(await main.range(0, Math.min(65_536, main.size)), file) === "yes";
}

/** The files of weights that a `model.json` names and that lie beside it. What is wrong with it, its codec tells. */
export async function shardsOf(file: string): Promise<readonly string[]> {
  const { readModelJson } = await import("@modelkeep/tfjs");
  const { main } = await filePayloads([{ file, path: "file" }]);
  const found: string[] = [];
  try {
    for (const path of readModelJson(await main.bytes()).groups.flatMap(({ paths }) => paths))
      if ((await stat(join(dirname(file), path)).catch(() => undefined))?.isFile() === true) found.push(path);
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
  }
  return found;
}
