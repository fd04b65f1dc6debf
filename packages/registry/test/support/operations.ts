import { generateKey } from "@modelkeep/attest";
import { memorySource, ModelkeepError } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";

import type { Registry } from "../../src/index.js";
import { type Objects, objectsOf } from "./backends.js";
import { openLines } from "./registry.js";
import { Line, lineInputs } from "./toy.js";

/** A call of a registry that is prepared as below. */
export interface Operation {
  readonly name: string;
  /** Resolves, for what only reads, to what it found. */
  readonly run: (registry: Registry) => Promise<unknown>;
  /** Whether it has taken effect, wholly; absent for what only reads. */
  readonly done?: (registry: Registry) => Promise<boolean>;
  /** It may fail and have happened: it had before, or happens in many steps. */
  readonly often?: true;
  /** It goes by listings, and does less where they lag behind. */
  readonly lists?: true;
}

const key = generateKey("ed25519");
const samples = { inputs: lineInputs(0, 1, 2) };
const bytes = Uint8Array.from({ length: 3000 }, (_, index) => (index * 7) % 251);
export const garbage = `blobs/sha256/${"a".repeat(64)}/01ARZ3NDEKTSV4RRFFQ69G5FAV`;

/**
 * Two versions of `lines`, of which the first is in production after the second was, and what nothing below touches:
 * `shared`, whose alias, label and tags must always be there.
 */
export async function prepared(): Promise<Objects> {
  const store = memoryStore();
  const registry = await openLines(store);
  await registry.save("lines", { model: new Line(2), samples });
  await registry.save("lines", { model: new Line(3), samples });
  await registry.alias("lines", "production", 2);
  await registry.promote("lines", 1);
  await registry.alias("lines", "spare", 2);
  await registry.deprecate("lines", 2, { reason: "old" });
  await registry.save("shared", { files: [memorySource("a.bin", bytes)], labels: ["first"], aliases: ["stays"] });
  await registry.tag("shared", 1, { team: "risk" });
  await store.put(garbage, new Uint8Array(5));
  return objectsOf(store);
}

async function another(): Promise<Registry> {
  const registry = await openLines();
  await registry.save("foreign", { model: new Line(9), samples, description: "from elsewhere" });
  return registry;
}

const statusOf = async (registry: Registry, version: number): Promise<string | undefined> =>
  (await registry.show("lines")).versions.find((each) => each.version === version)?.status;
const aliasOf = async (registry: Registry, name: string, alias: string): Promise<number | undefined> =>
  (await registry.show(name)).aliases[alias];
const countOf = async (registry: Registry, name: string): Promise<number> =>
  (await registry.show(name)).versions.length;
const isThere = async (registry: Registry, reference: string): Promise<boolean> => {
  const found = await registry.resolve(reference).catch(() => undefined);
  return found !== undefined;
};

const changes: readonly Operation[] = [
  {
    name: "save of a new model, with an alias and a label",
    run: (registry) => registry.save("new", { model: new Line(7), samples, aliases: ["candidate"], labels: ["v1"] }),
    done: (registry) => isThere(registry, "new@candidate"),
  },
  {
    name: "save that shares bytes with another version",
    run: (registry) =>
      registry.save("lines", { files: [memorySource("a.bin", bytes), memorySource("b.bin", bytes.subarray(1))] }),
    done: async (registry) => (await countOf(registry, "lines")) === 3,
  },
  {
    name: "save of the same content",
    run: (registry) => registry.save("lines", { model: new Line(2), samples }),
    done: async (registry) => (await countOf(registry, "lines")) === 2,
    often: true,
  },
  {
    name: "import of an envelope",
    run: async (registry) => registry.importEnvelope(await (await another()).open("foreign@1"), { labels: ["i1"] }),
    done: (registry) => isThere(registry, "foreign@i1"),
  },
  {
    name: "copy of a version from another registry",
    run: async (registry) => (await another()).copy("foreign@1", registry, { name: "copied" }),
    done: (registry) => isThere(registry, "copied@1"),
  },
  {
    name: "alias",
    run: (registry) => registry.alias("lines", "candidate", 2),
    done: async (registry) => (await aliasOf(registry, "lines", "candidate")) === 2,
  },
  {
    name: "alias that is taken away",
    run: (registry) => registry.alias("lines", "spare", null).catch(unless("conflict")),
    done: async (registry) => (await aliasOf(registry, "lines", "spare")) === undefined,
  },
  {
    name: "promote, with a verification",
    run: (registry) => registry.promote("lines", 2, { alias: "champion" }),
    done: async (registry) => (await aliasOf(registry, "lines", "champion")) === 2,
  },
  {
    name: "rollback",
    run: async (registry) => {
      if ((await aliasOf(registry, "lines", "production")) === 1) await registry.rollback("lines");
    },
    done: async (registry) => (await aliasOf(registry, "lines", "production")) === 2,
  },
  {
    name: "label",
    run: (registry) => registry.label("lines", 2, ["v2"]),
    done: (registry) => isThere(registry, "lines@v2"),
  },
  {
    name: "tag",
    run: (registry) => registry.tag("lines", 1, { stage: "eu" }),
    done: async (registry) => (await registry.resolve("lines@1")).tags["stage"] === "eu",
  },
  {
    name: "describe",
    run: (registry) => registry.describe("lines", 1, "the first"),
    done: async (registry) => (await registry.resolve("lines@1")).description === "the first",
  },
  {
    name: "deprecate",
    run: (registry) => registry.deprecate("lines", 1, { reason: "drift" }),
    done: async (registry) => (await statusOf(registry, 1)) === "deprecated",
  },
  {
    name: "activate",
    run: (registry) => registry.activate("lines", 2),
    done: async (registry) => (await statusOf(registry, 2)) === "active",
  },
  {
    name: "archive",
    run: async (registry) => {
      await registry.alias("lines", "spare", 1);
      await registry.archive("lines", 2);
    },
    done: async (registry) => (await statusOf(registry, 2)) === "archived",
  },
  {
    name: "rename",
    run: (registry) => registry.rename("lines", "renamed"),
    done: async (registry) => (await registry.show("lines")).name === "renamed",
  },
  {
    name: "verify",
    run: (registry) => registry.verify("lines@2"),
    done: async (registry) => (await registry.resolve("lines@2")).verifications.length > 0,
  },
  {
    name: "retention that is set",
    run: (registry) => registry.retention.set("lines", { keep: { years: 3, last: 1 }, delete: "rest" }),
    done: async (registry) => (await registry.show("lines")).retention !== undefined,
    often: true,
  },
  {
    name: "hold",
    run: (registry) => registry.retention.hold("lines@1", "case", { reason: "audit" }).catch(unless("conflict")),
    done: async (registry) => (await registry.resolve("lines@1")).holds.length === 1,
  },
  {
    name: "deletion of a version",
    run: async (registry) => {
      await registry.alias("lines", "spare", 1);
      await registry.retention.delete("lines@2", { reason: "old" }).catch(unless("deleted"));
    },
    done: async (registry) => (await statusOf(registry, 2)) === "deleted",
  },
  {
    name: "retention that is applied",
    run: async (registry) => {
      await registry.alias("lines", "spare", 1);
      await registry.retention.set("lines", { delete: "rest" });
      const { failed } = await registry.retention.apply({ names: ["lines"] });
      if (failed[0] !== undefined) throw new ModelkeepError(failed[0].code, failed[0].message);
    },
    lists: true,
    done: async (registry) => (await statusOf(registry, 2)) === "deleted",
    often: true,
  },
  {
    name: "policy",
    run: (registry) => registry.gates.setPolicy("lines", "candidate", { approvals: 1 }),
    done: async (registry) => (await registry.gates.policy("lines", "candidate")) !== undefined,
  },
  {
    name: "approval",
    // By somebody else than who saved it.
    run: async ({ store }) => (await openLines(store, { actor: "bob" })).gates.approve("lines@2"),
    done: async (registry) => (await registry.resolve("lines@2")).reviews.length > 0,
  },
  {
    name: "route",
    run: (registry) =>
      registry.route("lines", "production", [
        { version: 1, weight: 90 },
        { version: 2, weight: 10 },
      ]),
    done: async (registry) => (await registry.show("lines")).routes["production"] !== undefined,
  },
  {
    name: "attestation",
    run: (registry) => registry.attest("lines@2", key.privateKeyPem),
    done: async (registry) => (await registry.resolve("lines@2")).attestations.length > 0,
  },
  {
    name: "garbage collection",
    run: (registry) => registry.collectGarbage({ graceSeconds: 0 }),
    done: async (registry) => (await registry.store.head(garbage)) === undefined,
    lists: true,
    often: true,
  },
];

const reads: readonly Operation[] = [
  { name: "list", run: async (registry) => (await registry.list()).items },
  { name: "search", run: async (registry) => (await registry.search("status = 'deprecated'")).items },
  { name: "show", run: (registry) => registry.show("lines") },
  { name: "resolve", run: (registry) => registry.resolve("lines@production") },
  { name: "history", run: (registry) => registry.history("lines") },
  { name: "alias at a time", run: (registry) => registry.aliasAsOf("lines", "production", new Date()) },
  { name: "compare", run: (registry) => registry.compare("lines@1", "lines@2") },
  {
    name: "load and predict",
    run: async (registry) => {
      await using loaded = await registry.load("lines@production");
      return (await loaded.predict(lineInputs(1, 2))).rows;
    },
  },
  {
    name: "open and read",
    run: async (registry) => {
      const envelope = await registry.open("shared@1");
      return [...(await envelope.payload("a.bin")!.bytes())];
    },
  },
];

export const operations: readonly Operation[] = [...changes, ...reads];

function unless(code: string): (error: unknown) => void {
  return (error) => {
    if ((error as { code?: unknown }).code !== code) throw error;
  };
}
