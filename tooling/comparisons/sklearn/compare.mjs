// Shows what docs/comparison-sklearn.md says: converts the same scikit-learn models with other tools and with Modelkeep, and prints
// Markdown.
//
//   npm run -s modelkeep -- --version && node tooling/comparisons/sklearn/compare.mjs [--write]
//
// Needs Python 3.11 or later with venv, and the tools from PyPI (a few hundred MB, into .tools); for JPMML-SkLearn Java 17 with javac,
// and Maven. --write puts the output into docs/comparison-sklearn.md.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));
const commandLine = join(root, "apps/cli/dist/main.cjs");
const models = {
  forest: "RandomForestClassifier, 100 trees",
  "forest-regressor": "RandomForestRegressor, 100 trees",
  boosting: "HistGradientBoostingRegressor",
  logistic: "StandardScaler, LogisticRegression",
  svc: "SVC, rbf, with probabilities",
  columns: "ColumnTransformer with OneHotEncoder, LogisticRegression",
  neighbours: "KNeighborsClassifier",
};
const scratch = mkdtempSync(join(tmpdir(), "modelkeep-comparison-"));
try {
  const python = environment();
  console.error("Fitting the models…");
  execFileSync(python, [join(here, "models.py"), scratch], { stdio: "inherit" });
  const text = page([...pythonTools(python), ...javaTools(python), modelkeep()], versions(python));
  console.log(text);
  if (process.argv.includes("--write")) writeInto(join(root, "docs/comparison-sklearn.md"), text);
} finally {
  rmSync(scratch, { recursive: true });
}

/** A virtual environment with the tools, made once. */
function environment() {
  const requirements = join(here, "requirements.txt");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(root, ".tools", `comparison-sklearn-${digest}`);
  if (!existsSync(join(folder, "complete"))) {
    console.error(`Installing requirements.txt into ${folder}…`);
    execFileSync("python3", ["-m", "venv", "--clear", folder], { stdio: "inherit" });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
    execFileSync(join(folder, "bin/python"), pip, { stdio: "inherit" });
    writeFileSync(join(folder, "complete"), "");
  }
  return join(folder, "bin/python");
}

function versions(python) {
  const list = JSON.parse(execFileSync(python, ["-m", "pip", "list", "--format", "json"], { encoding: "utf8" }));
  return Object.fromEntries(list.map(({ name, version }) => [name.toLowerCase(), version]));
}

/** Each tool: `convert` gives the command that converts a file; `predict` gives the outputs for rows. */
function pythonTools(python) {
  const peers = join(here, "peers.py");
  const convert = (tool) => (name, target) => {
    const rows = join(scratch, `${existsSync(join(scratch, `${name}-test.json`)) ? name : "neighbours"}-test.json`);
    return [python, peers, "convert", tool, join(scratch, `${name}.joblib`), rows, target];
  };
  const onnx = (type) => (target, rows) => JSON.parse(run([python, peers, "predict", target, rows, type]));
  return [
    { name: "skl2onnx, float32", extension: "onnx", convert: convert("skl2onnx-float32"), predict: onnx("float32") },
    { name: "skl2onnx, float64", extension: "onnx", convert: convert("skl2onnx-float64"), predict: onnx("float64") },
    { name: "m2cgen", extension: "cjs", convert: convert("m2cgen"), predict: predictWithScript },
  ];
}

function predictWithScript(target, path) {
  const score = createRequire(import.meta.url)(target);
  const { rows, expected } = JSON.parse(readFileSync(path, "utf8"));
  const outputs = rows.map((row) => score(row));
  const { classes } = expected;
  if (classes === undefined) return { value: outputs };
  // A single number is the decision of two classes; no probabilities then.
  if (typeof outputs[0] === "number") return { label: outputs.map((decision) => classes[decision > 0 ? 1 : 0]) };
  return { label: outputs.map((row) => classes[row.indexOf(Math.max(...row))]), probabilities: outputs };
}

/** The Java libraries of JPMML-SkLearn as the Python package ships them, and JPMML-Evaluator; nothing of Python runs. */
function javaTools(python) {
  if (["javac", "mvn"].some((command) => spawnSync(command, ["--version"]).status !== 0)) return [];
  const find = "import importlib.util as u; print(u.find_spec('sklearn2pmml').submodule_search_locations[0])";
  const jars = join(run([python, "-c", find]).trim(), "resources/*");
  const classes = join(scratch, "classes");
  run(["javac", "-cp", jars, "-d", classes, join(here, "ConvertToPmml.java")]);
  const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
  const evaluator = join(scratch, "evaluator");
  run(["mvn", "-q", "-B", "-f", join(here, "pom.xml"), copy, `-DoutputDirectory=${evaluator}`]);
  run(["javac", "-cp", `${evaluator}/*`, "-d", classes, join(here, "EvaluatePmml.java")]);
  return [
    {
      name: "JPMML-SkLearn",
      extension: "pmml",
      convert: (name, target) => {
        return [
          "java",
          "-cp",
          [classes, jars].join(delimiter),
          "ConvertToPmml",
          join(scratch, `${name}.joblib`),
          target,
        ];
      },
      predict: (target, path) => predictWithPmml([classes, `${evaluator}/*`].join(delimiter), target, path),
    },
  ];
}

function predictWithPmml(classPath, target, path) {
  const { rows, expected } = JSON.parse(readFileSync(path, "utf8"));
  const named = Array.isArray(rows[0])
    ? rows.map((row) => Object.fromEntries(row.map((x, i) => [`x${i + 1}`, x])))
    : rows;
  const names = Object.keys(named[0]);
  writeFileSync(
    `${target}.tsv`,
    [names, ...named.map((row) => names.map((name) => row[name]))].map((row) => row.join("\t")).join("\n"),
  );
  const classes = expected.classes ?? [];
  const lines = run(["java", "-cp", classPath, "EvaluatePmml", target, `${target}.tsv`, ...classes.map(String)])
    .trim()
    .split("\n")
    .map((line) => line.split("\t"));
  if (expected.classes === undefined) return { value: lines.map(([value]) => Number(value)) };
  const label = lines.map(([value]) => classes.find((each) => String(each) === value));
  if (lines[0][1] === "null") return { label };
  return { label, probabilities: lines.map((line) => line.slice(1).map(Number)) };
}

function modelkeep() {
  return {
    name: "Modelkeep",
    extension: "onnx",
    convert: (name, target) => [
      process.execPath,
      commandLine,
      "convert",
      join(scratch, `${name}.joblib`),
      target,
      "--force",
    ],
    predict: (target, path) => {
      writeFileSync(`${target}.rows.json`, JSON.stringify(JSON.parse(readFileSync(path, "utf8")).rows));
      return JSON.parse(
        run([process.execPath, commandLine, "predict", target, "--input", `${target}.rows.json`, "--json"]),
      ).outputs;
    },
  };
}

function page(tools, versions) {
  const results = tools.map((tool) => {
    console.error(`${tool.name}…`);
    const conversions = Object.keys(models).map((name) => [name, attempt(tool, name)]);
    return { ...tool, ...Object.fromEntries(conversions), canary: canary(tool) };
  });
  const named = ["scikit-learn", "numpy", "joblib", "skl2onnx", "onnxruntime", "m2cgen", "sklearn2pmml"];
  const row = (title, cell) => `| ${title} | ${results.map(cell).join(" | ")} |`;
  const head = [row("", ({ name }) => name), `|---${"|---".repeat(results.length)}|`];
  return [
    `On ${today()}, ${cpus().length} × ${cpus()[0].model}, Node ${process.versions.node}, with`,
    `${named.map((name) => `${name} ${versions[name]}`).join(", ")}.`,
    ...(results.some(({ name }) => name === "JPMML-SkLearn")
      ? []
      : ["JPMML-SkLearn was not run: no javac and Maven here."]),
    "",
    "Converting: the size of the result, and seconds from the file to the result with the start of the interpreter (median of three):",
    "",
    ...head,
    ...Object.entries(models).map(([name, title]) => row(title, (result) => result[name].conversion)),
    row("a file that holds code", (result) => result.canary),
    "",
    "Predictions beside those of scikit-learn: labels that differ, and the largest |a − b| / max(1, |b|) of probabilities or values:",
    "",
    ...head,
    ...Object.entries(models).flatMap(([name, title]) =>
      ["test", "edge"]
        .filter((kind) => existsSync(rowsOf(name, kind)))
        .map((kind) => {
          const count = JSON.parse(readFileSync(rowsOf(name, kind), "utf8")).rows.length;
          return row(
            `${title}: ${count} ${kind === "edge" ? "rows at thresholds" : "rows"}`,
            (result) => result[name][kind],
          );
        }),
    ),
  ].join("\n");
}

function attempt(tool, name) {
  const target = join(scratch, `${name}.${tool.name.replace(/\W+/g, "-")}.${tool.extension}`);
  const runs = [];
  while (runs.length < 3) {
    const start = performance.now();
    const [command, ...args] = tool.convert(name, target);
    const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
    if (status !== 0) return { conversion: `no: ${reason(stderr)}`, test: "", edge: "" };
    runs.push((performance.now() - start) / 1000);
  }
  const seconds = runs.sort((left, right) => left - right)[1].toFixed(2);
  const compared = (kind) => (existsSync(rowsOf(name, kind)) ? agreement(tool, target, rowsOf(name, kind)) : "");
  return {
    conversion: `${kilobytes(statSync(target).size)}, ${seconds} s`,
    test: compared("test"),
    edge: compared("edge"),
  };
}

function agreement(tool, target, path) {
  const { expected } = JSON.parse(readFileSync(path, "utf8"));
  let actual;
  try {
    actual = tool.predict(target, path);
  } catch (error) {
    return `does not run: ${reason(String(error.stderr ?? error))}`;
  }
  const wrong = expected.label?.filter((label, index) => label !== actual.label[index]).length;
  const [right, given] = expected.value
    ? [expected.value, actual.value]
    : [expected.probabilities.flat(), actual.probabilities?.flat()];
  const labels = wrong === undefined ? "" : `${wrong} labels`;
  if (given === undefined) return `${labels}, no probabilities`;
  if (given.length !== right.length) throw new Error(`${target} predicts ${given.length} numbers for ${right.length}.`);
  const largest = right.reduce((most, b, index) => {
    const difference = Math.abs(Number(given[index]) - b) / Math.max(1, Math.abs(b));
    return Number.isNaN(difference) ? Number.NaN : Math.max(most, difference);
  }, 0);
  return [labels, largest === 0 ? "equal" : largest.toExponential(1)].filter((part) => part !== "").join(", ");
}

/** What becomes of a file that makes a folder when Python revives it. */
function canary(tool) {
  const folder = join(scratch, "canary-ran");
  rmSync(folder, { recursive: true, force: true });
  const [command, ...args] = tool.convert("canary", join(scratch, `canary.${tool.extension}`));
  const { status } = spawnSync(command, args, { encoding: "utf8" });
  return `${status === 0 ? "converted" : "refused"}; the code ${existsSync(folder) ? "ran" : "did not run"}`;
}

function rowsOf(name, kind) {
  return join(scratch, `${name}-${kind}.json`);
}

/** The last line of a tool's output that names an error, without what leads to it. */
function reason(stderr) {
  const line = stderr.split("\n").findLast((each) => /^[\w.]*(Error|Exception|Fail|modelkeep)\b/.test(each)) ?? stderr;
  const said = line
    .replace(/^.*\bfailed: ?/, "")
    .replaceAll("|", "/")
    .trim();
  return said.length > 110 ? `${said.slice(0, 110)}…` : said;
}

function run([command, ...args]) {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toLocaleString("en", { maximumSignificantDigits: 3 })} kB`;
}

function today() {
  return new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}

function writeInto(path, text) {
  const parts = readFileSync(path, "utf8").split(/(?<=<!-- output -->\n)[^]*(?=<!-- end of output -->)/);
  writeFileSync(path, parts.join(`\n${text}\n\n`));
}
