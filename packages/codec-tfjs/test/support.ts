import { readdirSync, readFileSync } from "node:fs";

import { type Inspection, type Json, type MemoryFile, memoryPayloads } from "@modelkeep/core";

import { tfjsCodec } from "../src/index.js";

const folder = new URL("../../../vectors/tfjs/", import.meta.url);

/** The files of a model that TensorFlow.js or its converter wrote, the main one first. */
export function filesOf(name: string): MemoryFile[] {
  return readdirSync(new URL(`${name}/`, folder))
    .toSorted((a, b) => Number(b === "model.json") - Number(a === "model.json"))
    .map((path) => ({ path, bytes: new Uint8Array(readFileSync(new URL(`${name}/${path}`, folder))) }));
}

export const decode = (name: string) => tfjsCodec().decode(memoryPayloads(filesOf(name)));

export function inspect(files: readonly MemoryFile[]): Promise<Inspection> {
  return tfjsCodec().inspect!(memoryPayloads(files));
}

/** A model.json, and the files beside it. */
export function modelFiles(json: unknown, files: Readonly<Record<string, Uint8Array>> = {}): MemoryFile[] {
  const bytes = new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));
  return [{ path: "model.json", bytes }, ...Object.entries(files).map(([path, each]) => ({ path, bytes: each }))];
}

/** A model of no layers with these weights in one file of these bytes. */
export function weighing(weights: readonly Json[], bytes: Uint8Array, path = "weights.bin"): MemoryFile[] {
  const modelTopology = { class_name: "Sequential", config: { name: "m", layers: [] } };
  const json = { format: "layers-model", modelTopology, weightsManifest: [{ paths: [path], weights }] };
  return modelFiles(json, { [path]: bytes });
}
