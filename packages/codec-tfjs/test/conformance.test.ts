import { collect, collectPayloads, memoryPayloads } from "@modelkeep/core";
import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { type CodecSample, codecSuite, runSuite } from "@modelkeep/testkit";
import { isTensorFile } from "@modelkeep/safetensors";
import { describe, expect, test } from "vitest";

import { tfjsCodec, type TfjsModel } from "../src/index.js";
import { decode, filesOf } from "./support.js";

const codec = tfjsCodec();
const samples: CodecSample<TfjsModel>[] = await Promise.all(
  ["wine-dense", "graph-uint8"].map(async (name) => ({ name, model: await decode(name) })),
);

runSuite(codecSuite(codec, samples, { mutations: 100 }), { describe, test });

test.each(["wine-dense", "graph-words", "graph-lstm"])(
  "the files of %s are written back byte for byte",
  async (name) => {
    const again = await codec.encode(await decode(name));
    expect(again[0]!.path).toBe("model/model.json");
    for (const { path, bytes } of filesOf(name)) {
      const source = again.find((each) => each.path === `model/${path}`)!;
      expect(await collect(source.open())).toEqual(bytes);
    }
  },
);

test.each(["wine-dense", "graph-uint8", "graph-float16"])(
  "%s to safetensors, and back to files of weights",
  async (name) => {
    const model = await decode(name);
    expect(isTensorFile(model)).toBe(true);
    const kept = await collectPayloads(await safetensorsCodec().encode(model));
    const file = await safetensorsCodec().decode(kept);
    expect(codec.accepts(file)).toBe(true);
    const back = await codec.decode(await collectPayloads(await codec.encode(file as unknown as TfjsModel)));
    expect(back.tensors).toEqual(model.tensors);
    // As the first time, but for what says how they are kept.
    const described = ({ metadata }: TfjsModel) => {
      const { weightsManifest: _, ...rest } = JSON.parse(metadata.get("tfjs.model")!) as Record<string, unknown>;
      return rest;
    };
    expect(described(back)).toEqual(described(model));
  },
);

test("tensors that are others than the description's are refused", async () => {
  const { tensors, metadata } = await decode("wine-dense");
  const without = new Map([...tensors].slice(1));
  const [first] = tensors.values();
  for (const others of [
    without,
    new Map([...tensors, ["more", first!]]),
    new Map([...tensors].map(([name]) => [name, first!])),
  ])
    await expect(codec.encode({ tensors: others, metadata } as unknown as TfjsModel)).rejects.toMatchObject({
      code: "invalid_input",
    });
});

test("known by its members, wherever they stand; not every JSON is one", () => {
  const sniff = (text: string) => codec.sniff!(new TextEncoder().encode(text), "model.json");
  for (const name of ["wine-dense", "graph-conv"])
    expect(codec.sniff!(filesOf(name)[0]!.bytes.subarray(0, 65_536))).toBe("yes");
  expect(sniff('{"generatedBy": "1", "format": "graph-model"')).toBe("maybe");
  for (const text of [
    '{"class_name": "Sequential", "config": {}}',
    "[]",
    "modelTopology",
    '{"format":"modelkeep-state/1"}',
  ])
    expect(sniff(text)).toBe("no");
});

test("weights are those of the files, whatever the folder is called", async () => {
  const files = filesOf("wine-dense").map(({ path, bytes }) => ({ path: `deep/folder/${path}`, bytes }));
  const model = await codec.decode(memoryPayloads(files));
  expect(model.tensors).toEqual((await decode("wine-dense")).tensors);
});
