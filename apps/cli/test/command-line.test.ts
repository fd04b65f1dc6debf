import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { beforeAll, describe, expect, test } from "vitest";

import { groups } from "../src/commands.js";
import { commandLine } from "./run.js";
import { sklearnModel, writeModels } from "./models.js";

const { folder, run } = commandLine();
const at = (...path: string[]) => join(folder, ...path);

beforeAll(async () => {
  await writeModels(folder);
  writeFileSync(at("metrics.json"), JSON.stringify({ accuracy: 0.97, f1: { macro: 0.965 } }));
});

describe("help", () => {
  test("lists every command", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const { name } of groups.flatMap(({ commands }) => commands)) expect(stdout).toContain(`\n  ${name} `);
  });

  test("every command explains itself", async () => {
    for (const { name } of groups.flatMap(({ commands }) => commands)) {
      const { code, stdout } = await run([...name.split(" "), "--help"]);
      expect([name, code]).toEqual([name, 0]);
      expect(stdout).toContain(`Usage: modelkeep ${name}`);
    }
  }, 300_000);

  test("an unknown command or option is misuse, with a hint", async () => {
    expect(await run(["promte", "x@1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean promote?") as string,
    });
    expect(await run(["list", "--nonsense"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--nonsense") as string,
    });
    expect(await run(["promote", "wine"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("names a model, not a version") as string,
    });
  });
});

describe("the main job", () => {
  test("save, promote, roll back, look back", async () => {
    const save = (...more: string[]) =>
      run([
        "save",
        "wine",
        "pipeline.json",
        "--samples",
        "rows.csv",
        "--metrics",
        "metrics.json",
        "--data",
        "rows.csv",
        "--json",
        ...more,
      ]);
    const first = await save("--as", "onnx", "--label", "v1", "--tag", "team=risk");
    expect(first).toMatchObject({ code: 0 });
    expect(first.json()).toMatchObject({ reference: "wine@1", existing: false });
    expect((await save("--as", "onnx")).json()).toMatchObject({ reference: "wine@1", existing: true });
    expect((await save("--again", "--metric", "accuracy=0.5")).json()).toMatchObject({ reference: "wine@2" });

    expect((await run(["promote", "wine@v1", "--json"])).json()).toMatchObject({ alias: "production", version: 1 });
    expect((await run(["promote", "wine@2", "-m", "by mistake", "--json"])).json()).toMatchObject({
      version: 2,
      previous: 1,
    });
    expect(await run(["alias", "wine@2", "staging", "--expect", "1"])).toMatchObject({ code: 4 });
    expect((await run(["rollback", "wine", "--json"])).json()).toMatchObject({ version: 1, previous: 2 });

    const shown = (await run(["show", "wine@production", "--json"])).json() as Record<string, unknown>;
    expect(shown).toMatchObject({
      version: 1,
      labels: ["v1"],
      tags: { team: "risk" },
      metrics: { accuracy: 0.97, "f1.macro": 0.965 },
    });
    expect(shown["manifest"]).toMatchObject({
      author: { name: expect.any(String) as string },
      data: [{ name: "rows.csv", digest: expect.stringMatching(/^sha256:/u) as string }],
      environment: { runtime: { name: "node", version: process.versions.node } },
      representations: [
        { name: "json", flavor: "mljs" },
        { name: "onnx", convertedFrom: { representation: "json", proof: { identical: true, rows: 20 } } },
      ],
      samples: { rows: 20, bound: 0 },
    });
    const kinds = ((await run(["history", "wine", "--json"])).json() as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds).toEqual(["version", "version", "verified", "alias", "verified", "alias", "alias"]);
    expect((await run(["history", "wine", "--as-of", "2001-01-01"])).stdout).toContain("did not exist");
  }, 300_000);

  test("list, compare, search", async () => {
    expect((await run(["list", "--json"])).json()).toMatchObject([
      { name: "wine", versions: 2, aliases: { production: 1 } },
    ]);
    expect((await run(["compare", "wine@1", "wine@2"])).stdout).toMatch(/accuracy\s+0\.97\s+0\.5/u);
    expect((await run(["search", "metrics.accuracy > 0.9 and tags.team = 'risk'", "--json"])).json()).toMatchObject({
      items: [{ reference: "wine@1" }],
    });
    const wrong = await run(["search", "metrics.accuracy >"]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("character 19") as string });
  });

  test("predictions agree between a reference, a file and a package", async () => {
    await run(["pack", "wine@1", "wine.model.zip"]);
    const labels = async (...words: string[]) =>
      ((await run(["predict", ...words, "--input", "rows.csv", "--json"])).json() as { outputs: { label: number[] } })
        .outputs.label;
    const expected = await labels("wine@production");
    expect(expected).toHaveLength(20);
    expect(await labels("wine@1", "--runtime", "onnxruntime")).toEqual(expected);
    expect(await labels("pipeline.onnx")).toEqual(expected);
    expect(await labels("wine.model.zip")).toEqual(expected);
    expect(await labels("wine@1", "--batch-size", "3")).toEqual(expected);
    const rows = readFileSync(at("rows.csv"), "utf8").trim().split("\n").slice(1);
    const single = await run(["predict", "wine@1", ...rows[0]!.split(","), "--json"]);
    expect(single.json()).toEqual({ outputs: { label: [expected[0]] } });
    const wrong = await run(["predict", "wine@1", "--input", "-"], { input: '[{"alcohol": 13}]' });
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("malic_acid") as string });
  }, 300_000);

  test("verify: here, in a fresh process, and a package; data by digest", async () => {
    expect((await run(["verify", "wine@1", "--json"])).json()).toMatchObject({
      ok: true,
      results: [{ where: "here", rows: 20 }],
    });
    expect((await run(["verify", "wine@1", "--fresh", "--data", "rows.csv", "--json"])).json()).toMatchObject({
      ok: true,
      data: [{ matches: true }],
      results: [{ where: "fresh" }],
    });
    expect(await run(["verify", "wine@1", "--data", "metrics.json"])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("matches no recorded data set") as string,
    });
    expect((await run(["verify", "wine.model.zip", "--json"])).json()).toMatchObject({ ok: true });
  }, 300_000);

  test("files out: pull, checkout with its current link, unpack", async () => {
    expect(await run(["pull", "wine@1", "out"])).toMatchObject({ code: 0 });
    expect(readFileSync(at("out", "pipeline.json"))).toEqual(readFileSync(at("pipeline.json")));
    expect(await run(["pull", "wine@1", "out"])).toMatchObject({ code: 4 });
    expect(await run(["checkout", "wine@1", "srv"])).toMatchObject({ code: 0 });
    expect(readlinkSync(at("srv", "wine", "current"))).toBe("1");
    expect(await run(["checkout", "wine@2", "srv"])).toMatchObject({ code: 0 });
    expect(readlinkSync(at("srv", "wine", "current"))).toBe("2");
    expect(await run(["unpack", "wine.model.zip", "--store", "other", "--json"])).toMatchObject({ code: 0 });
    expect((await run(["list", "--store", "other", "--json"])).json()).toMatchObject([{ name: "wine" }]);
  }, 300_000);

  test("copies to SQLite and back again are the same registry", async () => {
    expect(await run(["copy", "sqlite:copy.db"])).toMatchObject({ code: 0 });
    expect((await run(["copy", "sqlite:copy.db", "--json"])).json()).toMatchObject({ objects: 0 });
    const [here, there] = await Promise.all([
      run(["history", "wine", "--json"]),
      run(["history", "wine", "--json", "--store", "sqlite:copy.db"]),
    ]);
    expect(there.json()).toEqual(here.json());
    expect((await run(["check", "--read", "--json", "--store", "sqlite:copy.db"])).json()).toMatchObject({
      ok: true,
      versions: 2,
    });
  }, 300_000);

  test("backup, its proof, and what comes back from it", async () => {
    expect((await run(["backup", "sqlite:backup.db", "--json"])).json()).toMatchObject({ complete: true, changed: 1 });
    expect((await run(["backup", "sqlite:backup.db", "--json"])).json()).toMatchObject({ changed: 0, objects: 0 });
    expect((await run(["backup", "sqlite:backup.db"])).stdout).toContain("nothing new");
    const proof = await run(["backup", "verify", "sqlite:backup.db", "--max-age", "1"]);
    expect(proof).toMatchObject({ code: 0, stdout: expect.stringMatching(/restored +wine@1: 20 rows/u) as string });
    expect(await run(["backup", "verify", "sqlite:backup.db", "--max-age", "0"])).toMatchObject({ code: 1 });
    expect(await run(["tag", "wine@1", "a=b", "--store", "sqlite:backup.db"])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("It is a backup") as string,
    });
    expect(await run(["restore", "sqlite:backup.db", "--store", "restored"])).toMatchObject({ code: 0 });
    const [here, there] = await Promise.all([
      run(["history", "wine", "--json"]),
      run(["history", "wine", "--json", "--store", "restored"]),
    ]);
    expect(there.json()).toEqual(here.json());
    rmSync(at("restored", "models", "wine", "log", "000000000001.json"), { force: true });
    expect(await run(["list", "--store", "restored"])).not.toMatchObject({ code: 0 });
    expect(
      (await run(["restore", "sqlite:backup.db", "--repair", "--store", "restored", "--json"])).json(),
    ).toMatchObject({
      healed: [{ code: "not_found" }],
    });
    expect(await run(["check", "--read", "--store", "restored"])).toMatchObject({ code: 0 });
    expect(await run(["backup", "sqlite:backup.db", "--store", "other"])).toMatchObject({ code: 4 });
  }, 300_000);

  test("what was changed behind its back is found", async () => {
    await run(["copy", "./broken"]);
    const { stdout } = await run(["check", "--read", "--store", "broken"]);
    expect(stdout).toContain("no faults");
    const victim = (await import("node:fs"))
      .readdirSync(at("broken", "blobs"), { recursive: true, encoding: "utf8" })
      .map((path) => at("broken", "blobs", path))
      .find((path) => (readFileSyncOrNothing(path)?.length ?? 0) > 5000)!;
    const bytes = readFileSync(victim);
    bytes[100]! ^= 1;
    writeFileSync(victim, bytes, { mode: 0o644 });
    expect(await run(["check", "--read", "--store", "broken"])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("fault") as string,
    });

    await run(["copy", "sqlite:broken.db"]);
    const file = readFileSync(at("broken.db"));
    writeFileSync(at("broken.db"), file.fill(0, 100, 8192));
    expect(await run(["check", "--store", "sqlite:broken.db"])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^fault {2}store: .* damaged.*\n0 models.* 1 fault\n$/su) as string,
    });
  }, 300_000);
});

function readFileSyncOrNothing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

describe("a scikit-learn file", () => {
  const pipeline = fileURLToPath(new URL("../../../vectors/sklearn/", import.meta.url));

  test("is scanned, inspected, converted, and predicts as it is and as ONNX", async () => {
    const { file, rows, labels } = sklearnModel(pipeline);
    writeFileSync(at("sklearn-rows.json"), JSON.stringify(rows));
    expect((await run(["scan", file, "--json"])).json()).toMatchObject({ files: [{ verdict: "clean" }] });
    expect((await run(["inspect", file])).stdout).toContain("sklearn.");
    expect(await run(["convert", file, "converted.onnx", "--signature", "serve"])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('one signature, without a name, and not "serve"') as unknown,
    });
    expect(await run(["convert", file, "converted.onnx"])).toMatchObject({ code: 0 });
    expect(await run(["convert", file, "converted.onnx"])).toMatchObject({ code: 4 });
    for (const words of [
      [file],
      [file, "--runtime", "js"],
      ["converted.onnx"],
      ["converted.onnx", "--runtime", "js"],
    ]) {
      const { outputs } = (await run(["predict", ...words, "--input", "sklearn-rows.json", "--json"])).json() as {
        outputs: { label: unknown[] };
      };
      expect(outputs.label).toEqual(labels);
    }
  }, 300_000);

  test("is kept with the ONNX made of it, and the proof that they agree", async () => {
    const { file } = sklearnModel(pipeline);
    expect(await run(["save", "from-python", file, "--samples", "sklearn-rows.json"])).toMatchObject({ code: 0 });
    const { manifest } = (await run(["show", "from-python@1", "--json"])).json() as {
      manifest: { representations: unknown[]; requirements: unknown[] };
    };
    expect(manifest.representations).toMatchObject([
      { codec: "joblib" },
      { codec: "onnx", convertedFrom: { representation: "joblib", proof: { identical: true } } },
    ]);
    expect(manifest.requirements).toContainEqual(expect.objectContaining({ ecosystem: "pypi", name: "scikit-learn" }));
    expect(await run(["promote", "from-python@1"])).toMatchObject({ code: 0 });
  }, 300_000);

  test("that would run something is refused, with what it would have done", async () => {
    // A harmless command, in the shape of an attack: protocol 0, os.system("true").
    writeFileSync(at("hostile.pkl"), "cos\nsystem\n(S'true'\ntR.");
    const scanned = await run(["scan", "hostile.pkl"]);
    expect(scanned).toMatchObject({ code: 1 });
    expect(scanned.stdout).toMatch(/dangerous[^]*system\("true"\)/u);
    expect(await run(["predict", "hostile.pkl", "1"])).toMatchObject({ code: 5 });
    expect(await run(["convert", "hostile.pkl", "hostile.onnx"])).toMatchObject({ code: 5 });
    mkdirSync(at("mixed"));
    writeFileSync(at("mixed", "notes.txt"), "nothing to see");
    writeFileSync(at("mixed", "innocent.txt"), "cos\nsystem\n(S'true'\ntR.");
    expect((await run(["scan", "mixed", "--json"])).json()).toMatchObject({
      files: [{ path: join("mixed", "innocent.txt"), verdict: "dangerous" }],
    });
  }, 300_000);
});

describe("a stranger's folder", () => {
  const stranger = at("stranger");

  test("no code of it runs: neither plugins that its configuration names nor configuration that is code", async () => {
    mkdirSync(join(stranger, "node_modules", "evil"), { recursive: true });
    const traces = ["modelkeep.config.js", "modelkeep.config.mjs", ".modelkeeprc.js", "node_modules/evil/index.js"];
    for (const path of traces)
      writeFileSync(join(stranger, path), `require("node:fs").writeFileSync(${JSON.stringify(at("trace"))}, "ran")`);
    writeFileSync(join(stranger, "node_modules/evil/package.json"), JSON.stringify({ name: "evil", main: "index.js" }));
    writeFileSync(join(stranger, "modelkeep.json"), JSON.stringify({ plugins: ["evil"], store: "./models" }));
    const { code, stderr } = await run(["formats", at("pipeline.onnx"), "--samples", at("rows.csv"), "--rounds", "1"], {
      folder: stranger,
    });
    expect([code, stderr]).toEqual([0, expect.stringContaining("evil") as string]);
    await run(["inspect", at("pipeline.onnx")], { folder: stranger });
    await run(["list"], { folder: stranger });
    expect(readFileSyncOrNothing(at("trace"))).toBeUndefined();
  }, 300_000);

  test("its store may not lie elsewhere, until the file is trusted; a change asks again", async () => {
    const configure = (store: string) => writeFileSync(join(stranger, "modelkeep.json"), JSON.stringify({ store }));
    configure("../elsewhere");
    expect(await run(["list"], { folder: stranger })).toMatchObject({
      code: 4,
      stderr: expect.stringContaining("modelkeep trust") as string,
    });
    configure("s3://bucket/prefix?endpoint=http://127.0.0.1:1");
    expect(await run(["list"], { folder: stranger })).toMatchObject({ code: 4 });
    configure("../elsewhere");
    expect(await run(["trust"], { folder: stranger })).toMatchObject({ code: 0 });
    expect(await run(["list"], { folder: stranger })).toMatchObject({ code: 0 });
    configure("../somewhere-else");
    expect(await run(["list"], { folder: stranger })).toMatchObject({ code: 4 });
  }, 300_000);
});

test("a store is held to the conformance suite", async () => {
  const { code, stdout } = await run(["store check", "./scratch", "--no-race"].flatMap((word) => word.split(" ")));
  expect([code, stdout]).toEqual([0, expect.stringContaining("0 failed") as string]);
}, 300_000);

test("the version is that of the package", async () => {
  const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  expect((await run(["--version"])).stdout.trim()).toBe(manifest.version);
});
