import fc from "fast-check";
import { expect, test } from "vitest";

import { decodeModel, encodeModelBytes, type OnnxModel, readOutline } from "./index.js";
import { type Field, type MessageSchema, modelSchema } from "./schema.js";

/** Any message of the schema, nested up to a depth; `unknown` adds fields that the schema does not have. */
function arbitraryMessage(schema: MessageSchema, depth: number, unknown: boolean): fc.Arbitrary<object> {
  const required: string[] = [];
  const fields: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of schema.fields.values()) {
    if (field.message !== undefined && depth === 0) {
      if (field.always) fields[field.name] = fc.constant([]);
    } else fields[field.name] = arbitraryField(field, depth - 1, unknown);
    if (field.always) required.push(field.name);
  }
  if (unknown)
    fields["unknownFields"] = fc.array(fc.constantFrom(varint, text, double), { minLength: 1, maxLength: 2 });
  return fc.record(fields, { requiredKeys: required });
}

/** Field 5000 as a varint, 5001 as text, 5002 as a double. */
const varint = Uint8Array.of(0xc0, 0xb8, 0x02, 7);
const text = Uint8Array.of(0xca, 0xb8, 0x02, 1, 0x61);
const double = Uint8Array.of(0xd1, 0xb8, 0x02, 0, 0, 0, 0, 0, 0, 0, 0x40);

const string = fc.string({ unit: "grapheme", maxLength: 8 });
const bytes = fc.uint8Array({ maxLength: 12 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

function arbitraryField({ kind, message, always }: Field, depth: number, unknown: boolean): fc.Arbitrary<unknown> {
  const size = { minLength: always ? 0 : 1, maxLength: 3 };
  switch (kind) {
    case "integer":
      return fc.maxSafeInteger();
    case "int64":
      return int64;
    case "float":
      return fc.float();
    case "string":
      return string;
    case "bytes":
      return bytes;
    case "integers":
      return fc.array(fc.maxSafeInteger(), size);
    case "int64s":
      return fc.bigInt64Array(size);
    case "uint64s":
      return fc.bigUint64Array(size);
    case "int32s":
      return fc.int32Array(size);
    case "floats":
      return fc.float32Array(size);
    case "doubles":
      return fc.float64Array(size);
    case "strings":
      return fc.array(string, size);
    case "bytesList":
      return fc.array(bytes, size);
    case "message":
      return arbitraryMessage(message!, depth, unknown);
    case "messages":
      return fc.array(arbitraryMessage(message!, depth, unknown), { ...size, maxLength: 2 });
  }
}

/** What tells a model from a file that was cut short. */
const whole = (model: object): OnnxModel => {
  const { graph, opsetImport, ...rest } = model as OnnxModel;
  const opsets = opsetImport.length === 0 ? [{ version: 21 }] : opsetImport;
  return {
    ...rest,
    irVersion: 10,
    opsetImport: opsets,
    graph: graph ?? { node: [], initializer: [], input: [], output: [] },
  };
};

test("any model comes back as it was, and as the same bytes", () => {
  const property = fc.property(arbitraryMessage(modelSchema, 4, true).map(whole), (model) => {
    const encoded = encodeModelBytes(model);
    const decoded = decodeModel(encoded);
    expect(decoded).toEqual(model);
    expect(encodeModelBytes(decoded)).toEqual(encoded);
  });
  fc.assert(property, { numRuns: 100, seed: 2026 });
});

test("the outline of any model is all of it but what is large", async () => {
  const property = fc.asyncProperty(arbitraryMessage(modelSchema, 4, false).map(whole), async (model) => {
    const large = { dims: [10_000], dataType: 2, name: "large" };
    const initializer = [...model.graph!.initializer, { ...large, rawData: new Uint8Array(10_000) }];
    const encoded = encodeModelBytes({ ...model, graph: { ...model.graph!, initializer } });
    const source = { size: encoded.length, range: async (start: number, end: number) => encoded.slice(start, end) };
    const outline = await readOutline(source);
    expect(outline).toEqual({
      ...model,
      graph: { ...model.graph!, initializer: [...model.graph!.initializer, large] },
    });
  });
  await fc.assert(property, { numRuns: 100, seed: 2026 });
});
