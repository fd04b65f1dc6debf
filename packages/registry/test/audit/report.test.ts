import { memoryStore } from "@modelkeep/store-memory";
import { parse } from "csv-parse/sync";
import { expect, test } from "vitest";

import { auditCsv, type PredictionFact, type Registry } from "../../src/index.js";
import { changesOf } from "../../src/audit/changes.js";
import { csvCell } from "../../src/audit/csv.js";
import { knownKinds } from "../../src/rules.js";
import { openLines } from "../support/registry.js";
import { Line } from "../support/toy.js";

let now = Date.parse("2026-03-01T12:00:00Z");
const clock = () => new Date((now += 60_000));

async function example(): Promise<Registry> {
  const store = memoryStore();
  const ada = await openLines(store, { actor: { name: "Ada", email: "ada@example.org" }, clock });
  const bob = await openLines(store, { actor: { name: "Bob", email: "bob@example.org" }, clock });
  await ada.save("lines", { model: new Line(2), labels: ["v1"] });
  await bob.gates.approve("lines@1", { reason: '=HYPERLINK("http://evil")' });
  await ada.alias("lines", "production", 1, { reason: "first" });
  await ada.save("lines", { model: new Line(3) });
  await bob.gates.approve("lines@2");
  await bob.gates.withdraw("lines@2");
  await ada.alias("lines", "production", 2);
  await ada.rename("lines", "curves");
  return ada;
}

test("says who changed what, and who had approved it", async () => {
  const registry = await example();
  const { changes, models, predictions } = await registry.audit.report({ model: "lines" });
  expect(models).toEqual(["curves"]);
  expect(predictions).toBeUndefined();
  expect(changes.map(({ actor, what, approvedBy }) => [actor.name, what, ...approvedBy])).toEqual([
    ["Ada", "registered version 1"],
    ["Bob", "approved version 1"],
    ["Ada", "pointed production at version 1", "Bob <bob@example.org>"],
    ["Ada", "registered version 2"],
    ["Bob", "approved version 2"],
    ["Bob", "took back what was said of version 2"],
    ["Ada", "pointed production at version 2"],
    ["Ada", "renamed the model to curves"],
    ["Ada", "took over the history of lines"],
  ]);
});

test("of a time, and of all models", async () => {
  const registry = await example();
  await registry.save("others", { model: new Line(5) });
  const all = await registry.audit.report({});
  expect(all.models.toSorted()).toEqual(["curves", "others"]);
  const third = all.changes[2]!.time;
  const some = await registry.audit.report({ from: third, to: all.changes[4]!.time });
  expect(some.changes).toEqual(all.changes.slice(2, 4));
  await expect(registry.audit.report({ from: "yesterday" })).rejects.toMatchObject({ code: "invalid_input" });
});

test("counts predictions by version, by the way they were asked for", async () => {
  const registry = await example();
  const digest = "sha256:00";
  const fact = (version: number, minute: number, caller?: string): PredictionFact => ({
    time: `2026-03-02T00:0${minute}:00.000Z`,
    version,
    digest,
    reference: "curves@production",
    caller,
    ...(minute === 3 && { error: { code: "io_error" } }),
  });
  async function* find(): AsyncGenerator<PredictionFact> {
    yield* [fact(1, 1, "web"), fact(1, 2, "web"), fact(1, 3), fact(2, 4, "__proto__")];
  }
  const report = await registry.audit.report({ model: "curves", predictions: find });
  expect(report.predictions).toMatchObject([
    { version: 1, predictions: 3, failed: 1, callers: { web: 2 }, last: "2026-03-02T00:03:00.000Z" },
    { version: 2, predictions: 1, failed: 0 },
  ]);
  expect(auditCsv(report)).toContain("web (2)");
  expect(auditCsv(report)).toContain("__proto__ (1)");
});

test("as CSV every row has every column, and no cell is a formula", async () => {
  const csv = auditCsv(await (await example()).audit.report({}));
  const rows = parse<Record<string, string>>(csv, { columns: true });
  expect(rows).toHaveLength(9);
  expect(rows[1]).toMatchObject({ actor: "Bob", email: "bob@example.org", reason: '\'=HYPERLINK("http://evil")' });
  expect(rows[2]).toMatchObject({
    alias: "production",
    version: "1",
    approved_by: "Bob <bob@example.org>",
    entry: "3",
  });
  for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^\s*[=+\-@]/u);
});

test("cells that spreadsheets would compute are text", () => {
  for (const text of [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "  =1",
    "\u{FEFF}=1",
    "＝1",
    "%0A=1",
    '=cmd|"/c calc"!A1',
  ])
    expect(csvCell(text)).toMatch(/^"?'/u);
  expect(csvCell("plain")).toBe("plain");
  expect(csvCell('say "no", Ada')).toBe('"say ""no"", Ada"');
  expect(csvCell("a\nb")).toBe('"a\nb"');
  expect(csvCell(-3)).toBe("-3");
  expect(csvCell(undefined)).toBe("");
});

test("every kind of entry has its words", () => {
  for (const kind of knownKinds) {
    if (kind === "batch") continue;
    const entry = { model: "lines", number: 1, id: "", time: "", actor: { name: "Ada" }, change: {}, digest: "" };
    expect([kind, changesOf("lines", [{ ...entry, kind }])[0]!.what]).not.toEqual([kind, kind]);
  }
});
