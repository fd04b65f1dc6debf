import { readFileSync } from "node:fs";

import { memoryStore } from "@modelkeep/store-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bucketOf, type Registry, versionOfBucket } from "../src/index.js";
import { divideBuckets } from "../src/route-buckets.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const samples = { inputs: lineInputs(0, 1) };

async function threeVersions(): Promise<Registry> {
  const registry = await openLines(memoryStore());
  for (const slope of [1, 2, 3]) await registry.save("lines", { model: new Line(slope), samples });
  await registry.alias("lines", "production", 1);
  return registry;
}

const halves = [
  { version: 1, weight: 50 },
  { version: 2, weight: 50 },
];

describe("a route", () => {
  it("is held with the alias, in the history, and seen by every client", async () => {
    const registry = await threeVersions();
    const route = await registry.route(
      "lines",
      "production",
      [
        { version: 1, weight: 9 },
        { version: "2", weight: 1 },
        { version: 3, shadow: true },
      ],
      { reason: "canary" },
    );
    expect(route).toMatchObject({
      alias: "production",
      primary: 1,
      shares: [
        { version: 1, share: 0.9 },
        { version: 2, share: 0.1 },
      ],
      shadows: [3],
      reason: "canary",
    });
    const other = await openLines(registry.store, { readOnly: true });
    const standing = await other.standing("lines@production");
    expect(standing.route).toEqual(route);
    expect([...standing.versions.keys()]).toEqual([1, 2, 3]);
    expect((await other.standing("lines")).route).toEqual(route);
    expect((await other.standing("lines@1")).route).toBeUndefined();
    expect((await other.show("lines")).routes).toEqual({ production: route });
    expect((await other.history("lines")).at(-1)).toMatchObject({ kind: "route", actor: { name: "ada" } });
    // Whoever does not route takes what the alias points at.
    expect((await other.resolve("lines@production")).version).toBe(1);
  });

  it("ends when the alias moves, which says so, or with null", async () => {
    const registry = await threeVersions();
    await registry.route("lines", "production", halves);
    const moved = await registry.rollback("lines").catch(() => registry.alias("lines", "production", 2));
    expect(moved.endedRoute?.shares).toHaveLength(2);
    expect((await registry.standing("lines@production")).route).toBeUndefined();
    await registry.route("lines", "production", halves);
    expect(await registry.route("lines", "production", null)).toBeUndefined();
    expect((await registry.standing("lines@production")).route).toBeUndefined();
    await expect(registry.route("lines", "production", null)).rejects.toMatchObject({ code: "conflict" });
  });

  it("survives a rename", async () => {
    const registry = await threeVersions();
    const route = await registry.route("lines", "production", halves);
    await registry.rename("lines", "curves");
    expect((await registry.standing("lines@production")).route).toEqual({ ...route, name: "curves" });
  });

  it("keeps its versions from being archived", async () => {
    const registry = await threeVersions();
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 3, shadow: true },
    ]);
    await expect(registry.archive("lines", 3)).rejects.toThrow('the route of the alias "production" uses version 3');
    await registry.route("lines", "production", null);
    await registry.archive("lines", 3);
    await expect(
      registry.route("lines", "production", [
        { version: 1, weight: 1 },
        { version: 3, weight: 1 },
      ]),
    ).rejects.toThrow("version 3 is archived");
  });

  it("must pass the policy of its alias with every version that answers, be it one request in ten thousand", async () => {
    const registry = await threeVersions();
    await registry.gates.setPolicy("lines", "production", { approvals: 1, override: {} });
    const canary = [
      { version: 1, weight: 9_999 },
      { version: 2, weight: 1 },
    ];
    await expect(registry.route("lines", "production", canary)).rejects.toMatchObject({
      code: "gate_refused",
      message: expect.stringContaining("needs 1 approval") as string,
    });
    // A shadow answers nobody.
    await registry.route("lines", "production", [
      { version: 1, weight: 1 },
      { version: 2, shadow: true },
    ]);
    await (await openLines(registry.store, { actor: "grace" })).gates.approve("lines@2");
    expect((await registry.route("lines", "production", canary))?.shares).toHaveLength(2);
    const third = [...canary, { version: 3, weight: 1 }];
    await expect(registry.route("lines", "production", third, { override: true })).rejects.toThrow("needs a reason");
    await registry.route("lines", "production", third, { override: true, reason: "fire" });
    expect((await registry.history("lines")).at(-1)?.change["action"]).toBe("override");
  });

  it.each([
    [[], "has no version with a weight"],
    [[{ version: 1, weight: 0 }], "a weight is a number above 0"],
    [[{ version: 1, weight: Number.NaN }], "a weight is a number above 0"],
    [[...halves, { version: 2, shadow: true }], "names version 2 twice"],
    [[{ version: 2, weight: 1 }], "has no part of the route"],
    [
      [
        { version: 1, weight: 1 },
        { version: 9, weight: 1 },
      ],
      "has no version 9",
    ],
  ] as const)("is refused: %j", async (versions, message) => {
    const registry = await threeVersions();
    await expect(registry.route("lines", "production", versions)).rejects.toThrow(message);
    await expect(registry.route("lines", "staging", halves)).rejects.toThrow('the alias "staging" is not set');
  });
});

describe("buckets", () => {
  it("are those of the specification", () => {
    const page = readFileSync(new URL("../../../spec/registry-log.md", import.meta.url), "utf8");
    const [, salt, key, bucket] = /the salt `(\S+)` the key `(\S+)` belongs to the bucket (\d+)/u.exec(
      page.replaceAll("\n", " "),
    )!;
    expect(bucketOf(salt!, key!)).toBe(Number(bucket));
  });

  it("divide keys as the weights say", () => {
    const parts = divideBuckets(
      [
        { version: 1, weight: 80 },
        { version: 2, weight: 15 },
        { version: 3, weight: 5 },
      ],
      [],
    );
    const counts = [0, 0, 0, 0];
    for (let key = 0; key < 20_000; key++) counts[versionOfBucket(parts, bucketOf("s", `key-${key}`))]! += 1;
    // Four standard deviations.
    for (const [version, share] of [
      [1, 0.8],
      [2, 0.15],
      [3, 0.05],
    ] as const)
      expect(Math.abs(counts[version]! - 20_000 * share)).toBeLessThan(4 * Math.sqrt(20_000 * share * (1 - share)));
  });

  it("move no more keys than new weights demand", () => {
    const weights = fc
      .array(fc.record({ version: fc.integer({ min: 1, max: 6 }), weight: fc.integer({ min: 1, max: 1000 }) }), {
        minLength: 1,
        maxLength: 6,
      })
      .map((shares) => [...new Map(shares.map((share) => [share.version, share])).values()]);
    fc.assert(
      fc.property(fc.array(weights, { minLength: 2, maxLength: 4 }), (steps) => {
        let before = divideBuckets(steps[0]!, []);
        for (const shares of steps.slice(1)) {
          const after = divideBuckets(shares, before);
          const count = (parts: typeof before, version: number) =>
            parts.reduce((sum, part) => sum + (part.version === version ? part.to - part.from : 0), 0);
          const grown = shares.reduce(
            (sum, { version }) => sum + Math.max(0, count(after, version) - count(before, version)),
            0,
          );
          let moved = 0;
          for (let bucket = 0; bucket < 10_000; bucket++)
            if (versionOfBucket(before, bucket) !== versionOfBucket(after, bucket)) moved++;
          expect(moved).toBe(grown);
          const total = shares.reduce((sum, { weight }) => sum + weight, 0);
          for (const { version, weight } of shares)
            expect(Math.abs(count(after, version) - (weight / total) * 10_000)).toBeLessThanOrEqual(6);
          before = after;
        }
      }),
      { numRuns: 30 },
    );
  });
});
