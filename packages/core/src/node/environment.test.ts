import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it } from "vitest";

import { digestOf } from "../digest.js";
import { digestFile, gitAuthor, gitFacts, libraryVersions, runtimeFacts } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-environment-"));
afterAll(() => rmSync(folder, { recursive: true }));

const git = (at: string, ...command: string[]) =>
  execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", ...command], {
    cwd: at,
    encoding: "utf8",
  }).trim();

function repository(name: string): string {
  const at = join(folder, name);
  mkdirSync(at);
  git(at, "init", "--quiet", "--initial-branch=trunk");
  writeFileSync(join(at, "train.py"), "print(1)\n");
  git(at, "add", ".");
  git(at, "commit", "--quiet", "--no-gpg-sign", "-m", "First");
  return at;
}

describe("gitFacts", () => {
  it("tells commit, branch, remote and whether files changed", async () => {
    const at = repository("plain");
    git(at, "remote", "add", "origin", "https://ada:secret@example.org/models.git");
    const facts = { commit: git(at, "rev-parse", "HEAD"), branch: "trunk", remote: "https://example.org/models.git" };
    expect(await gitFacts(at)).toEqual({ ...facts, dirty: false });
    writeFileSync(join(at, "not-added.txt"), "");
    expect((await gitFacts(at))?.dirty).toBe(false);
    writeFileSync(join(at, "train.py"), "print(2)\n");
    expect((await gitFacts(at))?.dirty).toBe(true);
    git(at, "add", ".");
    expect((await gitFacts(at))?.dirty).toBe(true);
  });

  it("is nothing outside a repository, and before the first commit", async () => {
    const at = join(folder, "none");
    mkdirSync(at);
    expect(await gitFacts(at)).toBeUndefined();
    git(at, "init", "--quiet");
    expect(await gitFacts(at)).toBeUndefined();
  });

  it("runs no program that the repository names", async () => {
    const at = repository("hostile");
    const ran = join(folder, "ran");
    const script = join(at, "evil.sh");
    writeFileSync(script, `#!/bin/sh\ntouch ${ran}\ncat\n`, { mode: 0o755 });
    writeFileSync(join(at, ".gitattributes"), "*.py filter=evil diff=evil\n");
    for (const [key, value] of [
      ["core.fsmonitor", script],
      ["core.hooksPath", at],
      ["filter.evil.clean", script],
      ["filter.evil.process", script],
      ["filter.evil.smudge", script],
      ["filter.evil.required", "true"],
      ["filter.ev=il.clean", script],
      ["diff.external", script],
      ["diff.evil.command", script],
      ["diff.evil.textconv", script],
      ["core.pager", script],
      ["core.sshCommand", script],
      ["credential.helper", script],
      ["alias.status", `!${script}`],
    ] as const)
      git(at, "config", key, value);
    for (const hook of ["post-index-change", "pre-commit", "post-checkout"])
      writeFileSync(join(at, hook), `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
    writeFileSync(join(at, "train.py"), "print(3)\n");
    expect((await gitFacts(at))?.dirty).toBe(true);
    await gitAuthor(at);
    expect(existsSync(ran)).toBe(false);
    // The same repository does run it for whoever does not take care.
    spawnSync("git", ["status"], { cwd: at });
    expect(existsSync(ran)).toBe(true);
  });
});

describe("gitAuthor", () => {
  it("is who the repository is set up for", async () => {
    const at = repository("author");
    git(at, "config", "user.name", "Grace");
    git(at, "config", "user.email", "grace@example.org");
    expect(await gitAuthor(at)).toEqual({ name: "Grace", email: "grace@example.org" });
  });
});

describe("libraryVersions", () => {
  it("reads the nearest package.json upwards and runs nothing", async () => {
    const inner = join(folder, "app", "inner");
    mkdirSync(join(inner, "node_modules", "near"), { recursive: true });
    mkdirSync(join(folder, "app", "node_modules", "@scope", "far"), { recursive: true });
    mkdirSync(join(folder, "app", "node_modules", "broken"), { recursive: true });
    writeFileSync(join(inner, "node_modules", "near", "package.json"), '{"version":"1.2.3"}');
    writeFileSync(join(folder, "app", "node_modules", "@scope", "far", "package.json"), '{"version":"4.5.6"}');
    writeFileSync(join(folder, "app", "node_modules", "broken", "package.json"), "{");
    expect(await libraryVersions(["near", "@scope/far", "broken", "absent"], inner)).toEqual({
      near: "1.2.3",
      "@scope/far": "4.5.6",
    });
    await expect(libraryVersions(["../near"], inner)).rejects.toThrow(TypeError);
  });
});

describe("digestFile and runtimeFacts", () => {
  it("tell what data and process are", async () => {
    const path = join(folder, "data.csv");
    writeFileSync(path, "a,b\n1,2\n");
    expect(await digestFile(path)).toEqual({ digest: digestOf(new TextEncoder().encode("a,b\n1,2\n")), size: 8 });
    expect(runtimeFacts()).toMatchObject({ runtime: { name: "node", version: process.versions.node } });
  });
});
