import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { updatePage } from "./update-page.js";

interface Suite {
  readonly title: string;
  /** What the long run is long in. */
  readonly count: string;
  /** Test files, or folders of them. */
  readonly files: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const mutations = 200_000;

/** Tests that `npm test` runs a seeded fraction of, in full. */
const suites: readonly Suite[] = [
  {
    title: "Mutated files give a result or a typed error, in bounded time",
    count: `${mutations.toLocaleString("en")} files for each decoder`,
    files: [
      "packages/codec-json/test/properties.test.ts",
      "packages/codec-msgpack/test/properties.test.ts",
      "packages/codec-safetensors/test/properties.test.ts",
      "packages/codec-onnx/test/vectors.test.ts",
      "packages/pickle/test/fuzz.test.ts",
    ],
    environment: { MODELKEEP_FUZZ_RUNS: String(mutations) },
  },
  {
    title: "The two protocols of the registry, in every order of their steps",
    count: "every order of the thorough cases",
    files: ["packages/registry/test/protocols"],
    environment: { MODELKEEP_RELIABILITY: "full" },
  },
  {
    title: "Many clients on one registry, saving, moving aliases and collecting garbage",
    count: "3,000 seeded orders of each kind",
    files: ["packages/registry/test/concurrency.test.ts"],
    environment: { MODELKEEP_RELIABILITY: "full" },
  },
  {
    title: "A fault or the end of the process at each call to the file system",
    count: "every call of put, save, promote and garbage collection",
    files: [
      "packages/store-fs/test/faults.test.ts",
      "packages/store-fs/test/power-loss.test.ts",
      "packages/registry/test/faults.test.ts",
      "packages/registry/test/kill.test.ts",
    ],
  },
  {
    title: "Writers in processes of their own on one store, and writers that are killed",
    count: "32 writers x 100 increments",
    files: ["packages/store-fs/test/processes.test.ts", "packages/store-sqlite/test/processes.test.ts"],
  },
  {
    title: "An S3 service that fails: refused, slow, cut off, committed but not answered",
    count: "every fault at every request, and a real server where one is configured",
    files: ["packages/store-s3/test"],
  },
  {
    title: "Packages beyond 4 GiB and 65,535 entries, read again by unzip and Python",
    count: "one of each",
    files: ["packages/core/test/zip64.test.ts"],
    environment: { MODELKEEP_LONG_TESTS: "1" },
  },
];

interface Outcome {
  readonly suite: Suite;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

async function main(): Promise<number> {
  const { only, update } = parseArgs({
    options: { only: { type: "string" }, update: { type: "boolean", default: false } },
  }).values;
  const chosen = suites.filter(({ files }) => only === undefined || files.some((file) => file.includes(only)));
  const outcomes: Outcome[] = [];
  for (const suite of chosen) {
    console.error(`${suite.title}…`);
    outcomes.push(await run(suite));
  }
  const table = tableOf(outcomes);
  const date = new Date().toISOString().slice(0, 10);
  const machine = `${date}, ${process.platform} ${release()} ${process.arch}, ${cpus().length} processors, Node ${process.versions.node}.`;
  console.log(`${machine}\n\n${table}`);
  if (update) await updatePage("reliability", `${machine}\n\n${table}`, "reliability.md");
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  console.log(`\n${outcomes.reduce((sum, outcome) => sum + outcome.passed, 0)} passed, ${failed} failed`);
  return failed === 0 && outcomes.length > 0 ? 0 : 1;
}

async function run(suite: Suite): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-reliability-"));
  const report = join(folder, "report.json");
  const start = performance.now();
  try {
    const files = suite.files.filter((file) => existsSync(file));
    const missing = suite.files.length - files.length;
    if (missing > 0) console.error(`Test files that are not there: ${missing}`);
    const args = ["run", ...files, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const environment = { ...process.env, ...suite.environment };
    const child = spawn("vitest", [...args, "--testTimeout=3600000"], {
      env: environment,
      stdio: ["ignore", process.stderr, "inherit"],
      shell: process.platform === "win32",
    });
    await once(child, "exit");
    const found = existsSync(report) ? (JSON.parse(await readFile(report, "utf8")) as Report) : broken;
    return {
      suite,
      passed: found.numPassedTests,
      // A file that could not be read has failed, though no test of it has.
      failed: Math.max(found.numFailedTests, found.success ? 0 : 1) + missing,
      skipped: found.numPendingTests,
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** What vitest's JSON reporter writes, as far as it matters here. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

const broken: Report = { success: false, numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };

function tableOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ suite, passed, failed, skipped, seconds }) => {
    const time = seconds < 90 ? `${Math.round(seconds)} s` : `${(seconds / 60).toFixed(1)} min`;
    return `| ${suite.title} | ${suite.count} | ${passed} | ${failed} | ${skipped} | ${time} |`;
  });
  return [
    "| what | how much | tests passed | failed | not run here | time |",
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

process.exitCode = await main();
