import {
  type Flavor,
  isModelkeepError,
  isTensor,
  type ModelState,
  type StateValue,
  stateToTree,
  Tensor,
} from "@modelkeep/core";

import { differenceOf, snapshotOf } from "./codec-difference.js";
import { describeError, expectEqual, expectError, expectTrue, within } from "./expect.js";
import { randomNumbers } from "./fuzz-mutate.js";
import { prototypeGuard } from "./fuzz-decoder.js";
import type { Case } from "./suite.js";

/** A trained model of the framework, and what it does: a thawed one must do exactly the same. */
export interface FlavorSample<M> {
  readonly name: string;
  readonly model: M;
  /** What the model gives for inputs of the author's choice, as plain data: predictions, as a rule. */
  readonly behaviour: (model: M) => unknown;
}

/** How many damaged states are tried. */
export interface FlavorSuiteOptions {
  /** Damaged states tried per sample. Default 200. */
  readonly mutations?: number;
}

interface FlavorContext<M> {
  readonly flavor: Flavor<M>;
  readonly samples: readonly FlavorSample<M>[];
  readonly mutations: number;
}

interface FlavorCase {
  readonly name: string;
  readonly run: <M>(context: FlavorContext<M>) => Promise<void>;
}

/** Every promise of `Flavor`. */
export const flavorCases: readonly FlavorCase[] = [
  {
    name: "owns its models, and nothing that is none",
    async run({ flavor, samples }) {
      expectTrue(/^[a-z0-9][a-z0-9-]*$/u.test(flavor.name), `${JSON.stringify(flavor.name)} is no lower-case word`);
      expectTrue(samples.length > 0, "the suite was given no samples");
      for (const { name, model } of samples) expectTrue(flavor.owns(model), `it does not own ${name}`);
      const others = [undefined, null, 1, "model", {}, [], new Map(), new Date(), () => 1, new Uint8Array(1)];
      for (const other of others) expectTrue(!flavor.owns(other), `it owns ${Object.prototype.toString.call(other)}`);
    },
  },
  {
    name: "freezes to plain state under its own name, the same each time, and leaves the model as it is",
    async run({ flavor, samples }) {
      for (const { name, model, behaviour } of samples) {
        const before = behaviour(model);
        const state = flavor.freeze(model);
        expectEqual(state.flavor, flavor.name, `${name}: flavor of the state`);
        expectTrue(state.type.length > 0, `${name}: the state has no type`);
        expectTrue(Number.isSafeInteger(state.version), `${name}: the version of the state is no whole number`);
        stateToTree(state.state, () => null);
        expectEqual(differenceOf(flavor.freeze(model), state), undefined, `${name}: difference when frozen again`);
        expectEqual(differenceOf(behaviour(model), before), undefined, `${name}: behaviour once frozen`);
      }
    },
  },
  {
    name: "what is thawed behaves exactly as what was frozen",
    async run({ flavor, samples }) {
      for (const { name, model, behaviour } of samples) {
        const wanted = behaviour(model);
        const thawed = await flavor.thaw(flavor.freeze(model));
        expectTrue(flavor.owns(thawed), `${name}: it does not own what it thawed`);
        expectEqual(differenceOf(behaviour(thawed), wanted), undefined, `${name}: behaviour once thawed`);
        const again = flavor.freeze(thawed);
        expectEqual(differenceOf(again, flavor.freeze(model)), undefined, `${name}: state once thawed`);
      }
    },
  },
  {
    name: "a state is not changed by thawing it, nor by use of what was thawed",
    async run({ flavor, samples }) {
      for (const { name, model, behaviour } of samples) {
        const state = flavor.freeze(model);
        const before = snapshotOf(state);
        behaviour(await flavor.thaw(state));
        expectEqual(differenceOf(snapshotOf(state), before), undefined, `${name}: change of the state`);
      }
    },
  },
  {
    name: "a type, a version or a flavor that it does not know is refused by name",
    async run({ flavor, samples }) {
      const state = flavor.freeze(samples[0]!.model);
      const unknown = "no-such-type-constructor";
      const refuse = async (changed: ModelState, codes: readonly string[], what: string) =>
        expectError(async () => flavor.thaw(changed), codes, what);
      const error = await refuse({ ...state, type: unknown }, ["unsupported"], "an unknown type");
      expectTrue(describeError(error).includes(unknown), `the message does not name the type: ${describeError(error)}`);
      for (const type of ["constructor", "__proto__", "toString", ""])
        await refuse({ ...state, type }, ["unsupported"], `the type ${JSON.stringify(type)}`);
      const codes = ["unsupported", "unknown_format_version", "malformed", "invalid_input"];
      await refuse({ ...state, version: 1_000_000 }, codes, "a version of later times");
      await refuse({ ...state, flavor: "another" }, codes, "a state of another flavor");
    },
  },
  {
    name: "a damaged state gives a model or a typed error",
    async run({ flavor, samples, mutations }) {
      const random = randomNumbers(1);
      for (const { name, model } of samples) {
        const state = flavor.freeze(model);
        for (let run = 0; run < mutations; run++) {
          const damaged = { ...state, state: damage(state.state, random) };
          try {
            await within(2000, flavor.thaw(damaged), `${name}, damaged`);
          } catch (error) {
            expectTrue(
              isModelkeepError(error),
              `${name}, run ${run}: expected a ModelkeepError, got ${describeError(error)}`,
            );
          }
        }
      }
    },
  },
  {
    name: "describes its models in plain values",
    async run({ flavor, samples }) {
      for (const { name, model } of samples) {
        const description = flavor.describe?.(model);
        if (description === undefined) return;
        const plain: unknown = JSON.parse(JSON.stringify(description));
        expectEqual(
          differenceOf(snapshotOf(description), plain),
          undefined,
          `${name}: what JSON loses of the description`,
        );
      }
    },
  },
];

/** The suite for a flavor's own tests. */
export function flavorSuite<M>(
  flavor: Flavor<M>,
  samples: readonly FlavorSample<M>[],
  { mutations = 200 }: FlavorSuiteOptions = {},
): readonly Case[] {
  return flavorCases.map(({ name, run }) => ({
    name,
    async run() {
      const intact = prototypeGuard();
      try {
        await run({ flavor, samples, mutations });
      } finally {
        intact(() => name);
      }
    },
  }));
}

const strangers: readonly StateValue[] = [
  null,
  true,
  -1,
  0.5,
  1e9,
  Number.NaN,
  "",
  "constructor",
  [],
  {},
  new Tensor("float64", [1], Float64Array.of(-1)),
];

/** The state with one value in it left out or replaced by something else: every value is about as likely. */
function damage(value: StateValue, random: () => number): StateValue {
  const stranger = strangers[Math.floor(random() * strangers.length)] as StateValue;
  if (typeof value !== "object" || value === null || random() < 0.15) return stranger;
  if (isTensor(value)) return damagedTensor(value, random) ?? stranger;
  if (Array.isArray(value)) {
    const list = value as readonly StateValue[];
    const at = Math.floor(random() * list.length);
    if (random() < 0.3) return list.filter((_, index) => index !== at);
    return list.map((item, index) => (index === at ? damage(item, random) : item));
  }
  const keys = Object.keys(value);
  const chosen = keys[Math.floor(random() * keys.length)];
  const leaveOut = random() < 0.3;
  const entries = Object.entries(value as Record<string, StateValue>).filter(([key]) => !(leaveOut && key === chosen));
  return Object.fromEntries(entries.map(([key, item]) => [key, key === chosen ? damage(item, random) : item]));
}

/** Numbers out of range where a tree looks for indices; or one element less. */
function damagedTensor(tensor: Tensor, random: () => number): Tensor | undefined {
  if (!ArrayBuffer.isView(tensor.data) || tensor.size === 0) return undefined;
  if (
    random() < 0.3 &&
    tensor.shape.length === 1 &&
    tensor.data.byteLength === tensor.size * tensor.data.BYTES_PER_ELEMENT
  )
    return new Tensor(tensor.dtype, [tensor.size - 1], tensor.data.slice(0, -1));
  const copy = structuredClone(tensor.data) as Uint8Array;
  const bytes = new Uint8Array(copy.buffer, copy.byteOffset, copy.byteLength);
  const width = tensor.data.BYTES_PER_ELEMENT;
  const start = Math.floor(random() * (bytes.length / width)) * width;
  bytes.fill(random() < 0.5 ? 0xff : 0x7f, start, start + width);
  return new Tensor(tensor.dtype, tensor.shape, copy);
}
