import { generateKey, parsePrivateKey, parsePublicKey } from "@modelkeep/attest";
import { collect, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { beforeAll, describe, expect, test } from "vitest";

import { type Entry, type EntryBody, readEntry, writeEntry } from "../../src/entry.js";
import type { Registry } from "../../src/index.js";
import { logKey } from "../../src/keys.js";
import { count } from "../support/counts.js";
import { openLines } from "../support/registry.js";
import { Line } from "../support/toy.js";

/** Entries of the history that is tampered with. */
const length = 256;
/** Every place of it in `npm run reliability`, else some. */
const thorough = process.env["MODELKEEP_RELIABILITY"] !== undefined;
const places = Array.from({ length }, (_, index) => index + 1).filter(
  (place) => thorough || place % 51 === 1 || place > length - 2,
);

const pair = generateKey("ed25519");
const origin = "example.org/registry";
const verifiers = [{ name: origin, key: parsePublicKey(pair.publicKeyPem) }];

let store: Store & { restore(): Promise<void> };
let registry: Registry;
let note: string;
let entries: Entry[];

beforeAll(async () => {
  store = Object.assign(memoryStore(), { restore: async () => write(entries) });
  registry = await openLines(store);
  await registry.save("lines", { model: new Line(1) });
  await registry.save("lines", { model: new Line(2) });
  for (let number = 3; number <= length; number++)
    await registry.alias("lines", "production", (number % 2) + 1, { reason: `move ${number}` });
  await registry.save("others", { model: new Line(3) });
  note = await registry.audit.checkpoint(parsePrivateKey(pair.privateKeyPem), { origin });
  entries = [];
  for (let number = 1; number <= length; number++) {
    const key = logKey("lines", number);
    entries.push(readEntry(await collect((await store.get(key))!.stream()), key));
  }
});

/** Puts these entries in the place of the whole history, as somebody can who may write to the store. */
async function write(
  all: readonly { readonly body: EntryBody; readonly placement: Entry["placement"] }[],
): Promise<void> {
  for (const [index, { body, placement }] of all.entries())
    await store.put(logKey("lines", index + 1), writeEntry(body, placement).bytes);
  for (let number = all.length + 1; (await store.head(logKey("lines", number))) !== undefined; number++)
    await store.delete(logKey("lines", number));
}

/** Numbers and digests of the entries before are put right, so that the chain holds again. */
function rechained(all: readonly Entry[]): Entry[] {
  const result: Entry[] = [];
  for (const { body, placement } of all) {
    const before = result.at(-1);
    const time = before !== undefined && before.body.time > body.time ? before.body.time : body.time;
    const put = { ...body, number: result.length + 1, previous: before?.digest ?? null, time };
    result.push(writeEntry(put, placement).entry);
  }
  return result;
}

const edited = (entry: Entry): Entry => ({ ...entry, body: { ...entry.body, actor: { name: "eve" } } });

/** What becomes of the history when it is attacked at one place. */
const attacks: Readonly<Record<string, (all: readonly Entry[], at: number) => Entry[]>> = {
  edit: (all, at) => all.with(at, edited(all[at]!)),
  delete: (all, at) => all.toSpliced(at, 1),
  insert: (all, at) => all.toSpliced(at, 0, { ...edited(all[at]!), digest: all[at]!.digest }),
  swap: (all, at) =>
    at + 1 < all.length ? all.with(at, all[at + 1]!).with(at + 1, all[at]!) : all.with(at, edited(all[at]!)),
  truncate: (all, at) => all.slice(0, at),
  fork: (all, at) => [...all.slice(0, at), ...all.slice(at).map(edited), edited(all.at(-1)!)],
};

describe.each(Object.keys(attacks))("%s", (name) => {
  test.each(["as it is", "with the chain computed again"])(
    `is found at every place of a history, %s`,
    async (how) => {
      for (const place of places) {
        const changed = attacks[name]!(entries, place - 1);
        await write(how === "as it is" ? changed : rechained(changed));
        const report = await registry.audit.verify(note, { verifiers });
        expect([place, report.ok, report.problems.map(({ model }) => model)]).toEqual([place, false, ["lines"]]);
      }
      count("histories tampered with", places.length);
      await store.restore();
    },
    600_000,
  );
});

describe("a whole registry", () => {
  test("that was only extended is in order", async () => {
    await store.restore();
    await registry.save("new", { model: new Line(9) });
    await (await openLines(store)).alias("lines", "staging", 1);
    const report = await registry.audit.verify(note, { verifiers });
    expect(report).toMatchObject({ ok: true, models: 2, newEntries: 1, newModels: ["new"], signedBy: [origin] });
    await store.delete(logKey("lines", length + 1));
  });

  test("that lost a model is not", async () => {
    const key = logKey("others", 1);
    const bytes = await collect((await store.get(key))!.stream());
    await store.delete(key);
    expect((await registry.audit.verify(note, { verifiers })).problems).toMatchObject([
      { model: "others", code: "missing" },
    ]);
    await store.put(key, bytes);
    expect((await registry.audit.verify(note, { verifiers })).ok).toBe(true);
  });

  test("whose models changed places is not", async () => {
    const [lines, others] = await Promise.all(
      ["lines", "others"].map(async (model) => collect((await store.get(logKey(model, 1)))!.stream())),
    );
    await store.put(logKey("others", 1), lines!);
    expect((await registry.audit.verify(note, { verifiers })).problems).toMatchObject([
      { model: "others", code: "damaged" },
    ]);
    await store.put(logKey("others", 1), others!);
  });

  test("a checkpoint that somebody else made, or changed, is refused", async () => {
    const other = parsePrivateKey(generateKey("ed25519").privateKeyPem);
    const forged = await registry.audit.checkpoint(other, { origin });
    await expect(registry.audit.verify(forged, { verifiers })).rejects.toMatchObject({ code: "note_untrusted" });
    const changed = note.replace(`${length} `, `${length - 1} `);
    await expect(registry.audit.verify(changed, { verifiers })).rejects.toMatchObject({ code: "note_untrusted" });
  });

  test("a history that is damaged is not signed", async () => {
    await write(entries.with(3, edited(entries[3]!)));
    await expect(registry.audit.checkpoint(pair.privateKeyPem)).rejects.toMatchObject({ code: "damaged_log" });
    await store.restore();
  });
});
