import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, it, test } from "vitest";

import { groups } from "../src/commands.js";
import { bashCompletion } from "../src/completion/bash.js";
import { completedCommands, nextWords } from "../src/completion/completed.js";
import { fishCompletion } from "../src/completion/fish.js";
import { zshCompletion } from "../src/completion/zsh.js";

const commands = completedCommands(groups);
const folder = mkdtempSync(join(tmpdir(), "modelkeep-completion-"));
writeFileSync(join(folder, "first model.onnx"), "");
afterAll(() => rmSync(folder, { recursive: true }));

/** What a shell offers for the last of some words, by its own means. */
type Offers = (...words: readonly string[]) => string[];

function run(shell: string, script: string, ...words: readonly string[]): string[] {
  const path = join(folder, `script.${shell}`);
  writeFileSync(path, script);
  const output = execFileSync(shell, [path, ...words], { cwd: folder, encoding: "utf8" });
  return output.split("\n").filter((line) => line !== "");
}

function offered(offers: Offers): void {
  expect(offers("pol")).toEqual(["policy"]);
  expect(offers("policy", "s")).toEqual(["set", "show"]);
  expect(offers("policy", "set", "--approve")).toEqual(["--approver"]);
  expect(offers("ls", "--li")).toEqual(["--limit"]);
  expect(offers("pull", "x@1", "--compatibility", "")).toEqual(["ignore", "refuse", "warn"]);
  expect(offers("completion", "")).toEqual(["bash", "fish", "zsh"]);
  expect(offers("inspect", "first")).toEqual(["first model.onnx"]);
  expect(offers("save", "x", "--samples", "first")).toEqual(["first model.onnx"]);
  expect(offers("show", "first")).toEqual([]);
  expect(offers("")).toEqual(expect.arrayContaining([...nextWords(commands).keys()]));
}

test("every command and option is completed, an alias too", () => {
  const scripts = [bashCompletion(commands), zshCompletion(commands), fishCompletion(commands)];
  for (const { words, options } of commands)
    for (const script of scripts)
      for (const text of [words.at(-1)!, ...options.map(({ name }) => name)]) expect(script).toContain(text);
  expect(commands.map(({ words }) => words.join(" "))).toEqual(expect.arrayContaining(["list", "ls", "policy set"]));
});

describe.skipIf(process.platform === "win32")("in the shell itself (not on win32)", () => {
  it("bash", () => {
    const script = `${bashCompletion(commands)}
      COMP_WORDS=(modelkeep "$@"); COMP_CWORD=$#; _modelkeep; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offers: Offers = (...words) => run("bash", script, ...words).sort();
    offered(offers);
    expect(offers("pull", "x@1", "--compatibility", "=", "re")).toEqual(["refuse"]);
  });

  it("fish and zsh, where they are installed", () => {
    if (spawnSync("fish", ["--version"]).status === 0) {
      const offers: Offers = (...words) => {
        const line = ["modelkeep", ...words].join(" ");
        const found = run("fish", `${fishCompletion(commands)}\ncomplete -C '${line}'`);
        return found.map((each) => each.split("\t")[0]!.replaceAll("\\", "")).sort();
      };
      offered(offers);
    }
    const zsh = spawnSync("zsh", ["--version"]).status === 0;
    const script = `autoload -U compinit; compinit -u -D; ${zshCompletion(commands)}\nprint $_comps[modelkeep]`;
    expect(zsh ? run("zsh", script) : []).toEqual(zsh ? ["_modelkeep"] : []);
  });
});
