import { generateKey, parsePrivateKey } from "@modelkeep/attest";
import { beforeEach, describe, expect, it } from "vitest";

import type { Policy } from "../src/index.js";
import { writeDirectly } from "./support/hostile.js";
import { openLines } from "./support/registry.js";
import { ada, bob, eve, faultsOf, mallory, Team } from "./support/team.js";
import { Line, lineInputs } from "./support/toy.js";

let team: Team;

beforeEach(() => {
  team = new Team();
});

describe("a gate", () => {
  it("asks for approvals by others", async () => {
    await team.save();
    await team.hold({ approvals: 2 });
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    await (await team.as(bob)).gates.approve("m@1", { reason: "reviewed" });
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    const { digest, reviews } = await (await team.as(eve)).gates.approve("m@1");
    expect(reviews.map(({ actor, decision }) => [actor.name, decision])).toEqual([
      ["Bob", "approved"],
      ["Eve", "approved"],
    ]);
    expect(digest).toBe((await (await team.as(ada)).resolve("m@1")).digest);
    expect(await team.promote(1)).toMatchObject({ version: 1 });
  });

  it("counts nobody twice, however they spell themselves", async () => {
    await team.save();
    await team.hold({ approvals: 2 });
    for (const actor of [bob, { name: "B.", email: " BOB@Example.org" }, { name: "bob" }, "Bob"])
      await (await team.as(actor)).gates.approve("m@1");
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    // Which Bob "Bob" is, nobody knows: a namesake does not count beside him.
    await (await team.as({ name: "Bob", email: "other.bob@example.org" })).gates.approve("m@1");
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    await (await team.as(eve)).gates.approve("m@1");
    expect(await team.promote(1)).toMatchObject({ version: 1 });
  });

  it("takes no approval from the author, nor from who registered it", async () => {
    await team.save({ author: { name: "Eve", email: "eve@example.org" } });
    for (const actor of [ada, { name: "ADA" }, { name: "A. L.", email: "Ada@Example.Org" }, eve, { name: "eve" }])
      await expect((await team.as(actor)).gates.approve("m@1")).rejects.toMatchObject({ code: "conflict" });
    await writeDirectly(team.store, "m", { name: "ada" }, await team.approval(1));
    await team.hold({ approvals: 1 });
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
  });

  it("counts only the people that it names", async () => {
    await team.save();
    await team.hold({ approvals: 1, approvers: ["eve@example.org", "Grace"] });
    await (await team.as(bob)).gates.approve("m@1");
    await (await team.as({ name: "eve@example.org", email: "mallory@example.org" })).gates.approve("m@1");
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    await (await team.as("grace")).gates.approve("m@1");
    expect(await team.promote(1)).toMatchObject({ version: 1 });
  });

  it("approves a manifest, so nothing else goes live in its place", async () => {
    await team.save({}, 2);
    await team.hold({ approvals: 1 });
    await (await team.as(bob)).gates.approve("m@1");
    expect(await team.save({}, 3)).toBe(2);
    expect(await faultsOf(team.promote(2))).toEqual(["approvals"]);
    const other = await (await team.as(ada)).resolve("m@2");
    const before = await (await team.as(ada)).resolve("m@1");
    for (const change of [
      { version: 2, manifest: before.digest },
      { version: 1, manifest: other.digest },
      { version: 2 },
      { version: 2, manifest: other.content },
    ])
      await writeDirectly(team.store, "m", bob, { kind: "approved", change });
    expect(await faultsOf(team.promote(2))).toEqual(["approvals"]);
    expect((await (await team.as(ada)).show("m")).voids).toHaveLength(4);
    // The same content once more is another manifest.
    team.pass(86_400);
    expect(await team.save({}, 2)).toBe(3);
    expect(await faultsOf(team.promote(3))).toEqual(["approvals"]);
  });

  it("takes approvals for one alias for that alias only", async () => {
    await team.save();
    await team.hold({ approvals: 1 });
    await (await team.as(bob)).gates.approve("m@1", { alias: "staging" });
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    await (await team.as(bob)).gates.approve("m@1", { alias: "production" });
    expect(await team.promote(1)).toMatchObject({ version: 1 });
  });

  it("lets people disapprove, change their mind and withdraw", async () => {
    await team.save();
    await team.hold({ approvals: 1 });
    await (await team.as(bob)).gates.approve("m@1");
    await (await team.as(eve)).gates.disapprove("m@1", { reason: "no data sheet" });
    expect(await faultsOf(team.promote(1))).toEqual(["disapproved"]);
    await (await team.as({ name: "eve" })).gates.withdraw("m@1");
    expect(await (await team.as(ada)).gates.check("m@1")).toMatchObject({ met: true });
    await (await team.as(bob)).gates.disapprove("m@1", { alias: "production" });
    expect(await faultsOf(team.promote(1))).toEqual(["approvals", "disapproved"]);
    await (await team.as(bob)).gates.withdraw("m@1", { alias: "production" });
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    await (await team.as(bob)).gates.approve("m@1");
    expect(await team.promote(1)).toMatchObject({ version: 1 });
    await expect((await team.as(mallory)).gates.withdraw("m@1")).rejects.toMatchObject({ code: "conflict" });
  });

  it("asks for samples that reproduced lately, in a process of their own", async () => {
    await team.save({ samples: { inputs: lineInputs(0, 1) } });
    await team.hold({ samples: { within: 3600 } });
    expect(await faultsOf(team.promote(1))).toEqual(["samples"]);
    await team.prove(1, { where: "here" });
    expect(await faultsOf(team.promote(1))).toEqual(["samples"]);
    await team.prove(1);
    team.pass(3601);
    expect(await faultsOf(team.promote(1))).toEqual(["samples"]);
    await team.prove(1, { where: "installed" });
    expect(await (await team.as(ada)).gates.check("m@1")).toMatchObject({ met: true });
    await team.prove(1, { ok: false });
    expect(await faultsOf(team.promote(1))).toEqual(["samples"]);
    // Another runtime that fails says nothing of this one.
    await team.prove(1);
    await team.prove(1, { ok: false, runtime: "other" });
    expect(await team.promote(1)).toMatchObject({ version: 1 });
  });

  it("asks for metrics within bounds, and no worse than what is live", async () => {
    await team.save({ metrics: { auc: 0.9, loss: 0.3 } });
    await team.hold({
      metrics: { auc: { min: 0.8, max: 1 }, loss: { max: 0.5 } },
      noWorse: [
        { metric: "auc", better: "higher", tolerance: 0.01 },
        { metric: "loss", better: "lower" },
      ],
    });
    await team.promote(1);
    await team.save({ metrics: { auc: 0.7, loss: 0.31 } });
    expect(await faultsOf(team.promote(2))).toEqual(["metric", "no_worse", "no_worse"]);
    await team.save({});
    expect(await faultsOf(team.promote(3))).toEqual(["metric", "metric", "no_worse", "no_worse"]);
    await team.save({ metrics: { auc: 0.895, loss: 0.3 } });
    expect(await team.promote(4)).toMatchObject({ version: 4, previous: 1 });
    const { conditions } = await (await team.as(ada)).gates.check("m@2");
    expect(conditions.filter(({ met }) => !met).map(({ message }) => message)).toEqual([
      "the metric auc must be at least 0.8 and at most 1; it is 0.7",
      "the metric auc must be at least 0.885: version 4 has 0.895, and 0.01 is tolerated; it is 0.7",
      "the metric loss must be at most 0.3: version 4 has 0.3, and 0 is tolerated; it is 0.31",
    ]);
  });

  it("compares with what was live last, also after the alias was removed", async () => {
    await team.save({ metrics: { auc: 0.9 } });
    await team.hold({ noWorse: [{ metric: "auc", better: "higher" }], removal: "free" });
    await team.promote(1);
    await (await team.as(ada)).alias("m", "production", null);
    await team.save({ metrics: { auc: 0.5 } });
    expect(await faultsOf(team.promote(2))).toEqual(["no_worse"]);
  });

  it("asks for the data's digest and a licence", async () => {
    const digest = `sha256:${"a".repeat(64)}` as const;
    await team.save({ data: [{ name: "train.csv" }] });
    await team.hold({ dataDigest: true, licence: ["MIT", "Apache-2.0"] });
    expect(await faultsOf(team.promote(1))).toEqual(["data_digest", "licence"]);
    await team.save({ data: [{ name: "train.csv", digest }], licence: "GPL-3.0" });
    expect(await faultsOf(team.promote(2))).toEqual(["licence"]);
    await team.save({ data: [{ name: "train.csv", digest }], licence: "MIT" });
    expect(await team.promote(3)).toMatchObject({ version: 3 });
    await (await team.as(ada)).gates.setPolicy("m", "candidate", { licence: true });
    expect(await team.promote(2, ada, { alias: "candidate" })).toMatchObject({ version: 2 });
  });

  it("asks for an attestation by one of its keys", async () => {
    const [good, other] = [generateKey("ed25519"), generateKey("ed25519")];
    const { keyId } = parsePrivateKey(good.privateKeyPem);
    await team.save();
    await team.hold({ attested: ["0".repeat(64), keyId] });
    expect(await faultsOf(team.promote(1))).toEqual(["attested"]);
    await (await team.as(bob)).attest("m@1", other.privateKeyPem);
    expect(await faultsOf(team.promote(1))).toEqual(["attested"]);
    await (await team.as(bob)).attest("m@1", good.privateKeyPem);
    expect(await team.promote(1)).toMatchObject({ version: 1 });
    // Of another version it is no attestation of this one.
    await team.save({}, 3);
    const attested = (await (await team.as(ada)).history("m")).find(({ kind }) => kind === "attested")!.change;
    await writeDirectly(team.store, "m", bob, { kind: "attested", change: { ...attested, version: 2 } });
    expect(await faultsOf(team.promote(2))).toEqual(["attested"]);
  });

  it("says everything that is missing at once, and the sentence names it", async () => {
    await team.save();
    await team.hold({ approvals: 1, samples: {}, metrics: { auc: { min: 0.9 } }, dataDigest: true, licence: true });
    const refused = team.promote(1);
    expect(await faultsOf(refused)).toEqual(["approvals", "samples", "metric", "data_digest", "licence"]);
    await expect(refused).rejects.toThrow(/1 approval.*samples.*auc.*digest.*licence/su);
    const report = await (await team.as(ada)).gates.check("m@1");
    expect(report).toMatchObject({ reference: "m@1", alias: "production", met: false });
    expect(report.conditions.map(({ met }) => met)).toEqual([false, false, false, false, false]);
  });

  it("stands before every way to move the alias", async () => {
    await team.save();
    await team.hold({ approvals: 1 });
    const registry = await team.as(ada);
    expect(await faultsOf(registry.alias("m", "production", 1))).toEqual(["approvals"]);
    expect(await faultsOf(registry.save("m", { model: new Line(9), aliases: ["production"] }))).toEqual(["approvals"]);
    expect((await registry.show("m")).versions).toHaveLength(1);
    const other = await openLines();
    await other.save("m", { model: new Line(7) });
    expect(await faultsOf(other.copy("m@1", registry, { aliases: ["production"] }))).toEqual(["approvals"]);
    await (await team.as(bob)).gates.approve("m@1");
    await team.promote(1);
    await team.save({}, 3);
    await writeDirectly(team.store, "m", ada, {
      kind: "alias",
      change: { alias: "production", version: 2, action: "rollback" },
    });
    expect(await team.live()).toBe(1);
    expect(await faultsOf(registry.alias("m", "production", null))).toEqual(["removal"]);
  });
});

describe("a rollback", () => {
  async function twoLive(policy: Policy): Promise<void> {
    await team.save({}, 2);
    await team.save({}, 3);
    await team.promote(1);
    await team.promote(2);
    await team.hold(policy);
  }

  it("goes back to what was live before, unless the policy says otherwise", async () => {
    await twoLive({ approvals: 1 });
    expect(await (await team.as(ada)).rollback("m")).toMatchObject({ version: 1, previous: 2 });
    // Forward again is no rollback.
    expect(await faultsOf(team.promote(2))).toEqual(["approvals"]);
  });

  it("is gated where the policy says so", async () => {
    await twoLive({ approvals: 1, rollback: "gated" });
    expect(await faultsOf((await team.as(ada)).rollback("m"))).toEqual(["approvals"]);
  });

  it("does not go back to what somebody disapproves of", async () => {
    await twoLive({ approvals: 1 });
    await (await team.as(bob)).gates.disapprove("m@1", { reason: "leaks names" });
    await expect((await team.as(ada)).rollback("m")).rejects.toThrow(/leaks names/u);
  });

  it("does not go back to what was only live by an override", async () => {
    await twoLive({ approvals: 1, override: {} });
    await team.save({}, 4);
    await team.promote(3, ada, { override: true, reason: "the old one is down" });
    await (await team.as(ada)).rollback("m");
    expect(await team.live()).toBe(2);
    await writeDirectly(team.store, "m", ada, {
      kind: "alias",
      change: { alias: "production", version: 3, action: "rollback" },
    });
    expect(await team.live()).toBe(2);
  });
});

describe("an override", () => {
  it("exists only if the policy says so", async () => {
    await team.save();
    await team.hold({ approvals: 1 });
    expect(await faultsOf(team.promote(1, ada, { override: true, reason: "now" }))).toEqual(["override"]);
  });

  it("needs a reason, and one of those who may", async () => {
    await team.save();
    await team.hold({ approvals: 1, override: { by: ["bob@example.org"] } });
    expect(await faultsOf(team.promote(1, ada, { override: true }))).toEqual(["override", "override"]);
    expect(await faultsOf(team.promote(1, bob, { override: true, reason: "  " }))).toEqual(["override"]);
    const reason = "the night's incident, approved by phone";
    expect(await team.promote(1, bob, { override: true, reason })).toMatchObject({ version: 1 });
    const registry = await team.as(ada);
    expect((await registry.show("m")).moves["production"]).toMatchObject([{ action: "override", reason }]);
    expect(await registry.resolve("m@production")).toMatchObject({ overridden: ["production"] });
    expect((await registry.list()).items).toMatchObject([{ name: "m", overridden: ["production"] }]);
    expect((await registry.history("m")).at(-1)!.change).toMatchObject({ action: "override", reason });
    // Once the conditions are met, a move like any other takes it away.
    await registry.gates.approve("m@1").catch(() => undefined);
    await (await team.as(eve)).gates.approve("m@1");
    await team.promote(1);
    expect((await registry.resolve("m@production")).overridden).toBeUndefined();
  });

  it("is not said where there is nothing to override", async () => {
    await team.save();
    await team.promote(1, ada, { override: true, reason: "habit" });
    expect((await (await team.as(ada)).show("m")).moves["production"]).toMatchObject([{ action: "promote" }]);
  });
});
