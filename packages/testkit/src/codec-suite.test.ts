import {
  type Codec,
  isModelkeepError,
  isModelState,
  memoryPayloads,
  ModelkeepError,
  type ModelState,
  Tensor,
} from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { codecSuite } from "./codec-suite.js";

/** A codec for the tests: JSON of one state with a list of bytes. It keeps every promise. */
const sound: Codec<ModelState> = {
  name: "sound",
  mediaType: "application/x-sound",
  extensions: [".sound"],
  accepts: isModelState,
  sniff: (head) => (new TextDecoder().decode(head.subarray(0, 6)) === "sound:" ? "yes" : "no"),
  async encode(model, { stem = "model" } = {}) {
    const bytes = new TextEncoder().encode(`sound:${toJson(model)}`);
    return [source(`${stem}.sound`, bytes)];
  },
  async decode(payloads, { signal, limits } = {}) {
    if (limits?.bytes !== undefined && payloads.main.size > limits.bytes)
      throw new ModelkeepError("limit_exceeded", "Large");
    const text = new TextDecoder().decode(await payloads.main.bytes(signal === undefined ? {} : { signal }));
    if (!text.startsWith("sound:")) throw new ModelkeepError("malformed", "No sound");
    return fromJson(text.slice(6));
  },
  async inspect(payloads, { signal } = {}) {
    await payloads.main.range(0, 1, signal === undefined ? {} : { signal });
    return { summary: "a sound file" };
  },
};

function source(path: string, bytes: Uint8Array) {
  return {
    path,
    size: bytes.length,
    async *open() {
      yield bytes;
    },
  };
}

function toJson(model: ModelState): string {
  const { data } = model.state as Tensor;
  return JSON.stringify({ ...model, state: [...(data as Uint8Array)] });
}

function fromJson(text: string): ModelState {
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new ModelkeepError("malformed", "No JSON", { cause });
  }
  const { flavor, type, version, state } = fields ?? {};
  if (typeof flavor !== "string" || typeof type !== "string" || !Array.isArray(state) || typeof version !== "number")
    throw new ModelkeepError("malformed", "No model");
  return { flavor, type, version, state: new Tensor("uint8", [state.length], Uint8Array.from(state as number[])) };
}

const model = (bytes: readonly number[]): ModelState => ({
  flavor: "test",
  type: "list",
  version: 1,
  state: new Tensor("uint8", [bytes.length], Uint8Array.from(bytes)),
});
const freshSamples = () => [
  { name: "short", model: model([1, 2, 3]) },
  { name: "long", model: model(Array.from({ length: 300 }, (_, index) => index % 256)) },
];

async function failures(codec: Codec<ModelState>): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of codecSuite(codec, freshSamples(), { mutations: 400 })) {
    try {
      await run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

test("a sound codec passes", async () => {
  expect(await failures(sound)).toEqual([]);
});

let calls = 0;
const dataOf = (value: ModelState) => (value.state as Tensor).data as Uint8Array;
const kept = new WeakMap<object, ModelState>();

describe("a codec is found out that", () => {
  const changed = (change: (bytes: Uint8Array) => Uint8Array): Partial<Codec<ModelState>> => ({
    async encode(value, options) {
      const [first] = await sound.encode(value, options);
      for await (const bytes of first!.open()) return [source(first!.path, change(bytes))];
      return [];
    },
  });
  const broken: readonly [string, Partial<Codec<ModelState>>][] = [
    ["has no proper name", { name: "Broken Codec" }],
    ["accepts anything", { accepts: (value: unknown): value is ModelState => value !== undefined }],
    ["accepts nothing", { accepts: (value: unknown): value is ModelState => value === failures }],
    ["loses a field", { decode: async (...all) => ({ ...(await sound.decode(...all)), version: 2 }) }],
    [
      "loses a bit",
      { decode: async (...all) => alter(await sound.decode(...all), (data) => (data[0] = (data[0] ?? 0) ^ 1)) },
    ],
    [
      "writes the time",
      changed((bytes) => new TextEncoder().encode(`${new TextDecoder().decode(bytes)}${" ".repeat(++calls % 7)}`)),
    ],
    ["leaves the envelope", { encode: async (value) => renamed(await sound.encode(value), "../model.sound") }],
    ["forgets the stem", { encode: async (value) => renamed(await sound.encode(value), "model.sound") }],
    [
      "lies about sizes",
      { encode: async (...all) => (await sound.encode(...all)).map((file) => ({ ...file, size: 1 })) },
    ],
    [
      "can be read only once",
      {
        async encode(...all) {
          const [first] = await sound.encode(...all);
          const stream = first!.open();
          return [{ path: first!.path, open: () => stream }];
        },
      },
    ],
    [
      "changes the model",
      {
        encode: async (value, options) =>
          sound.encode(
            alter(value, (data) => data.sort()),
            options,
          ),
      },
    ],
    [
      "hands out the same arrays twice",
      {
        async decode(payloads, options) {
          const known = kept.get(payloads);
          if (known !== undefined) return known;
          const value = await sound.decode(payloads, options);
          kept.set(payloads, value);
          return value;
        },
      },
    ],
    ["takes every file for its own", { sniff: () => "yes" }],
    ["trusts the extension", { sniff: (head, path) => (path?.endsWith(".sound") ? "yes" : sound.sniff!(head)) }],
    ["does not know its own files", { sniff: () => "no" }],
    ["throws when it looks at little", { sniff: (head) => (head[5] === undefined ? fail() : sound.sniff!(head)) }],
    ["throws what is not typed", { decode: async (...all) => untyped(() => sound.decode(...all)) }],
    ["ignores what follows the end", { decode: async (payloads, options) => lenient(payloads, options) }],
    ["makes up what is missing", { decode: async (...all) => sound.decode(...all).catch(() => model([])) }],
    ["ignores limits", { decode: async (payloads) => sound.decode(payloads) }],
    [
      "ignores the signal",
      { decode: async (payloads, options) => sound.decode(payloads, { limits: options?.limits ?? {} }) },
    ],
    ["pollutes prototypes", { decode: async (...all) => polluting(await sound.decode(...all)) }],
    ["tells nothing", { inspect: async () => ({ summary: "" }) }],
    ["tells what JSON can't", { inspect: async () => ({ summary: "x", details: { count: 1n } }) }],
  ];
  test.each(broken)("%s", async (_, parts) => {
    expect(await failures({ ...sound, ...parts })).not.toEqual([]);
  });
});

function alter(value: ModelState, change: (data: Uint8Array) => unknown): ModelState {
  change(dataOf(value));
  dataOf(value).reverse();
  return value;
}

function renamed(files: Awaited<ReturnType<typeof sound.encode>>, path: string) {
  return files.map((file) => ({ ...file, path }));
}

function fail(): never {
  throw new RangeError("Out of bounds");
}

async function untyped(action: () => Promise<ModelState>): Promise<ModelState> {
  try {
    return await action();
  } catch (error) {
    if (isModelkeepError(error, "malformed")) throw new SyntaxError("Unexpected token", { cause: error });
    throw error;
  }
}

async function lenient(...[payloads, options]: Parameters<typeof sound.decode>): Promise<ModelState> {
  const text = new TextDecoder().decode(await payloads.main.bytes());
  const bytes = new TextEncoder().encode(text.slice(0, text.lastIndexOf("}") + 1));
  return sound.decode(memoryPayloads([{ path: payloads.main.path, bytes }]), options);
}

function polluting(value: ModelState): ModelState {
  (Object.prototype as Record<string, unknown>)["polluted"] = true;
  return value;
}
