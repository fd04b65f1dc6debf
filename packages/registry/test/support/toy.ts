import {
  isModelState,
  type Flavor,
  type ModelState,
  ModelkeepError,
  type Predictor,
  type Runtime,
  type Signature,
  Tensor,
  type TensorMap,
} from "@modelkeep/core";

/** The smallest model there is: y = slope x + offset. */
export class Line {
  readonly slope: number;
  readonly offset: number;

  constructor(slope: number, offset = 0) {
    this.slope = slope;
    this.offset = offset;
  }
}

export const lineSignature: Signature = {
  inputs: [{ name: "x", dtype: "float64", shape: ["batch", 1], features: ["length"] }],
  outputs: [{ name: "y", dtype: "float64", shape: ["batch"] }],
};

export function lineFlavor(): Flavor<Line> {
  return {
    name: "line",
    owns: (model): model is Line => model instanceof Line,
    freeze: ({ slope, offset }) => ({ flavor: "line", type: "line", version: 1, state: { slope, offset } }),
    thaw: (state) => Promise.resolve(lineOf(state)),
    describe: ({ slope, offset }) => ({ signature: lineSignature, parameters: { slope, offset } }),
  };
}

/** `drift` is what a broken installation adds to each prediction. */
export function lineRuntime({ drift = 0 } = {}): Runtime {
  return {
    name: "line",
    version: "1.0.0",
    runs: ({ flavor }) => flavor === "line",
    available: () => Promise.resolve(true),
    async predictor(_payloads, options): Promise<Predictor> {
      const state = await options?.decode?.();
      if (!isModelState(state)) throw new ModelkeepError("invalid_input", "no state");
      const line = lineOf(state);
      return {
        signature: lineSignature,
        predict: (inputs) => Promise.resolve(predict(line, inputs, drift)),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

export function lineInputs(...values: number[]): TensorMap {
  return new Map([["x", new Tensor("float64", [values.length, 1], Float64Array.from(values))]]);
}

function predict({ slope, offset }: Line, inputs: TensorMap, drift: number): TensorMap {
  const x = inputs.get("x")!.data as Float64Array;
  return new Map([
    [
      "y",
      new Tensor(
        "float64",
        [x.length],
        x.map((value) => slope * value + offset + drift),
      ),
    ],
  ]);
}

function lineOf({ state }: ModelState): Line {
  const { slope, offset } = state as { slope: number; offset: number };
  return new Line(slope, offset);
}
