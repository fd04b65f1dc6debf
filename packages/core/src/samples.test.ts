import { describe, expect, it } from "vitest";

import { makeEnvelope } from "../test/make-envelope.js";
import { tensorOf } from "./elements.js";
import type { Predictor } from "./flavor.js";
import { collect } from "./memory-payload.js";
import { readSamples, recordSamples, requireSamples, verifySamples } from "./samples.js";
import type { TensorMap } from "./signature.js";

/** Doubles its input, times a factor for when it has drifted. */
function doubling(factor = 1): Predictor {
  return {
    signature: {
      inputs: [{ name: "x", dtype: "float64", shape: ["batch", 1] }],
      outputs: [{ name: "y", dtype: "float64", shape: ["batch", 1] }],
    },
    async predict(inputs) {
      const x = inputs.get("x")!;
      return new Map([
        [
          "y",
          tensorOf(
            "float64",
            x.shape,
            [...(x.data as Float64Array)].map((each) => each * 2 * factor),
          ),
        ],
      ]);
    },
    async [Symbol.asyncDispose]() {},
  };
}

const inputs: TensorMap = new Map([["x", tensorOf("float64", [3, 1], [1, 0.1, -0])]]);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe("samples", () => {
  it("are recorded, kept in an envelope and reproduced", async () => {
    const recordedBy = { representation: "json", runtime: "mljs", version: "1.0.0" };
    const { sources, entry } = await recordSamples({ inputs, predictor: doubling(), recordedBy });
    expect(entry).toEqual({
      inputs: "samples/inputs.json",
      outputs: "samples/outputs.json",
      rows: 3,
      bound: 0,
      recordedBy,
    });
    const files = await Promise.all(
      sources.map(async (each) => ({ path: each.path, bytes: await collect(each.open()) })),
    );
    const envelope = await makeEnvelope([{ path: "model.bin", bytes: new Uint8Array(1) }, ...files], {
      samples: entry,
    });
    const kept = (await readSamples(envelope))!;
    expect(kept.inputs).toEqual(inputs);
    const report = await verifySamples(doubling(), kept.inputs, kept.outputs, kept.bound);
    expect(report).toEqual({ rows: 3, bound: 0, identical: true, agrees: true, failures: 0 });
    requireSamples(report);
    const drifted = await verifySamples(doubling(1 + 1e-9), kept.inputs, kept.outputs, kept.bound);
    expect(drifted).toMatchObject({ agrees: false, worst: { name: "y", index: [0, 0] } });
    expect(() => requireSamples(drifted)).toThrow(code("samples_differ"));
    expect((await verifySamples(doubling(1 + 1e-9), kept.inputs, kept.outputs, 1e-6)).agrees).toBe(true);
    expect(await readSamples(await makeEnvelope([{ path: "m", bytes: new Uint8Array(1) }]))).toBeUndefined();
  });

  it("may have outputs that were given, and are held to them when there is a predictor", async () => {
    const outputs: TensorMap = new Map([["y", tensorOf("float64", [3, 1], [2, 0.2, 0])]]);
    expect((await recordSamples({ inputs, outputs })).entry.recordedBy).toBeUndefined();
    await recordSamples({ inputs, outputs, predictor: doubling() });
    await expect(recordSamples({ inputs, outputs, predictor: doubling(2) })).rejects.toThrow(code("samples_differ"));
    await expect(recordSamples({ inputs })).rejects.toThrow(TypeError);
    const wrong: TensorMap = new Map([["z", tensorOf("float64", [1, 1], [1])]]);
    await expect(recordSamples({ inputs: wrong, predictor: doubling() })).rejects.toThrow(code("signature_mismatch"));
  });
});
