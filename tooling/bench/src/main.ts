import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { type Bench, gibibyte, type Group } from "./bench.js";
import { groups } from "./groups.js";
import { machineLine } from "./machine.js";
import { PythonPeer } from "./python-peer.js";
import { type Row, tableOf } from "./row.js";
import { updatePage } from "./update-page.js";

const usage = `npm run bench -- [--only <group>]… [--quick] [--json] [--update]

  --only <group>  one of: ${Object.keys(groups).join(", ")};
                  io, registry and cli have parts: --only io/verify
  --quick         small data and few rounds, to see that everything runs
  --json          for programs
  --update        also put the tables into docs/benchmarks.md`;

/** Figures are for reading: whatever they are, the exit code is 0. It is 1 when something could not be run to its end. */
async function main(): Promise<number> {
  const {
    only = Object.keys(groups),
    quick,
    json,
    update,
    help,
  } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      update: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  }).values;
  const unknown = only.find((name) => !((name.split("/", 1)[0] ?? "") in groups));
  if (help || unknown !== undefined) {
    console.log(unknown === undefined ? usage : `There is no group "${unknown}".\n\n${usage}`);
    return help ? 0 : 2;
  }
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-bench-"));
  const python = await PythonPeer.start();
  try {
    const needed = quick ? 2 : 16;
    const { bavail, bsize } = await statfs(folder);
    if (bavail * bsize < needed * gibibyte) {
      console.error(`${folder} has less than ${needed} GiB free: set TMPDIR to a folder that has more.`);
      return 2;
    }
    const found: { group: Group; machine: string; rows: readonly Row[]; failure?: string }[] = [];
    for (const which of only) {
      const [name = "", part] = which.split("/");
      const group = await groups[name]!();
      console.error(`${group.title}…`);
      const own = join(folder, name);
      const result = await runGroup(group, part, { quick, python, folder: own });
      const machine = machineLine(python, quick);
      found.push({ group, machine, ...result });
      if (!json) console.log(`${machine}\n\n${sectionOf(group, result.rows, result.failure)}`);
      if (update && !quick && part === undefined && result.failure === undefined)
        await updatePage(group.name, `${machine}.\n\n${tableOf(result.rows)}`);
    }
    if (json)
      console.log(JSON.stringify({ groups: found.map(({ group, ...rest }) => ({ name: group.name, ...rest })) }));
    return found.some((each) => each.failure !== undefined) ? 1 : 0;
  } finally {
    python?.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runGroup(
  group: Group,
  part: string | undefined,
  bench: Bench,
): Promise<{ rows: readonly Row[]; failure?: string }> {
  await mkdir(bench.folder);
  try {
    if (part === undefined) return { rows: await group.run(bench) };
    const work = group.parts?.[part];
    if (work === undefined)
      throw new Error(`Parts of ${group.name}: ${Object.keys(group.parts ?? {}).join(", ") || "none"}`);
    return { rows: await work(bench) };
  } catch (error) {
    return { rows: [], failure: (error as Error).stack ?? String(error) };
  } finally {
    await rm(bench.folder, { recursive: true, force: true });
  }
}

function sectionOf({ title }: Group, rows: readonly Row[], failure: string | undefined): string {
  return `## ${title}\n\n${failure === undefined ? tableOf(rows) : `It could not be run to its end.\n\n${failure}`}\n`;
}

process.exitCode = await main();
