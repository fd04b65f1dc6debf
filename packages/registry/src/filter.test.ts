import { describe, expect, it } from "vitest";

import { type FilterValue, parseFilter } from "./filter.js";

const version: Record<string, FilterValue[]> = {
  name: ["credit-scorer"],
  alias: ["production", "champion"],
  version: [3],
  status: ["active"],
  created: ["2026-03-01T12:00:00.000Z"],
  "metrics.auc": [0.93],
  "metrics.f1 score": [0.8],
  "tags.team": ["risk"],
  "tags.rank": ["7"],
  "parameters.trees": [100],
};

function holds(filter: string): boolean {
  return parseFilter(filter)({ read: (field) => version[field] ?? [undefined] });
}

describe("filters", () => {
  it.each([
    ["", true],
    ["metrics.auc > 0.9", true],
    ["metrics.auc > .95", false],
    ["metrics.`f1 score` = 0.8", true],
    ["alias = 'champion' and not alias = 'old'", true],
    ["alias != 'champion'", false],
    ["alias != 'old'", true],
    ["name like 'CREDIT%'", true],
    ["name like '%_scor_r'", true],
    ["name not like '%loan%'", true],
    ["tags.team in ('fraud', 'risk')", true],
    ["tags.team not in ('fraud', 'risk')", false],
    ["created >= '2026-03' and created < '2026-04'", true],
    ["status = 'archived' or (version = 3 and parameters.trees <= 1e2)", true],
    ["NOT status = 'archived' AND version >= 3", true],
    ["metrics.missing > 0", false],
    ["tags.missing = null", true],
    ["tags.rank > 6", true],
    ["name = \"it's\" or name = 'it''s'", false],
  ])("%s: %s", (filter, expected) => {
    expect(holds(filter)).toBe(expected);
  });

  it.each([
    ["metric.auc > 1", 0],
    ["name ~ 'a'", 5],
    ["name = ", 7],
    ["name = 'a", 7],
    ["(name = 'a'", 11],
    ["name = 'a' name = 'b'", 11],
    ["name like 3", 10],
    ["alias in 'a'", 9],
    ["name not = 'a'", 9],
    ["metrics. > 1", 0],
  ])("points at the fault: %s", (filter, at) => {
    expect(() => parseFilter(filter)).toThrow(expect.objectContaining({ code: "invalid_filter", details: { at } }));
  });

  it("counts characters as people do, and shows the place", () => {
    expect(() => parseFilter("name = '😀' zzz")).toThrow(
      'wrong at character 12: "and", "or" or the end must follow, not "zzz"\n  name = \'😀\' zzz\n              ^',
    );
  });

  it("takes long filters in linear time, and refuses endless and deep ones", () => {
    const long = Array.from({ length: 2500 }, (_, index) => `metrics.m${index} > ${index}`).join(" or ");
    const start = performance.now();
    expect(holds(long)).toBe(false);
    expect(() => parseFilter("(".repeat(60_000))).toThrow(/nested/u);
    expect(() => parseFilter(`name = '${"a".repeat(60_000)}`)).toThrow(/no end/u);
    expect(parseFilter(`name like '${"%a".repeat(10_000)}'`)({ read: () => ["a".repeat(5000)] })).toBe(false);
    expect(() => parseFilter(" ".repeat(1_000_000))).toThrow(expect.objectContaining({ code: "limit_exceeded" }));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
