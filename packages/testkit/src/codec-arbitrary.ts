import {
  type Codec,
  collectPayloads,
  type DType,
  dtypeInfo,
  dtypes,
  type ModelState,
  type StateValue,
  Tensor,
  tensorFromBytes,
  byteLength,
} from "@modelkeep/core";
import fc from "fast-check";

import { differenceOf } from "./codec-difference.js";
import { expectTrue } from "./expect.js";

/** Keys and texts that formats stumble over, among ordinary ones. */
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "__proto__",
      "constructor",
      "toJSON",
      "toString",
      "$tensor",
      "$number",
      "$$",
      "",
      "0",
      "a.b",
      "__metadata__",
    ),
  },
);

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 2 ** 53, -(2 ** 63), 1e21),
);

const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });

/** Tensors of every dtype: any bits at all where there are bits. */
export const arbitraryTensor: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom(...dtypes.keys()), shape)
  .chain(([dtype, dimensions]) => tensorOfShape(dtype, dimensions));

/** Any plain state, up to some depth. */
export const arbitraryStateValue: fc.Arbitrary<StateValue> = fc.letrec<{ value: StateValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    arbitraryTensor,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(text, tie("value"), { maxKeys: 5, noNullPrototype: false }) as fc.Arbitrary<StateValue>,
  ),
})).value;

/** Model states of any shape, for property tests with fast-check. */
export const arbitraryModelState: fc.Arbitrary<ModelState> = fc.record(
  { flavor: text, type: text, version: fc.maxSafeInteger(), state: arbitraryStateValue },
  { noNullPrototype: true },
);

/** Holds a codec of model states to any of them: what it decodes is what it was given. */
export async function checkAnyState(codec: Codec): Promise<void> {
  const property = fc.asyncProperty(arbitraryModelState, async (model) => {
    const again = await codec.decode(await collectPayloads(await codec.encode(model)));
    const difference = differenceOf(again, model);
    expectTrue(difference === undefined, difference ?? "");
  });
  await fc.assert(property, { numRuns: 1000, seed: 2026 });
}

function tensorOfShape(dtype: DType, dimensions: readonly number[]): fc.Arbitrary<Tensor> {
  const count = dimensions.reduce((product, size) => product * size, 1);
  if (dtypeInfo(dtype).array === undefined) {
    return fc
      .array(text, { minLength: count, maxLength: count })
      .map((strings) => new Tensor(dtype, dimensions, strings));
  }
  const length = byteLength(dtype, count);
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => tensorFromBytes(dtype, dimensions, Uint8Array.from(bytes)));
}
