import { generateKey, parsePrivateKey } from "@modelkeep/attest";
import { collect, isModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { beforeEach, describe, expect, test } from "vitest";

import { copyRegistry, type Registry } from "../src/index.js";
import { readEntries } from "../src/log.js";
import { writeEntry } from "../src/entry.js";
import { logKey } from "../src/keys.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

const ada = generateKey("ecdsa-p256");
const eve = generateKey("ed25519");
const byAda = { keys: [ada.publicKeyPem] };

let store: Store;
let registry: Registry;

beforeEach(async () => {
  store = memoryStore();
  registry = await openLines(store);
  await registry.save("lines", { model: new Line(2) });
});

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

async function keysOf(part: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("models/")) if (key.includes(part)) keys.push(key);
  return keys;
}

describe("attest and verify", () => {
  test("a version says who vouches for it, and loads only for who trusts them", async () => {
    expect(await codeOf(registry.load("lines@1", { attestedBy: byAda }))).toBe("attestation_missing");
    const view = await registry.attest("lines@1", ada.privateKeyPem);
    expect(view).toMatchObject({ algorithm: "ecdsa-p256", name: "lines", actor: { name: "ada" } });
    expect((await registry.resolve("lines@1")).attestations).toEqual([view]);

    expect(await registry.verifyAttestations("lines@1", byAda)).toMatchObject([{ ok: true, keyId: view.keyId }]);
    const byEve = { keys: [eve.publicKeyPem] };
    expect(await registry.verifyAttestations("lines@1", byEve)).toMatchObject([
      { ok: false, code: "attestation_untrusted" },
    ]);
    await using model = await registry.load("lines@1", { attestedBy: byAda });
    expect(model.reference).toBe("lines@1");
    expect(await codeOf(registry.load("lines@1", { attestedBy: byEve }))).toBe("attestation_missing");
    expect(await codeOf(registry.open("lines@1", { attestedBy: byEve }))).toBe("attestation_missing");
  });

  test("the same key again adds nothing, another one adds its word", async () => {
    await registry.attest("lines@1", ada.privateKeyPem);
    const { entries } = await registry.show("lines");
    await registry.attest("lines@1", parsePrivateKey(ada.privateKeyPem));
    expect((await registry.show("lines")).entries).toBe(entries);
    await registry.attest("lines@1", eve.privateKeyPem);
    expect((await registry.resolve("lines@1")).attestations.map((each) => each.algorithm)).toEqual([
      "ecdsa-p256",
      "ed25519",
    ]);
    expect((await openLines(store)).readOnly).toBeUndefined();
  });

  test("a registry that was opened so takes nothing else", async () => {
    const strict = await openLines(store, { attestedBy: byAda });
    expect(await codeOf(strict.load("lines"))).toBe("attestation_missing");
    await registry.attest("lines@1", ada.privateKeyPem);
    expect(await codeOf(strict.load("lines"))).toBe("ok");
    await registry.save("lines", { model: new Line(3) });
    expect(await codeOf(strict.load("lines@2"))).toBe("attestation_missing");
  });

  test("a damaged payload is not attested", async () => {
    const blobs: string[] = [];
    for await (const { key } of store.list("blobs/")) blobs.push(key);
    await store.put(blobs[0]!, new TextEncoder().encode("other bytes"));
    expect(await codeOf(registry.attest("lines@1", ada.privateKeyPem))).toMatch(/_mismatch$/u);
    expect(await keysOf("/attestations/")).toEqual([]);
  });

  test("a rename keeps what was attested under the old name", async () => {
    await registry.attest("lines@1", ada.privateKeyPem);
    await registry.rename("lines", "curves");
    expect(await registry.verifyAttestations("curves@1", byAda)).toMatchObject([{ ok: true, name: "lines" }]);
    await registry.attest("curves@1", eve.privateKeyPem);
    expect((await registry.resolve("curves@1")).attestations.map(({ name }) => name)).toEqual(["lines", "curves"]);
  });
});

describe("the fold", () => {
  /** Writes an entry as somebody would who does not ask the rules. */
  async function force(change: (statement: Record<string, unknown>) => Record<string, unknown>): Promise<string> {
    const entries = await readEntries({ store }, "lines");
    const last = entries.at(-1)!;
    const attested = entries.find((entry) => entry.body.kind === "attested")!;
    const { bytes } = writeEntry(
      {
        ...attested.body,
        number: last.body.number + 1,
        previous: last.digest,
        time: last.body.time,
        change: change(structuredClone(attested.body.change) as Record<string, unknown>) as never,
      },
      attested.placement,
    );
    await store.put(logKey("lines", last.body.number + 1), bytes, { if: "absent" });
    const { voids } = await (await openLines(store)).show("lines");
    return voids.at(-1)?.reason ?? "it counts";
  }

  beforeEach(async () => {
    await registry.attest("lines@1", ada.privateKeyPem);
    await registry.save("lines", { model: new Line(3) });
  });

  test("an attestation of another manifest has no effect", async () => {
    expect(await force((change) => ({ ...change, version: 2 }))).toContain("is of the manifest");
    expect((await (await openLines(store)).resolve("lines@2")).attestations).toEqual([]);
  });

  test("nor has one of another name", async () => {
    const other = await openLines(memoryStore());
    const { digest } = await other.importEnvelope(await registry.open("lines@1"), { name: "other" });
    expect(digest).toBe((await registry.resolve("lines@1")).digest);
    await other.attest("other@1", eve.privateKeyPem);
    const [statement] = (await readEntries({ store: other.store }, "other"))
      .filter(({ body }) => body.kind === "attested")
      .map(({ body }) => body.change["statement"]);
    expect(await force((change) => ({ ...change, statement }))).toContain('of the model "other"');
  });

  test("nor has one that was changed, or comes twice", async () => {
    expect(
      await force((change) => {
        const statement = change["statement"] as { payload: string };
        const payload = Buffer.from(statement.payload, "base64").toString().replace('"lines"', '"lanes"');
        return { ...change, statement: { ...statement, payload: Buffer.from(payload).toString("base64") } };
      }),
    ).toContain("was not made by the key");
    expect(await force((change) => ({ ...change, statement: { payload: 3 } }))).toContain("payload type");
    expect(await force((change) => ({ ...change, bundle: "sha256:x" }))).toContain("no digest");
    expect(await force((change) => change)).toContain("already");
  });
});

describe("what the store keeps", () => {
  beforeEach(async () => {
    await registry.attest("lines@1", ada.privateKeyPem);
  });

  test("garbage collection leaves it, and takes what nobody refers to", async () => {
    const [key] = await keysOf("/attestations/");
    await store.put("models/lines/attestations/stray.json", new Uint8Array(3));
    const { keys } = await registry.collectGarbage({ graceSeconds: -1 });
    expect(keys).toEqual(["models/lines/attestations/stray.json"]);
    expect(await keysOf("/attestations/")).toEqual([key]);
  });

  test("a check finds it changed or gone", async () => {
    expect((await registry.check()).problems).toEqual([]);
    const [key] = await keysOf("/attestations/");
    const bytes = await collect((await store.get(key!))!.stream());
    await store.put(
      key!,
      bytes.map((byte, index) => (index === 200 ? byte ^ 1 : byte)),
    );
    expect((await registry.check()).problems).toMatchObject([{ code: "digest_mismatch" }]);
    expect(await registry.verifyAttestations("lines@1", byAda)).toMatchObject([{ ok: false, code: "digest_mismatch" }]);
    await store.delete(key!);
    expect((await registry.check()).problems).toMatchObject([{ code: "not_found" }]);
    expect(await codeOf(registry.load("lines@1", { attestedBy: byAda }))).toBe("attestation_missing");
  });

  test("it goes along into copies", async () => {
    const to = memoryStore();
    await copyRegistry(store, to);
    const copy = await openLines(to);
    expect(await copy.verifyAttestations("lines@1", byAda)).toMatchObject([{ ok: true }]);
    expect((await copy.check()).ok).toBe(true);
  });

  test("and with a version into another registry, where its number may be another one", async () => {
    const other = await openLines(memoryStore(), { actor: "bob" });
    await other.save("lines", { model: new Line(7) });
    const saved = await registry.copy("lines@1", other);
    expect(saved).toMatchObject({ version: 2 });
    expect(saved.leftAttestations).toBeUndefined();
    expect(await other.verifyAttestations("lines@2", byAda)).toMatchObject([{ ok: true, actor: { name: "bob" } }]);
    expect(await registry.copy("lines@1", other)).toMatchObject({ existing: true });
    expect((await other.resolve("lines@2")).attestations).toHaveLength(1);
  });

  test("but not under another name", async () => {
    const other = await openLines(memoryStore());
    const saved = await registry.copy("lines@1", other, { name: "fraud" });
    expect(saved.leftAttestations).toMatchObject([{ code: "attestation_mismatch" }]);
    expect((await other.resolve("fraud@1")).attestations).toEqual([]);
  });
});
