import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { type Suite, suites } from "./reliability-suites.js";
import { type Outcome, reliabilityTable } from "./reliability-table.js";
import { readPage, updatePage } from "./update-page.js";

const page = "reliability.md";

const usage = `npm run reliability                      every suite in full: hours
npm run reliability -- --only PART       those with PART in the path of a test file; may be given several times
npm run reliability -- --update          also puts the lines of what ran into docs/${page}

${suites.map(({ title, files }) => `${title}\n  ${files.join("\n  ")}`).join("\n")}`;

async function main(): Promise<number> {
  const { only, update, help } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      update: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }).values;
  const has = ({ files }: Suite, part: string): boolean => files.some((file) => file.includes(part));
  const unknown = only?.find((part) => !suites.some((suite) => has(suite, part)));
  if (help || unknown !== undefined) {
    console.log(unknown === undefined ? usage : `No suite has a file with "${unknown}" in its path.\n\n${usage}`);
    return help ? 0 : 2;
  }
  const asked = (suite: Suite): boolean => only === undefined || only.some((part) => has(suite, part));
  const machine = `${process.platform} ${release()} ${process.arch}, ${cpus().length} processors, Node ${process.versions.node}`;
  const outcomes: Outcome[] = [];
  for (const suite of suites.filter(asked)) {
    console.error(`${suite.title}…`);
    const outcome = await run(suite);
    outcomes.push(outcome);
    const date = new Date().toISOString().slice(0, 10);
    // At once: a long run that is cut off has told what it found.
    if (update)
      await updatePage(
        "reliability",
        reliabilityTable(suites, [outcome], `${date}, ${machine}`, await readPage("reliability", page)),
        page,
      );
  }
  console.log(reliabilityTable(suites, outcomes, machine));
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
      counts: countsOf(found),
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
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly meta?: { readonly counts?: Readonly<Record<string, number>> } }[];
  }[];
}

const broken: Report = { success: false, numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, testResults: [] };

/** The sums of what tests counted, in `meta.counts`. */
function countsOf({ testResults }: Report): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { meta } of testResults.flatMap(({ assertionResults }) => assertionResults))
    for (const [what, number] of Object.entries(meta?.counts ?? {})) sums[what] = (sums[what] ?? 0) + number;
  return sums;
}

process.exitCode = await main();
