import {
  type Codec,
  collect,
  isModelkeepError,
  isModelState,
  joinBytes,
  memoryPayloads,
  ModelkeepError,
  type ModelState,
  Tensor,
} from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { codecCases, codecSuite } from "./codec-suite.js";

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
    const text = new TextDecoder().decode(await payloads.main.bytes({ signal }));
    if (!text.startsWith("sound:")) throw new ModelkeepError("malformed", "No sound");
    return fromJson(text.slice(6));
  },
  async inspect(payloads, { signal } = {}) {
    await payloads.main.range(0, 1, { signal });
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
  const broken: readonly [what: string, noticedBy: string, parts: Partial<Codec<ModelState>>][] = [
    ["has no proper name", "the codec says what it is called", { name: "Broken Codec" }],
    [
      "accepts anything",
      "accepts its models, and nothing that is none",
      { accepts: (value: unknown): value is ModelState => value !== undefined },
    ],
    [
      "accepts nothing",
      "accepts its models, and nothing that is none",
      { accepts: (value: unknown): value is ModelState => value === failures },
    ],
    [
      "loses a field",
      "every sample comes back as it was",
      { decode: async (...all) => ({ ...(await sound.decode(...all)), version: 2 }) },
    ],
    [
      "loses a bit",
      "every sample comes back as it was",
      { decode: async (...all) => alter(await sound.decode(...all), (data) => (data[0] = (data[0] ?? 0) ^ 1)) },
    ],
    [
      "writes the time",
      "the same model gives the same bytes, also once it has been read back",
      changed((bytes) => new TextEncoder().encode(`${new TextDecoder().decode(bytes)}${" ".repeat(++calls % 7)}`)),
    ],
    [
      "leaves the envelope",
      "payloads have proper paths, true sizes, and open as often as needed",
      { encode: async (value) => renamed(await sound.encode(value), "../model.sound") },
    ],
    [
      "forgets the stem",
      "payloads have proper paths, true sizes, and open as often as needed",
      { encode: async (value) => renamed(await sound.encode(value), "model.sound") },
    ],
    [
      "lies about sizes",
      "payloads have proper paths, true sizes, and open as often as needed",
      { encode: async (...all) => (await sound.encode(...all)).map((file) => ({ ...file, size: 1 })) },
    ],
    [
      "can be read only once",
      "payloads have proper paths, true sizes, and open as often as needed",
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
      "the model is not changed by encoding it",
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
      "what is read belongs to its reader: two decodes share nothing, and the file stays as it is",
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
    ["takes every file for its own", "recognises its own files by content, and no others", { sniff: () => "yes" }],
    [
      "trusts the extension",
      "recognises its own files by content, and no others",
      { sniff: (head, path) => (path?.endsWith(".sound") ? "yes" : sound.sniff!(head)) },
    ],
    ["does not know its own files", "recognises its own files by content, and no others", { sniff: () => "no" }],
    [
      "throws when it looks at little",
      "recognises its own files by content, and no others",
      { sniff: (head) => (head[5] === undefined ? fail() : sound.sniff!(head)) },
    ],
    [
      "throws what is not typed",
      "mutated files give a model or a typed error, quickly",
      { decode: async (...all) => untyped(() => sound.decode(...all)) },
    ],
    [
      "ignores what follows the end",
      "a file that goes on after its end is refused",
      { decode: async (payloads, options) => lenient(payloads, options) },
    ],
    [
      "makes up what is missing",
      "a file that is cut anywhere is refused with a typed error",
      { decode: async (...all) => sound.decode(...all).catch(() => model([])) },
    ],
    [
      "takes an empty file for an empty model",
      "an empty file, noise and zeros are refused",
      { decode: async (payloads, options) => (payloads.main.size === 0 ? model([]) : sound.decode(payloads, options)) },
    ],
    ["makes up a file that is missing", "a model of several files is refused without one of them", inTwoFiles],
    [
      "breaks prototypes",
      "every sample comes back as it was",
      { decode: async (...all) => breaking(await sound.decode(...all)) },
    ],
    ["ignores limits", "the limit on bytes holds", { decode: async (payloads) => sound.decode(payloads) }],
    [
      "ignores the signal",
      "a signal that has fired ends decode and inspect",
      { decode: async (payloads, options) => sound.decode(payloads, { limits: options?.limits ?? {} }) },
    ],
    [
      "pollutes prototypes",
      "every sample comes back as it was",
      { decode: async (...all) => polluting(await sound.decode(...all)) },
    ],
    ["tells nothing", "inspect tells what is in it, in plain values", { inspect: async () => ({ summary: "" }) }],
    [
      "tells what JSON can't",
      "inspect tells what is in it, in plain values",
      { inspect: async () => ({ summary: "x", details: { count: 1n } }) },
    ],
  ];
  test.each(broken)("%s", async (_, noticedBy, parts) => {
    expect(await failures({ ...sound, ...parts })).toContain(noticedBy);
  });

  test("and every case of the suite finds one", () => {
    const proved = new Set(broken.map(([, noticedBy]) => noticedBy));
    expect(codecCases.map(({ name }) => name).filter((name) => !proved.has(name))).toEqual([]);
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

/** The head and the rest apart, and only the head is missed. */
const inTwoFiles: Partial<Codec<ModelState>> = {
  async encode(value, options) {
    const [first] = await sound.encode(value, options);
    const bytes = await collect(first!.open());
    return [source(first!.path, bytes.subarray(0, 6)), source(`${first!.path}.rest`, bytes.subarray(6))];
  },
  async decode(payloads, options) {
    const rest = payloads.get(`${payloads.main.path}.rest`);
    if (rest === undefined) return model([]);
    const parts = [await payloads.main.bytes(options), await rest.bytes(options)];
    return sound.decode(memoryPayloads([{ path: payloads.main.path, bytes: joinBytes(parts) }]), options);
  },
};

function breaking(value: ModelState): ModelState {
  Object.assign(Object.prototype, { propertyIsEnumerable: () => true });
  return value;
}

function polluting(value: ModelState): ModelState {
  (Object.prototype as Record<string, unknown>)["polluted"] = true;
  return value;
}
