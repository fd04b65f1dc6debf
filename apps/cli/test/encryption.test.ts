import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const at = (...path: string[]) => join(folder, ...path);

async function newIdentity(file: string): Promise<string> {
  const made = await run(["keys", "age-new", file, "--json"]);
  expect(made).toMatchObject({ code: 0 });
  return (made.json() as { recipient: string }).recipient;
}

test("a registry is kept encrypted, for one and then for two", async () => {
  const alice = await newIdentity("alice.txt");
  const bob = await newIdentity("bob.txt");
  expect(statSync(at("alice.txt")).mode & 0o077).toBe(0);
  expect(await run(["keys", "age-new", "alice.txt"])).toMatchObject({ code: 4 });
  writeFileSync(at("model.bin"), "the secret weights");
  const store = ["--store", "age+sealed"];

  const without = await run(["save", "scorer", "model.bin", ...store]);
  expect(without).toMatchObject({ code: 4, stderr: expect.stringContaining("--identity FILE") as string });
  expect(existsSync(at("sealed"))).toBe(false);
  expect(await run(["save", "scorer", "model.bin", ...store, "--identity", "alice.txt"])).toMatchObject({ code: 0 });
  for (const path of readdirSync(at("sealed"), { recursive: true, encoding: "utf8" })) {
    if (statSync(at("sealed", path)).isDirectory() || path.endsWith("encryption/README.md")) continue;
    expect(readFileSync(at("sealed", path), "latin1"), path).toMatch(/^age-encryption\.org\/v1\n/u);
  }
  const plain = await run(["list", "--store", "sealed"]);
  expect(plain).toMatchObject({ code: 4, stderr: expect.stringContaining('"age+"') as string });

  const shut = await run(["list", ...store, "--identity", "bob.txt"]);
  expect(shut).toMatchObject({ code: 4, stderr: expect.stringContaining("not to the identity") as string });
  const rotated = await run([
    "store",
    "rotate",
    "age+sealed",
    "--identity",
    "alice.txt",
    "--recipient",
    alice,
    "--recipient",
    bob,
    "--json",
  ]);
  expect(rotated.json()).toMatchObject({ renewed: false, recipients: [alice, bob] });
  expect(await run(["check", "--read", ...store], { env: { MODELKEEP_IDENTITY: at("bob.txt") } })).toMatchObject({
    code: 0,
  });
  const readers = await run(["store", "readers", "age+sealed", "--identity", "bob.txt"]);
  expect(readers.stdout).toContain(alice);
  expect(await run(["pull", "scorer@1", "pulled", ...store, "--identity", "bob.txt"])).toMatchObject({ code: 0 });
  expect(readFileSync(at("pulled", "model.bin"), "utf8")).toBe("the secret weights");
}, 60_000);

test("a key ring that was exchanged is refused by who has met the store before", async () => {
  const alice = await newIdentity("careful.txt");
  writeFileSync(at("model.bin"), "weights");
  const given = ["--store", "age+met", "--identity", "careful.txt"];
  expect(await run(["save", "scorer", "model.bin", ...given])).toMatchObject({ code: 0 });
  await newIdentity("mallory.txt");
  const mallory = readFileSync(at("mallory.txt"), "utf8").match(/public key: (\S+)/u)![1]!;
  const own = ["--store", "age+own", "--identity", "mallory.txt", "--recipient", alice, "--recipient", mallory];
  expect(await run(["save", "scorer", "model.bin", ...own])).toMatchObject({ code: 0 });
  const ring = (store: string, number: number) => at(store, `encryption/keys/00000000000${number}.age`);
  writeFileSync(ring("met", 2), readFileSync(ring("own", 1)));
  expect(await run(["save", "scorer", "model.bin", "--again", ...given])).toMatchObject({
    code: 5,
    stderr: expect.stringContaining("key ring of his own") as string,
  });
}, 60_000);

test("stores of the same name in different folders are different stores", async () => {
  await newIdentity("both.txt");
  const env = { MODELKEEP_IDENTITY: at("both.txt") };
  for (const name of ["one", "other"]) {
    mkdirSync(at(name));
    writeFileSync(at(name, "model.bin"), name);
    const saved = await run(["save", "scorer", "model.bin", "--store", "age+sealed"], { folder: at(name), env });
    expect(saved).toMatchObject({ code: 0 });
  }
}, 60_000);

test("a passphrase comes from the environment, never from the command line", async () => {
  writeFileSync(at("model.bin"), "weights");
  const given = ["--store", "age+sqlite:phrase.db"];
  const env = { MODELKEEP_PASSPHRASE: "correct horse" };
  expect(await run(["save", "scorer", "model.bin", ...given], { env })).toMatchObject({ code: 0 });
  expect((await run(["list", "--json", ...given], { env })).stdout).toContain("scorer");
  expect(await run(["list", ...given], { env: { MODELKEEP_PASSPHRASE: "another" } })).toMatchObject({ code: 4 });
  expect(await run(["list", ...given, "--passphrase"])).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("MODELKEEP_PASSPHRASE") as string,
  });
}, 60_000);

test("packages are encrypted and opened again", async () => {
  const alice = await newIdentity("pack.txt");
  writeFileSync(at("model.bin"), "the secret weights");
  await run(["save", "packed", "model.bin"]);
  const packed = await run(["pack", "packed@1", "--recipient", alice, "--json"]);
  expect(packed.json()).toMatchObject({ file: at("packed-1.model.zip.age") });
  expect(readFileSync(at("packed-1.model.zip.age"), "latin1")).not.toContain("secret");
  expect(await run(["verify", "packed-1.model.zip.age", "--digests-only", "--identity", "pack.txt"])).toMatchObject({
    code: 0,
  });
  expect(await run(["unpack", "packed-1.model.zip.age", "out", "--identity", "pack.txt"])).toMatchObject({ code: 0 });
  expect(readFileSync(at("out", "model.bin"), "utf8")).toBe("the secret weights");
  expect(await run(["unpack", "packed-1.model.zip.age", "again"])).toMatchObject({ code: 4 });
}, 60_000);

test("environments of the configuration, once it is trusted", async () => {
  const project = at("project");
  mkdirSync(project);
  writeFileSync(join(project, "model.bin"), "weights");
  const alice = await newIdentity("project/alice.txt");
  const write = (configuration: unknown) =>
    writeFileSync(join(project, "modelkeep.json"), JSON.stringify(configuration));
  const here = (...line: string[]) =>
    run(line, { folder: project, env: { MODELKEEP_IDENTITY: join(project, "alice.txt") } });
  write({
    environment: "dev",
    environments: { dev: { store: "dev" }, prod: { store: "age+../production", encryption: { recipients: [alice] } } },
  });
  expect(await here("save", "scorer", "model.bin")).toMatchObject({ code: 0 });
  expect(existsSync(join(project, "dev", "registry.json"))).toBe(true);
  expect(await here("copy", "scorer@1", "--from", "dev", "--to", "prod")).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("modelkeep trust") as string,
  });
  expect(await here("trust")).toMatchObject({ code: 0, stdout: expect.stringContaining("../production") as string });
  expect((await here("copy", "scorer@1", "--from", "dev", "--to", "prod")).stdout).toContain("scorer@1 → prod");
  expect(readFileSync(at("production", "registry.json"), "latin1")).toMatch(/^age-encryption/u);
  expect((await here("list", "-e", "prod", "--json")).stdout).toContain("scorer");
  expect(await here("list", "-e", "staging")).toMatchObject({
    code: 3,
    stderr: expect.stringContaining("dev, prod") as string,
  });
  expect(await here("list", "-e", "prod", "--store", "dev")).toMatchObject({ code: 2 });
  expect((await run(["list", "--json"], { folder: project, env: { MODELKEEP_ENVIRONMENT: "dev" } })).stdout).toContain(
    "scorer",
  );

  write({ environments: { prod: { store: "age+sealed", encryption: { identity: "AGE-SECRET-KEY-1…" } } } });
  expect(await here("list", "-e", "prod")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("never written there") as string,
  });
  write({ environments: { prod: { store: "age+sealed", encryption: { recipients: [alice] } } } });
  expect(await here("list", "-e", "prod")).toMatchObject({
    code: 4,
    stderr: expect.stringContaining("who can read") as string,
  });
}, 60_000);

test("a passphrase is asked for on a terminal, and not shown; Ctrl+C and the end of the input interrupt", async () => {
  writeFileSync(at("model.bin"), "the secret weights");
  const terminal = "process.stdin.isTTY = process.stderr.isTTY = true";
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(terminal)}` };
  const words = (...more: string[]) => [...more, "--store", "age+asked", "--passphrase", "--quiet"];
  await run(["save", "scorer", "model.bin", "--store", "age+asked"], { env: { MODELKEEP_PASSPHRASE: "open sesame" } });
  const listed = await run(words("list"), { env, input: "open sesame\n" });
  expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining("scorer") as string });
  expect(listed.stderr).toContain("Passphrase of the encrypted store or file:");
  expect(listed.stderr).not.toContain("sesame");
  for (const input of ["open\u0003", "", "open ses"])
    expect(await run(words("list"), { env, input })).toMatchObject({ code: 130 });
}, 300_000);
