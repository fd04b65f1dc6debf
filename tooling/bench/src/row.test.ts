import { expect, test } from "vitest";

import { notRun, ratio, tableOf } from "./row.js";

const line = (row: Parameters<typeof tableOf>[0][number]) => tableOf([row]).split("\n")[2];

test("a ratio says whether its goal was met, and of what it was made", () => {
  expect(line(ratio("load", 250, 200, 1.25))).toBe("| load | ≤ 1.25 x | 1.25 x | met | 250 ms / 200 ms |");
  expect(line(ratio("load", 251, 200, 1.25, "cold"))).toBe(
    "| load | ≤ 1.25 x | 1.25 x | **not met** | 251 ms / 200 ms; cold |",
  );
  expect(line(ratio("a | b", 0.0123, 4, undefined))).toBe("| a \\| b |  | 0.0031 x |  | 12.3 µs / 4.0 ms |");
});

test("what was not run is neither met nor missed", () => {
  expect(line(ratio("load", 250, undefined, 1.25, "no Python"))).toBe(
    "| load | ≤ 1.25 x | – |  | not run: no Python |",
  );
  expect(line(notRun("load", undefined, ""))).toBe("| load |  | – |  | not run |");
});

test("memory and rates have their units", () => {
  expect(line({ what: "peak", goal: 32, measured: 31.6, unit: "MiB", note: "" })).toBe(
    "| peak | ≤ 32 MiB | 32 MiB | met |  |",
  );
  expect(line({ what: "moves", measured: 12_345.6, unit: "/s", note: "" })).toBe("| moves |  | 12,346/s |  |  |");
});
