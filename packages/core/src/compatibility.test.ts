import { describe, expect, it } from "vitest";

import { applyPolicy, compareEnvironment } from "./compatibility.js";
import { compareVersions, parseVersion, satisfies } from "./version.js";

const manifest = (libraries: Record<string, string>, requirements: { name: string; version: string }[] = []) => ({
  environment: { runtime: { name: "node", version: "20.19.0" } },
  representations: [{ name: "json", codec: "json", payloads: ["m"], libraries }],
  requirements: requirements.map((each) => ({ ecosystem: "npm" as const, ...each })),
});
const kinds = (recorded: string, current: string | undefined) =>
  compareEnvironment(
    { representations: manifest({ lib: recorded }).representations },
    { libraries: current === undefined ? {} : { lib: current } },
    { representation: "json" },
  ).map((each) => each.kind);

describe("compareEnvironment", () => {
  it.each([
    ["1.2.3", "1.2.3", []],
    ["1.2.3", "1.9.0", ["different"]],
    ["1.9.0", "1.2.3", ["different"]],
    ["1.2.3", "2.0.0", ["incompatible"]],
    ["0.4.1", "0.4.9", ["different"]],
    ["0.4.1", "0.5.0", ["incompatible"]],
    ["0.0.1", "0.0.2", ["incompatible"]],
    ["1.2.3", "1.2.3+build", []],
    ["1.2.3", "1.2.3-rc.1", ["different"]],
    ["1.2.3", undefined, ["missing"]],
    ["1.2.3", "banana", ["unknown"]],
    ["1.5.0.post1", "1.5.1", ["different"]],
  ] as const)("recorded %s, running %s", (recorded, current, expected) => {
    expect(kinds(recorded, current)).toEqual(expected);
  });

  it("looks at the runtime of the same name, at one representation's libraries, and at requirements", () => {
    const found = compareEnvironment(
      manifest({ lib: "1.0.0" }, [
        { name: "other", version: "^2.1.0" },
        { name: "lib", version: "^9" },
      ]),
      { runtime: { name: "node", version: "22.0.0" }, libraries: { lib: "1.0.0", other: "2.0.9" } },
      { representation: "json" },
    );
    expect(found.map((each) => [each.name, each.kind])).toEqual([
      ["runtime", "incompatible"],
      ["other", "incompatible"],
    ]);
    const elsewhere = compareEnvironment(manifest({}), { runtime: { name: "deno", version: "2.0.0" } });
    expect(elsewhere).toEqual([]);
    expect(
      compareEnvironment(
        {
          representations: [],
          environment: { runtime: { name: "node", version: "20.0.0" }, libraries: { constructor: "1.0.0" } },
        },
        { libraries: {} },
      ),
    ).toHaveLength(1);
  });

  it("asks for Python's libraries only where they are listed", () => {
    const recorded = {
      environment: { runtime: { name: "python", version: "3.11.2" }, libraries: { "scikit-learn": "1.2.1" } },
      representations: [{ name: "joblib", codec: "joblib", payloads: ["m"], libraries: { "scikit-learn": "1.2.1" } }],
      requirements: [{ ecosystem: "pypi" as const, name: "scikit-learn", version: "==1.2.1" }],
    };
    const node = { runtime: { name: "node", version: "20.19.0" }, libraries: {} };
    expect(compareEnvironment(recorded, node)).toEqual([]);
    expect(compareEnvironment(recorded, node, { representation: "joblib" })).toEqual([]);
    const python = { runtime: { name: "python", version: "3.12.0" }, libraries: { "scikit-learn": "1.6.0" } };
    expect(compareEnvironment(recorded, python).map((each) => [each.name, each.kind])).toEqual([
      ["runtime", "different"],
      ["scikit-learn", "different"],
    ]);
  });
});

describe("applyPolicy", () => {
  const found = compareEnvironment(
    manifest({ lib: "1.0.0" }),
    { libraries: { lib: "2.0.0" } },
    { representation: "json" },
  );

  it("ignores, warns by default, or refuses", () => {
    const warned: string[] = [];
    applyPolicy(found, "ignore", (each) => warned.push(each.name));
    expect(warned).toEqual([]);
    applyPolicy(found, undefined, (each) => warned.push(each.message));
    expect(warned).toEqual(["lib 1.0.0 was recorded, 2.0.0 is running"]);
    expect(() => applyPolicy(found, "refuse")).toThrow(expect.objectContaining({ code: "incompatible" }));
    applyPolicy([{ ...found[0]!, kind: "different" }], "refuse");
  });
});

describe("versions", () => {
  it("are ordered as semantic versioning says", () => {
    const ordered = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
    ];
    const parsed = ordered.map((each) => parseVersion(each)!);
    expect(parsed.toReversed().toSorted(compareVersions)).toEqual(parsed);
  });

  it.each([
    ["1.2.3", true],
    ["=1.2.3", true],
    ["1.2.4", false],
    ["^1.2.3", true],
    ["^1.2.4", false],
    ["^1", true],
    ["^0.2.3", false],
    ["~1.2.0", true],
    ["~1.1", false],
    ["~1", true],
    ["1.2", true],
    ["1.x", true],
    ["1.2.x", true],
    ["1.3.*", false],
    ["*", true],
    ["", true],
    [">=1.2.3 <2", true],
    [">= 1.2.4", false],
    [">1.2", false],
    [">1.1", true],
    ["<=1.2", true],
    ["<1.2", false],
    ["<1.2.3", false],
    ["1.0.0 - 1.2.3", true],
    ["1.0.0 - 1.2.2", false],
    ["0.9 || ^1.2", true],
    ["0.9 || 2", false],
    [">=1.0,<2.0", true],
    ["==1.2.3", true],
    ["banana", undefined],
    ["^", true],
  ])("1.2.3 satisfies %j: %s", (range, expected) => {
    expect(satisfies("1.2.3", range)).toBe(expected);
  });

  it("keep below 1.0 what must stay, and leave out prereleases of the end", () => {
    expect(satisfies("0.2.9", "^0.2.3")).toBe(true);
    expect(satisfies("0.3.0", "^0.2.3")).toBe(false);
    expect(satisfies("0.0.4", "^0.0.3")).toBe(false);
    expect(satisfies("0.0.4", "^0.0")).toBe(true);
    expect(satisfies("2.0.0-rc.1", "^1.2.3")).toBe(false);
    expect(satisfies("1.3.0-rc.1", "^1.2.3")).toBe(true);
    expect(satisfies("x", "*")).toBeUndefined();
  });
});
