import { dtypeKind, readSamples, type Signature, tensorOf, type TensorMap, valuesPerElement } from "@modelkeep/core";
import type { LoadedModel } from "@modelkeep/registry";

/**
 * The first predictions of a model are its slowest: they are made before anyone waits for them. With the recorded samples,
 * where failing means that the model is not fit to serve; else with made-up inputs, where it means nothing.
 */
export async function warmUp(model: LoadedModel): Promise<void> {
  const samples = await readSamples(model.envelope);
  if (samples !== undefined) {
    await model.predictTensors(samples.inputs);
    return;
  }
  try {
    await model.predictTensors(madeUp(model.signature));
  } catch {
    // Nobody knows whether these inputs make sense to it.
  }
}

const fillers = { string: "", bool: false, integer: 0, float: 0, complex: 0 } as const;

function madeUp({ inputs }: Signature): TensorMap {
  return new Map(
    inputs.map(({ name, dtype, shape, categories }) => {
      const size = shape.map((dimension) => (typeof dimension === "number" ? dimension : 1));
      const count = size.reduce((product, each) => product * each, 1) * valuesPerElement(dtype);
      const value = categories?.[0] ?? fillers[dtypeKind(dtype)];
      return [
        name,
        tensorOf(
          dtype,
          size,
          Array.from({ length: count }, () => value),
        ),
      ];
    }),
  );
}
