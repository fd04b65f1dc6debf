import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { onnxCodec } from "@modelkeep/codec-onnx";
import { openRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";

import { type Bench, type Group, groupOf, type Parts } from "../bench.js";
import { convertedFile, linearModel } from "../models.js";
import { interleave, type Work } from "../measure.js";
import { missingModules } from "../python-peer.js";
import { notRun, ratio, type Row } from "../row.js";

const program = fileURLToPath(new URL("../../../../apps/cli/dist/main.cjs", import.meta.url));

/** The command line, in processes of its own. */
export const cli: Group = groupOf("cli", "Command line", {
  start: whenBuilt(async (bench) => start(bench, (await filled(bench)).folder)),
  predict: whenBuilt(async (bench) => {
    const { folder, registry } = await filled(bench);
    const lacking = missingModules(bench.python, "joblib", "numpy", "sklearn");
    const small = join(bench.folder, "small.joblib");
    const input = join(bench.folder, "rows.json");
    if (bench.python !== undefined && lacking === "") {
      writeFileSync(input, JSON.stringify(await bench.python.call("fit_small", { path: small })));
      await registry.save("small", { model: await convertedFile(small), aliases: ["production"] });
    }
    return endToEnd(bench, folder, small, input, lacking);
  }),
});

function whenBuilt(part: Parts[string]): Parts[string] {
  return async (bench) =>
    existsSync(program)
      ? part(bench)
      : [notRun("the command line", 1.4, "apps/cli is not built: npm run -s modelkeep -- --version")];
}

/** A registry of three models, one for each part. */
async function filled(bench: Bench) {
  const folder = await mkdtemp(join(bench.folder, "models-"));
  const registry = await openRegistry({ store: fsStore(folder), codecs: [onnxCodec()], actor: "bench" });
  for (const name of ["first", "second", "small"])
    await registry.save(name, { model: linearModel(), aliases: ["production"] });
  return { folder, registry };
}

async function start(bench: Bench, folder: string): Promise<Row[]> {
  const commands: Record<string, readonly string[]> = {
    "--version": ["--version"],
    "--help": ["--help"],
    show: ["show", "small", "--store", folder],
    list: ["list", "--store", folder],
  };
  const works: Record<string, Work | undefined> = { bare: () => run(process.execPath, ["-e", ""]) };
  const failures = new Map<string, string>();
  for (const [name, args] of Object.entries(commands)) {
    const failure = failureOf(args);
    if (failure === undefined) works[name] = () => run(process.execPath, [program, ...args]);
    else failures.set(name, failure);
  }
  const times = await interleave(bench.quick ? 5 : 25, works);
  return Object.keys(commands).map((name) =>
    ratio(`modelkeep ${name} / node -e ""`, times[name], times["bare"], 1.4, failures.get(name)),
  );
}

async function endToEnd(bench: Bench, folder: string, small: string, input: string, lacking: string): Promise<Row[]> {
  const what = `modelkeep predict small@production, end to end / python3 -c "joblib.load(…)"`;
  if (lacking !== "") return [notRun(what, 0.3, lacking)];
  const args = ["predict", "small@production", "--store", folder, "--input", input, "--json"];
  const failure = failureOf(args);
  const plain = [...args, "--runtime", "js"];
  const times = await interleave(bench.quick ? 3 : 15, {
    predict: failure === undefined ? () => run(process.execPath, [program, ...args]) : undefined,
    plain: failureOf(plain) === undefined ? () => run(process.execPath, [program, ...plain]) : undefined,
    python: () => run(bench.python!.executable, ["-c", `import joblib; joblib.load(${JSON.stringify(small)})`]),
  });
  const note = "a scaler and a logistic regression; ours also predicts 5 rows";
  return [
    ratio(what, times.predict, times.python, 0.3, failure ?? note),
    ratio(`the same with --runtime js`, times.plain, times.python, 0.3, failure ?? note),
  ];
}

function run(command: string, args: readonly string[]): void {
  spawnSync(command, args, { stdio: "ignore" });
}

/** What a command says when it fails: its time would mean nothing. */
function failureOf(args: readonly string[]): string | undefined {
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  return status === 0 ? undefined : `exit code ${status}: ${stderr.trim().split("\n", 1)[0]}`;
}
