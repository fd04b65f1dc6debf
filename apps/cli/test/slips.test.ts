import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { writeModels } from "./models.js";
import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const at = (...path: string[]) => join(folder, ...path);
const told = async (...words: string[]) => {
  const { code, stderr } = await run(words);
  return [code, stderr.trim()];
};

beforeAll(async () => {
  await writeModels(folder);
  await run(["save", "wine", "pipeline.onnx", "--samples", "rows.csv", "--data", "rows.csv"]);
});

describe("a name that is not there", () => {
  test("is told with the one that was meant, or with where it was looked for", async () => {
    expect(await told("show", "wime@1")).toEqual([3, 'modelkeep: [fs] There is no model "wime"; did you mean wine?']);
    expect((await told("show", "credit"))[1]).toContain('no model "credit" in models: modelkeep list shows');
    expect((await told("show", "credit", "--store", "typo"))[1]).toContain("in typo, nor any other");
    expect((await run(["list", "--store", "typo"])).stdout).toContain("No models in typo yet");
    expect((await told("show", "wine@latest"))[1]).toContain("its newest version is 1");
  }, 300_000);

  test("of an option comes with the nearest one, and with where to read more", async () => {
    expect(await told("list", "--jsn")).toEqual([
      2,
      "modelkeep: There is no option --jsn; did you mean --json? modelkeep list --help tells more",
    ]);
    expect((await told("list", "--jsn=1"))[1]).toContain("did you mean --json?");
    expect((await told("save", "x", "--samples"))[1]).toContain("--samples needs a value; modelkeep save --help");
    expect((await told("promote", "wine@1", "staging"))[1]).toContain(
      '"staging" is too many; modelkeep promote --help',
    );
  }, 300_000);
});

test("the bare name of a model is what is in production, else its newest version, for predict and verify, too", async () => {
  expect(await run(["predict", "wine", "--input", "rows.csv"])).toMatchObject({ code: 0 });
  expect(await run(["verify", "wine", "--no-record"])).toMatchObject({ code: 0 });
}, 300_000);

test("a damaged file is told by its name", async () => {
  writeFileSync(at("cut.onnx"), readFileSync(at("pipeline.onnx")).subarray(0, 500));
  for (const words of [
    ["inspect", "cut.onnx"],
    ["save", "cut", "cut.onnx"],
    ["predict", "cut.onnx", "1"],
  ])
    expect(await told(...words)).toEqual([5, expect.stringContaining("modelkeep: cut.onnx: ") as string]);
}, 300_000);

test("tables that are no tables are told apart from columns that the model does not know", async () => {
  const table = readFileSync(at("rows.csv"), "utf8");
  writeFileSync(
    at("index.csv"),
    table.replaceAll(/^/gmu, (_, offset: number) => (offset === 0 ? "," : "0,")),
  );
  writeFileSync(at("semicolons.csv"), table.replaceAll(",", ";"));
  writeFileSync(at("empty.csv"), "");
  expect((await told("predict", "wine", "--input", "index.csv"))[1]).toContain("index=False");
  expect((await told("predict", "wine", "--input", "semicolons.csv"))[1]).toContain("separated by commas");
  const [head, first] = table.split("\n") as [string, string];
  writeFileSync(at("text.csv"), [head, first, first, first.replace(/^[^,]*/u, "high")].join("\n"));
  expect((await told("predict", "wine", "--input", "text.csv"))[1]).toContain('in row 2 is the string "high"');
  const [, later] = await told("predict", "wine", "--input", "text.csv", "--batch-size", "2");
  expect(later).toMatch(/batch that begins with row 2, .* in row 0 is the string "high"/u);
  expect((await run(["predict", "wine", "--input", "rows.csv"])).stdout).toMatch(/^row +label\n0 +\d/u);
  expect(await told("predict", "wine", "--input", "empty.csv")).toEqual([0, "empty.csv has no rows"]);
}, 300_000);

test("show has what the manifest holds: inputs, outputs, data, and what it was made with", async () => {
  expect((await run(["show", "wine@1"])).stdout).toMatch(
    /input +features float64\[batch, 13\][^]*output +label[^]*data +rows\.csv, train[^]*made with +node/u,
  );
}, 300_000);

test("a pickle with a class of somebody's own is kept as it is; one that is dangerous is not", async () => {
  writeFileSync(at("own.pkl"), Buffer.from("\x80\x02c__main__\nMine\n)\x81.", "latin1"));
  expect(await told("save", "own", "own.pkl")).toEqual([0, expect.stringMatching(/without ONNX.*__main__\.Mine/u)]);
  expect((await told("save", "own", "own.pkl", "--samples", "rows.csv"))[1]).toMatch(
    /save it without.*__main__\.Mine/u,
  );
  writeFileSync(at("shell.pkl"), "cos\nsystem\n(S'true'\ntR.");
  expect(await told("save", "shell", "shell.pkl")).toEqual([5, expect.stringContaining("shell.pkl: ")]);
}, 300_000);

test("a scan of a folder passes over programs and prose, whatever a pickle they would be", async () => {
  mkdirSync(at("mixed"));
  writeFileSync(at("mixed", "train.py"), "import os\nimport sys\n\nos.system('true')\n");
  writeFileSync(at("mixed", "serve.js"), 'import { serve } from "@hono/node-server";\nserve(app);\n');
  writeFileSync(at("mixed", "model.py"), "class Model:\n    pass\n");
  writeFileSync(at("mixed", "called.py"), "cos x\nsystem\n(S'true'\ntR.");
  writeFileSync(at("mixed", "named.py"), "cos\nsystem\nx");
  const { files } = (await run(["scan", "mixed", "--json"])).json() as { files: { path: string }[] };
  expect(files.map(({ path }) => path)).toEqual([join("mixed", "called.py"), join("mixed", "named.py")]);
}, 300_000);

test("whoever may read a store and not write to it has the answer of verify, and is told that it is not on record", async () => {
  renameSync(at("models", ".tmp"), at("models", ".aside"));
  writeFileSync(at("models", ".tmp"), "no folder");
  const { code, stdout, stderr } = await run(["verify", "wine@1"]);
  expect([code, stdout, stderr]).toEqual([
    0,
    expect.stringContaining("reproduced"),
    expect.stringMatching(/not on record.*--no-record/u),
  ]);
}, 300_000);

test("onnxruntime keeps no identifier and sends nothing home", async () => {
  const env = { CI: "", HOME: at("home"), XDG_CACHE_HOME: at("home", ".cache") };
  mkdirSync(at("home"));
  expect(await run(["predict", "pipeline.onnx", "--input", "rows.csv"], { env })).toMatchObject({ code: 0 });
  expect(existsSync(at("home", ".cache", "Microsoft"))).toBe(false);
}, 300_000);
