import { describe, expect, it } from "vitest";

import { type AppendMistake, appendFault, appendStart, appendSteps } from "./append-model.js";
import { collectFault, collectStart, collectSteps } from "./collect-model.js";
import type { CollectMistake, CollectRules } from "./collect-state.js";
import { explore } from "./explore.js";

describe("appending, every interleaving", () => {
  const run = (expectations: (number | null)[], timeouts: number, mistake?: AppendMistake) =>
    explore(appendStart(expectations, timeouts), (state) => appendSteps(state, mistake), appendFault);

  it.each([
    { writers: [null, null, null], timeouts: 3 },
    { writers: [null, 0, 0], timeouts: 2 },
    { writers: [null, 0, 1], timeouts: 3 },
    { writers: [null, 0, 0, null], timeouts: 1 },
  ])("loses, doubles and misplaces nothing: $writers, $timeouts lost answers", ({ writers, timeouts }) => {
    const result = run(writers, timeouts);
    expect(result.violation).toBeUndefined();
    expect(result.states).toBeGreaterThan(500);
  });

  it.each<AppendMistake>([
    "give up after an unknown outcome",
    "submit again under a new id",
    "take a timeout for success",
    "do not check the precondition again",
    "take any entry in the slot for its own",
    "overwrite",
  ])("finds the planted mistake: %s", (mistake) => {
    expect(run([null, 0, 0], 2, mistake).violation).toBeDefined();
  });
});

describe("collecting garbage beside saves, every interleaving", () => {
  const fresh = { same: false };
  // One upload each bounds the search where there are two savers.
  const same = { same: true, uploads: 1 };
  interface Case {
    readonly savers: { same: boolean; uploads?: number }[];
    readonly collectors: number;
    readonly suspended: boolean;
    readonly crashes?: number;
    readonly garbage?: boolean;
    readonly movers?: number;
    readonly deletions?: number;
  }
  const run = ({ savers, collectors, suspended, ...start }: Case, mistake?: CollectMistake) => {
    const rules: CollectRules = mistake === undefined ? { suspended } : { suspended, mistake };
    return explore(
      collectStart(savers, collectors, start),
      (state) => collectSteps(state, rules),
      (state) => collectFault(state, rules),
    );
  };

  const quick: Case[] = [
    { savers: [fresh], collectors: 1, suspended: false, crashes: 1 },
    { savers: [fresh], collectors: 1, suspended: true, crashes: 1 },
    { savers: [{ same: false, uploads: 1 }], collectors: 2, suspended: true },
    { savers: [same, same], collectors: 1, suspended: false, garbage: false },
    { savers: [], movers: 1, collectors: 2, suspended: true },
    { savers: [same], movers: 1, deletions: 1, collectors: 1, suspended: true },
  ];
  // Some minutes and gigabytes: set MODELKEEP_RELIABILITY to run them.
  const thorough: Case[] = [
    { savers: [fresh], collectors: 2, suspended: true, crashes: 1 },
    { savers: [same, same], collectors: 1, suspended: true, crashes: 1, garbage: false },
    { savers: [same, same], collectors: 1, suspended: true },
    { savers: [{ same: false, uploads: 1 }, same], collectors: 1, suspended: true },
    { savers: [], movers: 2, collectors: 2, suspended: true },
    { savers: [], movers: 2, deletions: 1, collectors: 1, suspended: true },
    { savers: [fresh], movers: 1, deletions: 1, collectors: 1, suspended: true },
    { savers: [same], movers: 2, deletions: 1, collectors: 1, suspended: true },
  ];
  const cases = process.env["MODELKEEP_RELIABILITY"] === undefined ? quick : [...quick, ...thorough];
  it.each(cases)("loses nothing: %j", { timeout: 300_000 }, (each) => {
    const result = run(each);
    expect(result.violation).toBeUndefined();
    expect(result.states).toBeGreaterThan(1000);
  });

  it.each<[CollectMistake, string]>([
    ["look for the blob before the markers", "version 0 is there without its data"],
    ["no lease", "version 0 is there without its data"],
    ["no grace period", "version 0 is there without its data"],
    ["list leases before marking", "version 0 is there without its data"],
    ["no markers", "version 0 is there without its data"],
    ["one key per digest", "version 0 is there without its data"],
    ["remove the markers of others", "version 0 is there without its data"],
    ["remove markers before deleting", "version 0 is there without its data"],
    ["do not read the tails again", "version 0 was acknowledged and has lost its data"],
    ["append after the lease has expired", "version 0 is there without its data"],
    ["acknowledge without looking again", "version 0 was acknowledged and has lost its data"],
    ["look again for the blob before the markers", "version 0 was acknowledged and has lost its data"],
    ["look again for the blob only", "version 0 was acknowledged and has lost its data"],
    ["a new place replaces the old one", "version 0 was acknowledged and has lost its data"],
    ["trust a version of the same content unseen", "version 0 was acknowledged and has lost its data"],
  ])("finds the planted mistake: %s", { timeout: 300_000 }, (mistake, message) => {
    const searches: Case[] = [
      { savers: [fresh], collectors: 1, suspended: false },
      { savers: [fresh], collectors: 1, suspended: true },
      { savers: [fresh], collectors: 2, suspended: false },
      ...(mistake === "a new place replaces the old one"
        ? [{ savers: [same, same], collectors: 2, suspended: true, garbage: false }]
        : [{ savers: [same, same], collectors: 1, suspended: true, crashes: 1, garbage: false }]),
    ];
    const found = new Set<string>();
    for (const each of searches) {
      const { violation } = run(each, mistake);
      if (violation !== undefined) found.add(violation.message);
      if (found.has(message)) break;
    }
    expect([...found]).toContain(message);
  });

  it.each<[CollectMistake, Case]>([
    ["give places up before looking again", { savers: [], movers: 1, collectors: 2, suspended: true }],
    ["give places up in the entry that names the new one", { savers: [], movers: 1, collectors: 2, suspended: true }],
    ["look again for the moved blob before the markers", { savers: [], movers: 1, collectors: 2, suspended: true }],
    ["give up every place but one's own", { savers: [], movers: 2, collectors: 1, suspended: true }],
    [
      "take the bytes of a deleted version for garbage that nobody else has",
      { savers: [fresh], deletions: 1, collectors: 1, suspended: true },
    ],
  ])("finds the planted mistake of a move or a deletion: %s", { timeout: 300_000 }, (mistake, each) => {
    expect(run(each, mistake).violation?.message).toMatch(/^version \d was acknowledged and has lost its data$/u);
  });
});
