import { generateKey, parsePrivateKey, type PrivateKey } from "@modelkeep/attest";
import { memoryStore } from "@modelkeep/store-memory";
import { beforeEach, describe, expect, it } from "vitest";

import { copyRegistry, type NewSigner } from "../src/index.js";
import { readEntry } from "../src/entry.js";
import { foldAll } from "../src/fold.js";
import { logKey } from "../src/keys.js";
import { readEntries } from "../src/log.js";
import { signedBytes } from "../src/signed-entries.js";
import { writeDirectly } from "./support/hostile.js";
import { openLines } from "./support/registry.js";
import { ada, bob, eve, faultsOf, mallory, Team } from "./support/team.js";
import { Line, lineInputs } from "./support/toy.js";

const keys = new Map(
  [ada, bob, eve, mallory].map(({ name }) => [name, parsePrivateKey(generateKey("ed25519").privateKeyPem)]),
);
const keyOf = ({ name }: typeof ada): PrivateKey => keys.get(name)!;
const signer = (actor: typeof ada, admin = false): NewSigner => {
  const { name, email } = actor;
  return { name, email, key: keyOf(actor).publicKeyPem, admin };
};

let team: Team;
const signing = (actor: typeof ada) => team.as(actor, { signEntries: keyOf(actor) });

beforeEach(async () => {
  team = new Team();
  await team.save({ samples: { inputs: lineInputs(1) } });
  await (await signing(ada)).signers.change("m", { add: [signer(ada, true), signer(bob)] });
});

describe("a model with signers", () => {
  it("takes entries that the key of their actor has signed, and no others", async () => {
    await (await signing(bob)).tag("m", 1, { seen: "yes" });
    await expect((await team.as(bob)).tag("m", 1, { seen: "no" })).rejects.toMatchObject({ code: "refused" });
    await expect((await signing(mallory)).tag("m", 1, { seen: "no" })).rejects.toMatchObject({ code: "refused" });
    // A rename that is refused takes no name.
    await expect((await team.as(bob)).rename("m", "N")).rejects.toMatchObject({ code: "refused" });
    await (await team.as(bob)).save("n", { model: new Line(1) });
    const attempts = [
      writeDirectly(team.store, "m", bob, { kind: "tag", change: { version: 1, set: { seen: "no" } } }),
    ];
    await Promise.all(attempts);
    const set = { kind: "tag", change: { version: 1, set: { seen: "no" } } };
    await writeDirectly(team.store, "m", bob, { ...set, key: keyOf(mallory) });
    await writeDirectly(team.store, "m", ada, { ...set, key: keyOf(bob) });
    await writeDirectly(team.store, "m", { name: "Bob" }, { ...set, key: keyOf(bob) });
    // Who may not write does not make the model read-only either.
    await writeDirectly(team.store, "m", bob, { kind: "from_the_future", change: {} });
    const registry = await signing(ada);
    const model = await registry.show("m");
    expect(model.versions[0]!.tags).toEqual({ seen: "yes" });
    expect(model.readOnly).toBeUndefined();
    expect(model.voids.map(({ reason }) => reason)).toEqual([
      "is not signed, and only signed entries count here",
      expect.stringContaining("none of those"),
      "is said to be by Ada <ada@example.org>, but signed by the key of Bob <bob@example.org>",
      "is said to be by Bob, but signed by the key of Bob <bob@example.org>",
      "is not signed, and only signed entries count here",
    ]);
    await registry.tag("m", 1, { still: "here" });
    expect((await registry.history("m")).filter((entry) => entry.void === undefined).at(-1)).toMatchObject({
      actor: ada,
      keyId: keyOf(ada).keyId,
    });
  });

  it("knows its people by their keys, whatever they call themselves", async () => {
    const registry = await team.as("somebody", { signEntries: keyOf(bob) });
    await registry.gates.approve("m@1");
    expect((await registry.resolve("m@1")).reviews).toMatchObject([{ actor: bob, decision: "approved" }]);
    // The key tells: a second spelling is no second person, and no self-approval.
    const self = await team.as(eve, { signEntries: keyOf(ada) });
    await expect(self.gates.approve("m@1")).rejects.toMatchObject({ code: "conflict" });
  });

  it("lets nobody approve in another's name", async () => {
    await (await signing(ada)).gates.setPolicy("m", "production", { approvals: 1 });
    await writeDirectly(team.store, "m", bob, await team.approval(1));
    await writeDirectly(team.store, "m", bob, { ...(await team.approval(1)), key: keyOf(mallory) });
    const promoting = (await signing(ada)).promote("m", 1);
    expect(await faultsOf(promoting)).toEqual(["approvals"]);
    await (await signing(bob)).gates.approve("m@1");
    expect(await (await signing(ada)).promote("m", 1)).toMatchObject({ version: 1 });
  });

  it("shows an attestation that was changed or taken away: the chain is broken", async () => {
    await (await signing(bob)).tag("m", 1, { a: "b" });
    await (await signing(bob)).tag("m", 1, { c: "d" });
    const entries = await readEntries({ store: team.store }, "m");
    const { body } = entries[2]!;
    const text = new TextDecoder().decode(await bytesOf(3));
    const unsigned = text.slice(0, text.indexOf(',"attestation"')) + text.slice(text.indexOf("}},\n") + 1);
    const plain = readEntry(
      new TextEncoder().encode(unsigned.slice(0, unsigned.indexOf(',\n"checksum"')) + "}\n"),
      "m/3",
    );
    expect(plain.body).toEqual({ ...body, attestation: undefined });
    expect(plain.signed).toBeUndefined();
    expect(() => foldAll("m", [...entries.slice(0, 2), plain, ...entries.slice(3)])).toThrow(/digest/u);
    expect(foldAll("m", [...entries.slice(0, 2), plain]).voids).toHaveLength(1);
  });

  it("judges what was signed to the byte", async () => {
    await (await signing(bob)).tag("m", 1, { a: "b" });
    const entries = await readEntries({ store: team.store }, "m");
    const last = entries.at(-1)!;
    const lines = new TextDecoder().decode(await bytesOf(entries.length)).split("\n");
    const chained = lines[0]!.slice('{"body":'.length, -1);
    expect(`${last.signed!.text.slice(0, -1)},"attestation":${JSON.stringify(last.body.attestation)}}`).toBe(chained);
    const bytes = signedBytes(last.signed!.text);
    expect(new TextDecoder().decode(bytes)).toBe(
      `DSSEv1 40 application/vnd.modelkeep.log-entry+json ${new TextEncoder().encode(last.signed!.text).length} ${last.signed!.text}`,
    );
    expect(foldAll("m", entries).voids).toEqual([]);
    // The same words, signed, with a digit of the attestation changed.
    const value = last.signed!.value;
    const other = (value.startsWith("A") ? "B" : "A") + value.slice(1);
    const forged = lines[0]!.replace(value, other);
    const entry = readEntry(new TextEncoder().encode(`${forged}\n${lines[1]!.slice(0, -1)}}\n`), "m/3");
    expect(foldAll("m", [...entries.slice(0, -1), entry]).voids).toMatchObject([
      { reason: "has an attestation that the key did not make of these bytes" },
    ]);
  });

  it("takes no signed entry out of its place", async () => {
    await (await signing(bob)).tag("m", 1, { a: "b" });
    const entries = await readEntries({ store: team.store }, "m");
    const last = entries.at(-1)!;
    // The attestation of another entry, under the same key, for the same actor.
    const { attestation } = last.body;
    await (await signing(bob)).tag("m", 1, { a: "c" });
    const later = (await readEntries({ store: team.store }, "m")).at(-1)!;
    const moved = {
      ...later,
      body: { ...later.body, attestation },
      signed: { ...last.signed!, text: later.signed!.text },
      digest: last.digest,
    };
    const fresh = { ...moved, digest: `sha256:${"7".repeat(64)}` as const };
    expect(foldAll("m", [...entries, fresh]).voids).toHaveLength(1);
  });

  it("goes on after a rename that another client finishes, and after a copy", async () => {
    await (await signing(ada)).rename("m", "n");
    const registry = await team.as("reader");
    expect(await registry.resolve("m@1")).toMatchObject({ name: "n", version: 1 });
    await writeDirectly(team.store, "n", bob, { kind: "tag", change: { version: 1, set: { seen: "no" } } });
    expect((await registry.show("n")).voids).toHaveLength(1);
    const there = memoryStore();
    await copyRegistry(team.store, there);
    const copy = await openLines(there);
    expect((await copy.show("n")).voids).toHaveLength(1);
    expect((await copy.check()).ok).toBe(true);
    await expect(copy.tag("n", 1, { a: "b" })).rejects.toMatchObject({ code: "refused" });
  });

  it("is not made to take old proofs for fresh ones by an entry from the future", async () => {
    await (await signing(ada)).gates.setPolicy("m", "production", { samples: { within: 60, where: ["here"] } });
    await (await signing(bob)).verify("m@1");
    await writeDirectly(team.store, "m", mallory, {
      kind: "tag",
      change: { version: 1, set: { a: "b" } },
      time: "2099-01-01T00:00:00.000Z",
    });
    team.pass(120);
    expect(await faultsOf((await signing(ada)).promote("m", 1))).toEqual(["samples"]);
    await (await signing(bob)).verify("m@1");
    await (await signing(ada)).promote("m", 1);
    expect((await (await signing(ada)).history("m")).at(-1)!.time).toBe(team.time);
    expect((await (await signing(ada)).asOf("m", "2027-01-01")).aliases).toEqual({ production: 1 });
  });

  async function bytesOf(number: number): Promise<Uint8Array> {
    const object = await team.store.get(logKey("m", number));
    return new Uint8Array(await new Response(ReadableStream.from(object!.stream())).arrayBuffer());
  }
});

describe("who signs", () => {
  it("is begun by somebody who holds an administrator's key among them", async () => {
    const registry = await team.as(ada, { signEntries: keyOf(ada) });
    await registry.save("n", { model: new Line(1) });
    for (const add of [[signer(bob, true)], [signer(ada)], [signer(ada), signer(bob, true)]])
      await expect(registry.signers.change("n", { add })).rejects.toMatchObject({ code: "conflict" });
    await expect((await team.as(ada)).signers.change("n", { add: [signer(ada, true)] })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(registry.signers.change("n", { add: [signer(ada, true)], quorum: 2 })).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await registry.signers.show("n")).toBeUndefined();
    expect(await registry.signers.change("n", { add: [signer(ada, true)] })).toEqual({ state: "in_force" });
    expect(await registry.signers.show("n")).toMatchObject({ signers: [{ actor: ada, admin: true }], quorum: 1 });
  });

  it("is changed by administrators only", async () => {
    const add = [signer(mallory, true)];
    await expect((await signing(bob)).signers.change("m", { add })).rejects.toMatchObject({ code: "conflict" });
    await writeDirectly(team.store, "m", bob, { kind: "keys", change: { add: add as never }, key: keyOf(bob) });
    await writeDirectly(team.store, "m", mallory, { kind: "keys", change: { add: add as never }, key: keyOf(mallory) });
    await writeDirectly(team.store, "m", bob, { kind: "keys", change: { off: true }, key: keyOf(bob) });
    await writeDirectly(team.store, "m", bob, {
      kind: "batch",
      change: { changes: [{ kind: "keys", critical: true, change: { off: true } }] },
      key: keyOf(bob),
    });
    expect((await (await signing(ada)).signers.show("m"))!.signers.map(({ actor }) => actor.name)).toEqual([
      "Ada",
      "Bob",
    ]);
    expect((await (await signing(ada)).show("m")).voids).toHaveLength(4);
  });

  it("asks for the key, not only for the person: a second key without the right gives none", async () => {
    const other = parsePrivateKey(generateKey("ecdsa-p256").privateKeyPem);
    await (
      await signing(ada)
    ).signers.change("m", { add: [{ ...signer(ada), key: other.publicKeyPem, admin: false }] });
    const registry = await team.as(ada, { signEntries: other });
    await registry.tag("m", 1, { a: "b" });
    await expect(registry.signers.off("m")).rejects.toMatchObject({ code: "conflict" });
  });

  it("loses a key that is removed, from that entry on", async () => {
    await (await signing(bob)).tag("m", 1, { a: "b" });
    const { keyId } = keyOf(bob);
    await (await signing(ada)).signers.change("m", { remove: [keyId.slice(0, 12)], reason: "left" });
    await expect((await signing(bob)).tag("m", 1, { a: "c" })).rejects.toMatchObject({ code: "refused" });
    expect((await (await signing(ada)).resolve("m@1")).tags).toEqual({ a: "b" });
    await expect((await signing(ada)).signers.change("m", { remove: [keyOf(ada).keyId] })).rejects.toMatchObject({
      code: "conflict",
    });
  });

  it("needs as many administrators as the quorum says, also to end it", async () => {
    const registry = await signing(ada);
    await registry.signers.change("m", { add: [signer(eve, true)], quorum: 2 });
    // Two under one name: who agrees to the one would not know of the other.
    const [one, other] = [{ remove: [keyOf(bob).keyId] }, { off: true }];
    const changes = [one, other].map((change) => ({ kind: "keys", critical: true, change }));
    await writeDirectly(team.store, "m", ada, { kind: "batch", change: { changes }, key: keyOf(ada) });
    expect(await registry.signers.show("m")).toMatchObject({ proposals: [] });
    const { proposal } = await registry.signers.change("m", { add: [signer(mallory)] });
    expect(await registry.signers.show("m")).toMatchObject({ proposals: [{ id: proposal, actor: ada }] });
    await expect(registry.signers.agree("m")).rejects.toMatchObject({ code: "conflict" });
    await expect((await signing(bob)).signers.agree("m")).rejects.toMatchObject({ code: "conflict" });
    const ending = await registry.signers.off("m");
    expect(ending).toMatchObject({ state: "proposed", missing: 1 });
    expect(await (await signing(eve)).signers.agree("m", proposal)).toEqual({ state: "in_force" });
    // The other proposal was made to change what is no more.
    await expect((await signing(eve)).signers.agree("m", ending.proposal)).rejects.toMatchObject({ code: "not_found" });
    await (await signing(eve)).signers.off("m");
    await registry.signers.disagree("m").then(
      () => expect.unreachable(),
      (error: unknown) => expect(error).toMatchObject({ code: "conflict" }),
    );
    await registry.signers.agree("m");
    expect(await registry.signers.show("m")).toBeUndefined();
    await (await team.as(mallory)).tag("m", 1, { a: "b" });
  });

  it.each([
    [{ add: [{ name: "X" }] }],
    [{ add: [{ name: "X", key: "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" }] }],
    [{ add: "all" }],
    [{ remove: ["0".repeat(64)] }],
    [{ quorum: 0 }],
    [{ quorum: 2 }],
    [{ off: "yes" }],
    [{ off: true, quorum: 1 }],
    [{}],
  ])("is not changed by what is malformed: %j", async (change) => {
    await writeDirectly(team.store, "m", ada, { kind: "keys", change, key: keyOf(ada) });
    const model = await (await signing(ada)).show("m");
    expect(model.voids).toHaveLength(1);
    expect(model.signers).toHaveLength(2);
    expect(model.readOnly).toBeUndefined();
  });

  it("is left alone by a reader that does not know what a change asks for", async () => {
    const { name, email, key } = signer(mallory);
    const add = [{ name, email: email!, key, expires: "2027-01-01" }];
    await writeDirectly(team.store, "m", bob, { kind: "keys", change: { add }, key: keyOf(bob) });
    expect((await (await signing(ada)).show("m")).readOnly).toBeUndefined();
    await writeDirectly(team.store, "m", ada, { kind: "keys", change: { add }, key: keyOf(ada) });
    await writeDirectly(team.store, "m", mallory, { kind: "tag", change: { set: { a: "b" } }, key: keyOf(mallory) });
    const model = await (await signing(ada)).show("m");
    expect(model).toMatchObject({ tags: {}, readOnly: expect.stringContaining("expires") as string });
    expect(model.signers).toHaveLength(2);
  });

  it("is known from the first entry of a new model, if the registry is opened so", async () => {
    const signers = { add: [signer(ada, true), signer(bob)] };
    const registry = await team.as("whoever", { signEntries: keyOf(ada), signers });
    await registry.save("n", { model: new Line(2) });
    await registry.save("n", { model: new Line(3) });
    expect((await registry.show("n")).versions.map(({ registeredBy }) => registeredBy)).toEqual([ada, ada]);
    await writeDirectly(team.store, "n", mallory, { kind: "alias", change: { alias: "production", version: 2 } });
    expect((await registry.show("n")).aliases).toEqual({});
    const outsider = await team.as(mallory, { signers });
    await expect(outsider.save("o", { model: new Line(2) })).rejects.toMatchObject({ code: "conflict" });
  });
});
