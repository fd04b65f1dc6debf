import { beforeEach, describe, expect, it } from "vitest";

import { logKey } from "../src/keys.js";
import { writeDirectly } from "./support/hostile.js";
import { openLines } from "./support/registry.js";
import { Scheduler } from "./support/scheduler.js";
import { ada, bob, eve, mallory, Team } from "./support/team.js";
import { Line } from "./support/toy.js";

let team: Team;

beforeEach(() => {
  team = new Team();
});

describe("somebody who writes to the store directly", () => {
  const alias = (version: number | null, rest = {}) => ({
    kind: "alias",
    change: { alias: "production", version, ...rest },
  });

  beforeEach(async () => {
    await team.save({}, 2);
    await team.save({}, 3);
    await team.hold({ approvals: 1 });
    await (await team.as(bob)).gates.approve("m@1");
    await team.promote(1);
  });

  it("moves no alias past its policy, and is reported", async () => {
    const attempts = [
      alias(2),
      alias(2, { action: "override", reason: "trust me" }),
      alias(2, { action: "rollback" }),
      alias(2, { action: ["rollback"] }),
      alias(null),
      { kind: "policy_agreed", change: { alias: "production", proposal: `sha256:${"0".repeat(64)}` } },
      { kind: "batch", change: { changes: [{ ...alias(2), critical: false }] } },
      { kind: "batch", critical: false, change: { changes: [{ ...alias(2), critical: false }] } },
      { ...alias(2), critical: false },
    ];
    for (const attempt of attempts) await writeDirectly(team.store, "m", mallory, attempt);
    // Nor in one entry with what would allow it.
    await writeDirectly(team.store, "m", mallory, {
      kind: "batch",
      change: {
        changes: [{ kind: "policy", critical: true, change: { alias: "production", policy: null } }, alias(2)],
      },
    });
    const registry = await team.as(ada);
    const model = await registry.show("m");
    expect(model.aliases["production"]).toBe(1);
    expect(model.policies["production"]).toMatchObject({ policy: { approvals: 1 }, proposals: [] });
    expect(model.voids).toHaveLength(attempts.length + 1);
    expect(model.voids[0]!.faults).toMatchObject([{ condition: "approvals", met: false }]);
    expect((await registry.check()).voids).toHaveLength(attempts.length + 1);
    // The model goes on.
    await registry.tag("m", 1, { still: "here" });
  });

  it("does not put a label in an alias's place", async () => {
    await team.hold({ approvals: 1 }, "champion");
    await writeDirectly(team.store, "m", mallory, { kind: "label", change: { version: 2, labels: ["champion"] } });
    await expect((await team.as(ada)).resolve("m@champion")).rejects.toMatchObject({ code: "not_found" });
    await (await team.as(ada)).label("m", 2, ["challenger"]);
    await team.hold({ approvals: 1 }, "challenger");
    await expect((await team.as(ada)).resolve("m@challenger")).rejects.toMatchObject({ code: "not_found" });
  });

  it("does not make a bare name stand for what was never let into production", async () => {
    const registry = await team.as(ada);
    await registry.save("n", { model: new Line(2) });
    expect(await registry.resolve("n")).toMatchObject({ version: 1 });
    await registry.gates.setPolicy("n", "production", { approvals: 1, removal: "free" });
    await expect(registry.resolve("n")).rejects.toThrow(/policy/u);
    await (await team.as(bob)).gates.approve("n@1");
    await registry.promote("n", 1, { require: "none" });
    await registry.save("n", { model: new Line(3) });
    await writeDirectly(team.store, "n", mallory, { kind: "alias", change: { alias: "production", version: null } });
    await expect(registry.resolve("n")).rejects.toMatchObject({ code: "not_found" });
  });

  it("does not lead references to another model by a rename", async () => {
    await (await team.as(mallory)).save("evil", { model: new Line(666), aliases: ["production"] });
    await writeDirectly(team.store, "m", mallory, { kind: "renamed", change: { to: "evil" } });
    await expect((await team.as(ada)).resolve("m@production")).rejects.toMatchObject({ code: "damaged_log" });
  });

  it("does not cut a history off by writing after a rename", async () => {
    await (await team.as(ada)).rename("m", "n");
    await writeDirectly(team.store, "m", mallory, alias(2));
    const registry = await team.as(ada);
    expect(await registry.resolve("m@production")).toMatchObject({ name: "n", version: 1 });
    expect((await registry.asOf("n", team.time)).aliases).toEqual({ production: 1 });
  });

  it("has nobody approve a version that the history describes falsely", async () => {
    const registry = await team.as(mallory);
    await registry.save("m", { model: new Line(4), author: { ...mallory }, metrics: { auc: 0.4 } });
    const object = await team.store.get(logKey("m", (await registry.show("m")).entries));
    const text = new TextDecoder().decode(await new Response(ReadableStream.from(object!.stream())).arrayBuffer());
    const { body, placement } = JSON.parse(text) as { body: { change: Record<string, object> }; placement: object };
    const change = {
      ...body.change,
      version: 4,
      summary: { ...body.change["summary"], author: eve, metrics: { auc: 1 } },
    };
    await writeDirectly(team.store, "m", eve, {
      kind: "version",
      change: change as never,
      placement: placement as never,
    });
    await expect((await team.as(bob)).gates.approve("m@4")).rejects.toThrow(/author, metrics/u);
    expect((await (await team.as(ada)).check()).problems).toMatchObject([{ where: "m@4", code: "summary_mismatch" }]);
  });
});

describe("writers that meet", () => {
  it("let nothing go live that was not approved when its entry was written: 40 orders", async () => {
    const outcomes = new Set<string>();
    for (let seed = 1; seed <= 40; seed++) {
      const team = new Team();
      await team.save({}, 2);
      await team.hold({ approvals: 1 });
      await (await team.as(bob)).gates.approve("m@1");
      const scheduler = new Scheduler(seed);
      const open = (actor: typeof ada, client: number) =>
        openLines(scheduler.store(team.store, client), { actor, sleep: () => scheduler.turn(client) });
      const [promoted] = await scheduler.run<unknown>([
        async () => (await open(ada, 0)).alias("m", "production", 1),
        async () => (await open(bob, 1)).gates.withdraw("m@1"),
      ]);
      const registry = await team.as(ada);
      const kinds = (await registry.history("m")).map(({ kind }) => kind);
      expect((await registry.show("m")).voids, `seed ${seed}`).toEqual([]);
      const outcome =
        promoted!.status === "fulfilled" ? "moved" : (promoted!.reason as { readonly code?: string }).code;
      outcomes.add([outcome, ...kinds.filter((kind) => kind === "alias" || kind === "withdrawn")].join(" "));
    }
    expect(outcomes).toEqual(new Set(["moved alias withdrawn", "gate_refused withdrawn"]));
  });
});
