// Shows what docs/comparison.md says: runs other tools and Modelkeep on the same small tasks and prints Markdown.
//
//   npm run -s modelkeep -- --version && node tooling/comparisons/compare.mjs [--write]
//
// Needs Python 3.10 or later with venv, and the tools from PyPI (a few hundred MB, into .tools). --write puts the output into
// docs/comparison.md.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const commandLine = join(root, "apps/cli/dist/main.cjs");
const scratch = mkdtempSync(join(tmpdir(), "modelkeep-comparison-"));
try {
  const python = environment("requirements.txt");
  const modelscan = environment("requirements-modelscan.txt");
  const text = [
    ...saving(["mlflow", "bentoml", "modelstore", "joblib", "skops"].map((tool) => probe(python, tool))),
    "",
    ...(await scanning({ picklescan: python, fickling: python, modelscan }, python)),
  ].join("\n");
  console.log(text);
  if (process.argv.includes("--write")) writeInto(join(root, "docs/comparison.md"), text);
} finally {
  rmSync(scratch, { recursive: true });
}

/** A virtual environment for a list of versions, made once. */
function environment(list) {
  const requirements = join(here, list);
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(root, ".tools", `comparison-${digest}`);
  if (!existsSync(join(folder, "complete"))) {
    console.error(`Installing ${list} into ${folder}…`);
    execFileSync("python3", ["-m", "venv", "--clear", folder], { stdio: "inherit" });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
    execFileSync(join(folder, "bin/python"), pip, { stdio: "inherit" });
    writeFileSync(join(folder, "complete"), "");
  }
  return join(folder, "bin/python");
}

function probe(python, tool) {
  console.error(`${tool}…`);
  const folder = join(scratch, tool);
  mkdirSync(folder);
  return lastJson(
    execFileSync(python, [join(here, "probes.py"), tool, folder], { stdio: ["ignore", "pipe", "ignore"] }),
  );
}

function saving(probes) {
  const own = ownProbe();
  const tools = [...probes, own];
  const row = (title, cell) => `| ${title} | ${tools.map(cell).join(" | ")} |`;
  const [sklearn] = probes.map(({ versions }) => versions["scikit-learn"]);
  return [
    `A logistic regression of scikit-learn ${sklearn}, saved and loaded by each tool's ordinary calls, on ${today()}:`,
    "",
    row("", ({ tool, versions }) => `${tool} ${versions[tool]}`),
    `|---${"|---".repeat(tools.length)}|`,
    row("loading a file that holds code", ({ code }) => code),
    row("the same, saved as pickle on request", (each) => each["code-pickle"] ?? ""),
    row("one bit of what is stored changes", ({ flip }) => flip),
    row("inputs with a missing column", ({ inputs }) => inputs ?? "not tried"),
    row("where the alias pointed before it moved", ({ history }) => history ?? "not tried"),
    row("predictions that differ from the expected ones", ({ samples }) => samples ?? "not tried"),
    row("kept with the model", ({ kept }) => kept),
    row("seconds until it is imported (and the bare interpreter)", ({ start, bare }) => `${start} (${bare})`),
  ];
}

/** The same for Modelkeep, by its command line; exit codes are those of docs/command-line.md. */
function ownProbe() {
  const folder = join(scratch, "modelkeep");
  mkdirSync(folder);
  const keep = (...args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [commandLine, ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    return {
      status,
      stdout,
      said: stderr
        .trim()
        .split("\n")
        .at(-1)
        .replace(/^modelkeep: /, ""),
    };
  };
  const code = (args) => {
    const { stderr } = spawnSync(process.execPath, [commandLine, ...args, "--json"], { cwd: folder, encoding: "utf8" });
    return JSON.parse(stderr.trim().split("\n").at(-1)).error.code;
  };
  const python = join(scratch, "joblib/plain");
  const canary = join(scratch, "joblib/canary-ran");
  rmSync(canary, { recursive: true, force: true });
  keep("save", "canary", join(python, "canary.joblib"));
  keep("inspect", join(python, "canary.joblib"));
  const pulled = keep("pull", "canary@1", "out").status === 0;
  const refused = code(["predict", join(python, "canary.joblib"), "1", "2", "3", "4"]);
  const ran = existsSync(canary) ? "ran" : "did not run";

  writeModel(folder);
  writeFileSync(
    join(folder, "rows.json"),
    JSON.stringify([
      [1, 2],
      [3, 4],
    ]),
  );
  writeFileSync(join(folder, "wrong.json"), JSON.stringify([{ y: 5 }, { y: 12 }]));
  keep("save", "sum", "model.onnx", "--samples", "rows.json");
  keep("save", "wrong", "model.onnx", "--samples", "rows.json", "--expected", "wrong.json");
  const samples = `promote refuses: ${code(["promote", "wrong@1"])}`;
  writeFileSync(join(folder, "short.json"), "[[1]]");
  const inputs = `refused: ${code(["predict", "sum@1", "--input", "short.json"])}`;
  keep("promote", "sum@1");
  keep("save", "sum", "model.onnx", "--samples", "rows.json", "--again");
  keep("promote", "sum@2");
  const imports = ["registry", "store-fs", "codec-onnx"]
    .map((name) => `import ${JSON.stringify(join(root, "packages", name, "dist/index.js"))};`)
    .join("");
  const moves = JSON.parse(keep("history", "sum", "--json").stdout).filter(({ kind }) => kind === "alias");
  flipLargest(join(folder, "models/blobs"));
  return {
    tool: "Modelkeep",
    versions: { Modelkeep: keep("--version").stdout.trim() },
    code: `${pulled ? "kept and given back as bytes" : "not kept"}, predict refuses (${refused}); code from the file ${ran}`,
    flip: `error: ${code(["pull", "canary@1", "again"])}`,
    inputs,
    history: `every move: ${moves.map(({ change }) => change.version).join(", then ")}`,
    samples,
    kept: readdirSync(join(folder, "out")).sort().join(", "),
    start: seconds(["--input-type=module", "-e", imports]),
    bare: seconds(["-e", ""]),
  };
}

/** y = x0 + 2 x1 */
function writeModel(folder) {
  const script = `import { graphBuilder, encodeModelBytes } from ${JSON.stringify(join(root, "packages/onnx/dist/index.js"))};
    import { writeFileSync } from "node:fs";
    const b = graphBuilder();
    b.output("y", b.matmul(b.input("x", "float64", ["batch", 2]), b.float64([1, 2], [2, 1])), "float64", ["batch", 1]);
    writeFileSync("model.onnx", encodeModelBytes(b.build()));`;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });
}

function flipLargest(folder) {
  const files = readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .sort((left, right) => statSync(right).size - statSync(left).size);
  const bytes = readFileSync(files[0]);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(files[0], bytes);
}

async function scanning(scanners, python) {
  const folder = join(scratch, "scans");
  mkdirSync(folder);
  execFileSync(python, [join(here, "scans.py"), "make", folder], { stdio: "ignore" });
  const reports = Object.entries(scanners).map(([tool, interpreter]) => {
    console.error(`${tool}…`);
    return lastJson(
      execFileSync(interpreter, [join(here, "scans.py"), tool, folder], { stdio: ["ignore", "pipe", "ignore"] }),
    );
  });
  const { scanBytes } = await import(join(root, "packages/pickle/dist/index.js"));
  const files = Object.entries(reports[0].files);
  const own = {};
  for (const [name] of files) own[name] = scanBytes(readFileSync(join(folder, name)), name).verdict;
  const all = [...reports, { tool: "Modelkeep", version: "", said: own }];
  return [
    `Small harmless files, and what scanners say of each; scanning ran none of them (${existsSync(join(folder, "canary-ran")) ? "NOT TRUE" : "checked"}):`,
    "",
    `| | ${all.map(({ tool, version }) => `${tool} ${version}`.trim()).join(" | ")} |`,
    `|---${"|---".repeat(all.length)}|`,
    ...files.map(([name, title]) => `| ${title} | ${all.map(({ said }) => said[name]).join(" | ")} |`),
  ];
}

function seconds(args) {
  const runs = Array.from({ length: 6 }, () => {
    const start = performance.now();
    execFileSync(process.execPath, args);
    return (performance.now() - start) / 1000;
  });
  return runs
    .slice(1)
    .sort((left, right) => left - right)[2]
    .toFixed(2);
}

function lastJson(output) {
  return JSON.parse(String(output).trim().split("\n").at(-1));
}

function today() {
  return new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

function writeInto(page, text) {
  const parts = readFileSync(page, "utf8").split(/(?<=<!-- output -->\n)[^]*(?=<!-- end of output -->)/);
  writeFileSync(page, parts.join(`\n${text}\n\n`));
}
