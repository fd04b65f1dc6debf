import { readFileSync } from "node:fs";

import { collectPayloads, Tensor, tensorBytes } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { kerasCodec } from "../src/index.js";
import { architecture, expected, inspect, payloads, vector } from "./support.js";

const codec = kerasCodec();
const files = Object.entries(expected);

describe("files that Keras and h5py wrote", () => {
  test.each(files.filter(([, { refused }]) => refused === undefined))(
    "%s gives the tensors that h5py reads",
    async (name, { datasets = {} }) => {
      const { tensors } = await codec.decode(payloads(vector(name)));
      const found = Array.from(tensors, ([path, tensor]) => [
        path,
        { dtype: tensor.dtype, shape: tensor.shape, hex: Buffer.from(tensorBytes(tensor)).toString("hex") },
      ]);
      expect(Object.fromEntries(found)).toEqual(datasets);
    },
  );

  test.each(files.filter(([, { refused }]) => refused === undefined))(
    "%s is told: layers, parameters, optimizer, what to beware of",
    async (name, { parameters, layers, flags, optimizer }) => {
      const { findings, details, ...told } = await inspect(vector(name), name);
      const listed = (details?.["layers"] ?? []) as readonly { readonly name: string; readonly class: string }[];
      const own = listed.filter(({ name: path, class: type }) => !path.includes("/") && type !== "InputLayer");
      const compiled = details?.["compile"] as Record<string, { readonly class_name: string }> | undefined;
      expect({
        flags: findings?.map(({ kind }) => kind),
        parameters: parameters && told.parameters,
        layers: layers && own.map(({ name: path }) => path),
        optimizer: (compiled?.["optimizer"] ?? compiled?.["optimizer_config"])?.class_name,
      }).toEqual({ flags, parameters, layers: layers?.filter((each) => each !== "start"), optimizer });
    },
  );

  test.each(files.filter(([, { refused }]) => refused !== undefined))("%s is refused", async (name, { refused }) => {
    await expect(codec.decode(payloads(vector(name)))).rejects.toMatchObject({ code: refused });
  });

  test("are known by their content; a file of another kind is not taken for one", () => {
    for (const [name] of files)
      expect([name, codec.sniff!(vector(name).subarray(0, 65_536), name)]).toEqual([name, "yes"]);
    for (const text of ['{"format":"modelkeep"}', "[1]", "PK\u0003\u0004", '{"class_name": 3, "config": {}}', ""])
      expect(codec.sniff!(new TextEncoder().encode(text), "model.json")).toBe("no");
  });

  test("weights that cannot be read are a finding; leading out of the file is a danger", async () => {
    const levels = await Promise.all(
      ["external.weights.h5", "external-storage.weights.h5", "virtual.weights.h5", "soft-cycle.weights.h5"].map(
        async (name) => (await inspect(vector(name))).findings?.map(({ level, code }) => [level, code]),
      ),
    );
    expect(levels).toEqual([...Array.from({ length: 3 }, () => [["danger", "refused"]]), [["warning", "unsupported"]]]);
  });

  test("the layers of a model within a model are listed under its name, with their shapes", async () => {
    const { details } = await inspect(vector("nested.keras"));
    expect(details?.["layers"]).toContainEqual({ name: "inner/deep", class: "Dense", shape: [null, 4] });
    expect(details).toMatchObject({ version: "3.15.1", name: "nested", optimizerState: false });
  });

  test("the state of an optimizer is told, and no parameter", async () => {
    const { details, summary } = await inspect(vector("table.keras"));
    expect(summary).toBe("Keras 3.15.1 model, layers: 3, tensors: 14, parameters: 23");
    expect(details).toMatchObject({ optimizerState: true, compile: { loss: "mse" } });
  });

  test("the architecture comes with the weights, word for word", async () => {
    const { metadata } = await codec.decode(payloads(vector("table.json")));
    expect(metadata.get("keras.config")).toBe(new TextDecoder().decode(vector("table.json")));
    const h5 = await codec.decode(payloads(vector("table.h5")));
    expect(JSON.parse(h5.metadata.get("keras.config")!)).toMatchObject({ class_name: "Sequential" });
    expect([...h5.metadata.keys()]).toEqual(["keras.config", "keras.compile", "keras.version", "keras.backend"]);
  });

  test.each(["table.keras", "nested.keras", "small.keras", "words.keras", "table.weights.h5", "edges.weights.h5"])(
    "%s comes back the same once written again",
    async (name) => {
      const model = await codec.decode(payloads(vector(name)));
      const again = await codec.decode(await collectPayloads(await codec.encode(model)));
      expect(again).toEqual(model);
    },
  );

  test("an architecture and weights that were saved apart become one model", async () => {
    const { metadata } = await codec.decode(payloads(vector("table.json")));
    const { tensors } = await codec.decode(payloads(vector("table.weights.h5")));
    const joined = await collectPayloads(await codec.encode({ tensors, metadata }));
    expect(joined.main.path).toBe("model.keras");
    const { details, parameters } = await codec.inspect!(joined);
    expect({ name: details?.["name"], optimizer: details?.["optimizerState"], parameters }).toEqual({
      name: "table",
      optimizer: true,
      parameters: 23,
    });
  });

  test("what cannot be written is refused, and why is told", async () => {
    const h5 = await codec.decode(payloads(vector("table.h5")));
    await expect(codec.encode(h5)).rejects.toThrow("load that file with Keras and save it as .keras");
    const weights = await codec.decode(payloads(vector("table.weights.h5")));
    await expect(codec.encode(weights, { extension: ".h5" })).rejects.toThrow("….weights.h5");
    await expect(codec.encode(weights, { form: "model" })).rejects.toThrow("needs the architecture");
    const named = (...names: string[]) => ({
      tensors: new Map(names.map((each) => [each, new Tensor("int8", [0], new Int8Array(0))])),
      metadata: new Map<string, string>(),
    });
    for (const names of [["a//b"], [".."], [""], ["a", "a/b"], ["a/b/c", "a/b"]])
      await expect(codec.encode(named(...names))).rejects.toMatchObject({ code: "invalid_input" });
    const odd = {
      ...weights,
      metadata: new Map([
        ["keras.config", "{}"],
        ["format", "pt"],
      ]),
    };
    await expect(codec.encode(odd)).rejects.toThrow('no place for the text "format"');
  });

  test("a Sequential model of the first Keras 2, whose configuration is the list of its layers", async () => {
    const bytes = architecture({
      class_name: "Sequential",
      config: [{ class_name: "Dense", config: { name: "hidden" } }],
    });
    expect(codec.sniff!(bytes, "old.json")).toBe("yes");
    expect((await inspect(bytes)).details?.["layers"]).toEqual([{ name: "hidden", class: "Dense" }]);
  });
});

test("vocabularies beside the weights come along, and back into the file", async () => {
  const bytes = new Uint8Array(
    readFileSync(new URL("../../../vectors/keras-onnx/vocabulary-keras-3.keras", import.meta.url)),
  );
  const path = "layers/sequential/layers/string_lookup/vocabulary.txt";
  const { tensors, metadata } = await codec.decode(payloads(bytes));
  expect(metadata.get(`keras.asset/${path}`)).toBe("[UNK]\nblue\nred\ngrün");
  const { main } = await collectPayloads(await codec.encode({ tensors, metadata }));
  expect((await inspect(await main.bytes())).details?.["assets"]).toContain(`assets/${path}`);
  expect((await codec.decode(payloads(await main.bytes()))).metadata).toEqual(metadata);
  for (const outside of ["keras.asset/../config.json", "keras.asset//a", "keras.asset/a/./b", "keras.asset/a\\b"])
    await expect(codec.encode({ tensors, metadata: new Map([...metadata, [outside, ""]]) })).rejects.toMatchObject({
      code: "unsupported",
    });
});

test("numbers that JSON lacks are taken as Keras writes them", async () => {
  const masking = '{"class_name": "Masking", "config": {"name": "hole", "mask_value": NaN, "top": -Infinity}}';
  const text = `{"module": "keras", "class_name": "Sequential", "config": {"name": "holes", "layers": [${masking}]}}`;
  const { tensors, metadata } = await codec.decode(payloads(new TextEncoder().encode(text)));
  expect(metadata.get("keras.config")).toBe(text);
  const { main } = await collectPayloads(await codec.encode({ tensors, metadata }));
  expect((await inspect(await main.bytes())).details?.["layers"]).toMatchObject([{ name: "hole" }]);
});
