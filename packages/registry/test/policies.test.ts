import { beforeEach, describe, expect, it } from "vitest";

import type { Policy } from "../src/index.js";
import { writeDirectly } from "./support/hostile.js";
import { ada, bob, eve, faultsOf, mallory, Team } from "./support/team.js";
import { Line } from "./support/toy.js";

let team: Team;

beforeEach(() => {
  team = new Team();
});

describe("a policy", () => {
  it("is not weakened by one person", async () => {
    await team.save();
    await team.hold({ approvals: 2 });
    const registry = await team.as(ada);
    const proposed = await registry.gates.setPolicy("m", "production", { approvals: 1 }, { reason: "too slow" });
    expect(proposed).toMatchObject({ state: "proposed", missing: 1 });
    expect(await registry.gates.policy("m")).toMatchObject({
      policy: { approvals: 2 },
      proposals: [{ policy: { approvals: 1 }, reason: "too slow", actor: ada, agreed: [] }],
    });
    for (const actor of [ada, { name: "ADA" }, { name: "A.", email: "ADA@example.org" }])
      await expect((await team.as(actor)).gates.agree("m", "production")).rejects.toMatchObject({ code: "conflict" });
    expect(await (await team.as(bob)).gates.agree("m", "production", proposed.proposal)).toMatchObject({
      state: "in_force",
    });
    expect(await registry.gates.policy("m")).toMatchObject({ policy: { approvals: 1 }, proposals: [] });
  });

  it("says how many and who must agree to another one, or to none", async () => {
    await team.save();
    await team.hold({ approvals: 1, change: { approvals: 2, approvers: ["bob@example.org", "eve@example.org"] } });
    const { proposal } = await (await team.as(ada)).gates.removePolicy("m", "production");
    await expect((await team.as(mallory)).gates.agree("m", "production", proposal)).rejects.toMatchObject({
      code: "conflict",
    });
    expect(await (await team.as(bob)).gates.agree("m", "production")).toMatchObject({ state: "proposed", missing: 1 });
    await expect((await team.as(bob)).gates.agree("m", "production")).rejects.toMatchObject({ code: "conflict" });
    await (await team.as(bob)).gates.disagree("m", "production");
    await (await team.as(eve)).gates.agree("m", "production");
    expect(await (await team.as(ada)).gates.policy("m")).toBeDefined();
    await (await team.as(bob)).gates.agree("m", "production");
    expect(await (await team.as(ada)).gates.policy("m")).toBeUndefined();
    expect(await team.promote(1)).toMatchObject({ version: 1 });
  });

  it("changes at once where it says that nobody else must agree", async () => {
    await team.save();
    await team.hold({ approvals: 1, change: { approvals: 0 } });
    await team.hold({ licence: true });
    expect(await (await team.as(ada)).gates.policy("m")).toMatchObject({ policy: { licence: true } });
  });

  it("drops what was proposed to replace an earlier one", async () => {
    await team.save();
    await team.hold({ approvals: 2 });
    const registry = await team.as(ada);
    const loose = await registry.gates.removePolicy("m", "production");
    const strict = await registry.gates.setPolicy("m", "production", { approvals: 3 });
    await (await team.as(bob)).gates.agree("m", "production", strict.proposal);
    await expect((await team.as(bob)).gates.agree("m", "production", loose.proposal)).rejects.toMatchObject({
      code: "not_found",
    });
    await writeDirectly(team.store, "m", bob, {
      kind: "policy_agreed",
      change: { alias: "production", proposal: loose.proposal! },
    });
    expect(await registry.gates.policy("m")).toMatchObject({ policy: { approvals: 3 } });
    await expect((await team.as(bob)).gates.disagree("m", "production")).rejects.toMatchObject({ code: "not_found" });
  });

  it.each([
    [{ approvals: -1 }],
    [{ approvals: "2" }],
    [{ approvals: 2, approvers: ["Ada"] }],
    [{ approvals: 2, approvers: ["Ada", "Ada"] }],
    [{ samples: { within: "24h" } }],
    [{ samples: { where: "fresh" } }],
    [{ attested: ["ada.pem"] }],
    [{ metrics: { auc: 0.9 } }],
    [{ metrics: { auc: { min: NaN } } }],
    [{ noWorse: [{ metric: "auc" }] }],
    [{ noWorse: [] }],
    [{ dataDigest: false }],
    [{ licence: "" }],
    [{ licence: [] }],
    [{ change: {} }],
    [{ override: true }],
    ["approvals"],
    [[]],
  ])("is refused if it is malformed: %j", async (policy) => {
    await team.save();
    await expect((await team.as(ada)).gates.setPolicy("m", "production", policy as Policy)).rejects.toMatchObject({
      code: "invalid_input",
    });
    await writeDirectly(team.store, "m", mallory, { kind: "policy", change: { alias: "production", policy } });
    const model = await (await team.as(ada)).show("m");
    expect(model).toMatchObject({ policies: {}, voids: [{ kind: "policy" }] });
    expect(model.readOnly).toBeUndefined();
  });

  it.each([
    [{ quorum: 2 }],
    [{ samples: { region: "eu" } }],
    [{ samples: { where: ["enclave"] } }],
    [{ metrics: { auc: { median: 1 } } }],
    [{ change: { approvals: 0, quorum: 2 } }],
    [{ override: { until: "2027" } }],
    [{ rollback: "never" }],
  ])("with what this reader does not know lets nothing through: %j", async (policy) => {
    await team.save();
    await team.save({}, 3);
    await team.promote(1);
    await team.promote(2);
    const registry = await team.as(ada);
    await expect(registry.gates.setPolicy("m", "production", policy as Policy)).rejects.toMatchObject({
      code: "invalid_input",
    });
    await writeDirectly(team.store, "m", ada, { kind: "policy", change: { alias: "production", policy } });
    for (const change of [
      { alias: "production", version: 1 },
      { alias: "production", version: 1, action: "rollback" },
      { alias: "production", version: 1, action: "override", reason: "because" },
      { alias: "production", version: null },
    ])
      await writeDirectly(team.store, "m", ada, { kind: "alias", change });
    await writeDirectly(team.store, "m", ada, { kind: "policy", change: { alias: "production", policy: null } });
    const model = await registry.show("m");
    expect(model.aliases["production"]).toBe(2);
    expect(model.voids).toHaveLength(5);
    expect(model.readOnly).toMatch(/does not know/u);
    await expect(registry.tag("m", 1, { a: "b" })).rejects.toMatchObject({ code: "refused" });
    expect((await registry.gates.check("m@1")).conditions[0]).toMatchObject({ condition: "unknown", met: false });
  });

  it("comes with the first entry of a new model, if the registry is opened so", async () => {
    const policies = { production: { approvals: 1 } };
    const registry = await team.as(ada, { policies });
    await registry.save("m", { model: new Line(2) });
    await registry.save("m", { model: new Line(3) });
    const history = await registry.history("m");
    expect(history.map(({ kind }) => kind)).toEqual(["batch", "version"]);
    expect(await faultsOf(team.promote(1))).toEqual(["approvals"]);
    expect(await faultsOf(registry.save("n", { model: new Line(2), aliases: ["production"] }))).toEqual(["approvals"]);
    await expect(registry.show("n")).rejects.toMatchObject({ code: "not_found" });
    await expect(team.as(ada, { policies: { production: { aprovals: 1 } as Policy } })).rejects.toMatchObject({
      code: "invalid_input",
    });
  });

  it("goes with the model when it is renamed", async () => {
    await team.save();
    await team.hold({ approvals: 1 });
    await (await team.as(bob)).gates.approve("m@1");
    await (await team.as(ada)).rename("m", "n");
    await (await team.as(ada)).save("n", { model: new Line(8) });
    expect(await faultsOf((await team.as(ada)).promote("m", 2, { require: "none" }))).toEqual(["approvals"]);
    expect(await (await team.as(ada)).promote("n", 1, { require: "none" })).toMatchObject({ name: "n", version: 1 });
  });
});
