import { readdirSync, readFileSync } from "node:fs";

import { isModelkeepError, type Json } from "@modelkeep/core";
import { checkModel } from "@modelkeep/onnx";
import { mutateJson, randomNumbers } from "@modelkeep/testkit";
import { expect, test } from "vitest";

import { convertTfjsGraph } from "../src/index.js";

const folder = new URL("../../../vectors/tfjs/", import.meta.url);
const names = ["graph-dense", "graph-conv", "graph-words", "graph-lstm", "graph-shapes"];
const runs = Number(process.env["MODELKEEP_FUZZ_RUNS"] ?? 150);
const seed = Number(process.env["MODELKEEP_TEST_SEED"] ?? 1);

const texts = "DT_INT64 DT_STRING DT_HALF Const Relu MatMul _FusedConv2D Identity While Cmx1 é -1 4294967296".split(
  " ",
);
const numbers = [0, -1, 7, 1e308, 2 ** 53];
const replacements = [null, true, "", [], [1], {}, { dim: [{ size: "99999999999" }] }].concat(
  texts,
  numbers,
) as readonly Json[];

test(
  "a changed graph of TensorFlow.js gives a model or a typed error",
  { timeout: 120_000 + runs * 50 },
  async ({ task }) => {
    const next = randomNumbers(seed);
    const random = (below: number) => Math.floor(next() * below);
    const models = names.map((name) => {
      const own = new URL(`${name}/`, folder);
      const files = new Map(readdirSync(own).map((path) => [path, new Uint8Array(readFileSync(new URL(path, own)))]));
      return { name, files, text: new TextDecoder().decode(files.get("model.json")) };
    });
    const wrong: string[] = [];
    let converted = 0;
    for (let run = 0; run < runs; run++) {
      const { name, files, text } = models[random(models.length)]!;
      const json = JSON.parse(text) as Json;
      for (let count = 1 + random(3); count > 0; count--) mutateJson(json, next, replacements);
      const changed = new Map([...files, ["model.json", new TextEncoder().encode(JSON.stringify(json))]]);
      try {
        const { model } = await convertTfjsGraph({ main: "model.json", files: changed });
        checkModel(model);
        converted++;
      } catch (error) {
        if (!isModelkeepError(error))
          wrong.push(`${name}, run ${run}: ${String((error as Error).stack).slice(0, 400)}`);
      }
    }
    Object.assign(task.meta, { counts: { graphs: runs } });
    expect(wrong).toEqual([]);
    expect(converted).toBeGreaterThan(0);
  },
);
