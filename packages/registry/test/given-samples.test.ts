import { ModelkeepError, type Runtime, type Signature, type TensorMap, tensorOf } from "@modelkeep/core";
import { expect, test } from "vitest";

import { openLines } from "./support/registry.js";
import { Line, lineInputs, lineRuntime, lineSignature } from "./support/toy.js";

const inputs = lineInputs(1, 2, 3);
const outputs = (...values: number[]): TensorMap => new Map([["y", tensorOf("float64", [values.length], values)]]);

/** What runs any line, and gives what it is told to. */
function giving(give: () => TensorMap): Runtime {
  return {
    ...lineRuntime(),
    predictor: () =>
      Promise.resolve({
        signature: lineSignature,
        predict: () => Promise.resolve().then(give),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

test("outputs of another number of rows are refused where nothing runs the model: its signature tells", async () => {
  const registry = await openLines(undefined, { runtimes: [] });
  const samples = { inputs, outputs: outputs(2, 4) };
  await expect(registry.save("lines", { model: new Line(2), samples })).rejects.toMatchObject({
    code: "signature_mismatch",
    message: expect.stringContaining("3 rows of inputs and 2 of outputs") as string,
    details: { name: "y", inputs: 3, outputs: 2 },
  });
  await expect(registry.show("lines")).rejects.toMatchObject({ code: "not_found" });
  await registry.save("lines", { model: new Line(2), samples: { inputs, outputs: outputs(2, 4, 6) } });
});

test.each<[string, Signature["outputs"][number]["shape"], TensorMap]>([
  ["a size of its own", ["clusters"], outputs(1, 2)],
  ["nothing that is known", [null], outputs(1, 2)],
  ["a fixed number", [2], outputs(1, 2)],
  ["no dimension", [], new Map([["y", tensorOf("float64", [], [12])]])],
])("outputs whose first dimension is %s may have other rows than the inputs", async (_, shape, given) => {
  const registry = await openLines(undefined, { runtimes: [] });
  const signature = { ...lineSignature, outputs: [{ ...lineSignature.outputs[0]!, shape }] };
  const saved = await registry.save("lines", { model: new Line(2), signature, samples: { inputs, outputs: given } });
  expect(saved.manifest.samples?.rows).toBe(3);
});

test("outputs of another number of rows are refused by what the model gives, whatever its signature says", async () => {
  const signature = { ...lineSignature, outputs: [{ ...lineSignature.outputs[0]!, shape: [null] }] };
  const save = async (runtime: Runtime, given: TensorMap, declared: Signature) =>
    (await openLines(undefined, { runtimes: [runtime] })).save("lines", {
      model: new Line(2),
      signature: declared,
      samples: { inputs, outputs: given },
    });
  await expect(save(lineRuntime(), outputs(2, 4), signature)).rejects.toMatchObject({
    code: "samples_differ",
    message: expect.stringContaining("3 rows of inputs and 2 of outputs") as string,
  });
  // A name that an exporter gave by mistake: what the model gives counts.
  const saved = await save(
    giving(() => outputs(7, 8)),
    outputs(7, 8),
    lineSignature,
  );
  expect(saved.notReproduced).toBeUndefined();
});

test("outputs that the model gives otherwise are kept, and told", async () => {
  const registry = await openLines();
  const { notReproduced } = await registry.save("lines", {
    model: new Line(2),
    samples: { inputs, outputs: outputs(2, 4, 6.5) },
  });
  expect(notReproduced).toEqual({
    representation: "json",
    runtime: "line",
    message: "y[2] is 6 where 6.5 was given",
  });
  await expect(registry.promote("lines", 1)).rejects.toMatchObject({ code: "samples_differ" });
});

test("a model that does not run here is kept with what was given, and why is told", async () => {
  const failing = giving(() => {
    throw new ModelkeepError("unsupported", "No operator Gelu here");
  });
  const registry = await openLines(undefined, { runtimes: [failing] });
  const samples = { inputs, outputs: outputs(2, 4, 6) };
  const { notReproduced } = await registry.save("lines", { model: new Line(2), samples });
  expect(notReproduced?.message).toBe("No operator Gelu here");
  await expect(
    registry.save("lines", { model: new Line(2), samples: { inputs, outputs: outputs(2) } }),
  ).rejects.toMatchObject({ code: "signature_mismatch" });
});

test("inputs that the signature does not take are refused, though outputs are given", async () => {
  const registry = await openLines();
  const samples = { inputs: new Map([["z", inputs.get("x")!]]), outputs: outputs(2, 4, 6) };
  await expect(registry.save("lines", { model: new Line(2), samples })).rejects.toMatchObject({
    code: "signature_mismatch",
  });
});
