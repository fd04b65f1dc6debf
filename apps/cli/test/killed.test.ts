import {
  cpSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

import { beforeAll, expect, test, TestRunner } from "vitest";

import { commandLine } from "./run.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
const { folder, run } = commandLine();
const template = join(folder, "template");

/** In front of the command: it ends by SIGKILL before its call of a name on a file, or after so many calls that change something. */
const killer = `
  import fs from "node:fs";
  import { syncBuiltinESMExports } from "node:module";
  import { basename } from "node:path";
  const { KILL_AT, KILL_COUNT } = process.env;
  delete process.env.NODE_OPTIONS;
  let calls = 0;
  const before = (name, words) => {
    if (name.startsWith("open") && /^r?$/u.test(String(words[1] ?? "")) || words[1] === 0) return;
    const file = basename(String(words[/^(rename|link|symlink)/u.test(name) ? 1 : 0]));
    if (calls++ !== Number(KILL_AT) && KILL_AT !== name + " " + file) return;
    process.kill(process.pid, "SIGKILL");
    for (;;);
  };
  const verbs = ["open", "rename", "link", "unlink", "mkdir", "mkdtemp", "symlink", "rm", "rmdir", "writeFile", "chmod"];
  for (const holder of [fs, fs.promises])
    for (const name of verbs.flatMap((verb) => [verb, verb + "Sync"])) {
      const original = holder[name];
      if (original !== undefined) holder[name] = (...words) => (before(name, words), original.apply(holder, words));
    }
  syncBuiltinESMExports();
  process.on("exit", () => fs.writeFileSync(KILL_COUNT, String(calls)));`;

interface Command {
  readonly words: readonly string[];
  /** What is there when it is done. */
  readonly made: string;
  /** A call in the midst of it. */
  readonly midst: string;
  /** Refuses what is there: run again after it was done, it says so. */
  readonly once?: true;
}

const garbage = `models/blobs/sha256/${"a".repeat(64)}/01ARZ3NDEKTSV4RRFFQ69G5FAV`;
const commands: readonly Command[] = [
  { words: ["export", "oci", "lines@1", "layout"], made: "layout/index.json", midst: "rename index.json" },
  { words: ["export", "mlflow", "lines@1", "mine"], made: "mine/MLmodel", midst: "rename mine", once: true },
  { words: ["pull", "lines@1", "pulled"], made: "pulled/manifest.json", midst: "rename pulled", once: true },
  { words: ["pack", "lines@1", "lines.model.zip"], made: "lines.model.zip", midst: "link lines.model.zip", once: true },
  { words: ["checkout", "lines@1", "live"], made: "live/lines/current/manifest.json", midst: "rename current" },
  { words: ["backup", "verify", "kept"], made: "kept/registry.json", midst: "150" },
  { words: ["backup", "copy"], made: "copy/registry.json", midst: "70" },
  { words: ["restore", "kept", "--store", "back"], made: "back/registry.json", midst: "70" },
  { words: ["gc"], made: "models/registry.json", midst: "25" },
];

beforeAll(async () => {
  mkdirSync(template);
  cpSync(new URL("../../../vectors/mlflow/model", import.meta.url), join(template, "mlflow"), { recursive: true });
  for (const words of [
    ["import", "mlflow", "mlflow", "--name", "lines"],
    ["backup", "kept"],
  ]) {
    const { code, stderr } = await run(words, { folder: template });
    if (code !== 0) throw new Error(stderr);
  }
  mkdirSync(dirname(join(template, garbage)), { recursive: true });
  writeFileSync(join(template, garbage), "nobody's");
  mkdirSync(join(template, "tmp"));
});

/** In full at some twenty of its calls; otherwise some commands, at one. */
test.each(
  commands.filter((_, index) => thorough || index % 4 === 0).map((command) => [command.words.join(" "), command]),
)(
  "%s, killed (SIGKILL) and run again, is done and leaves nothing behind",
  { timeout: 3_600_000 },
  async (name, { words, made, midst, once = false }) => {
    const counted = join(folder, "count");
    const attempt = async (home: string, at: string) => {
      rmSync(counted, { force: true });
      const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(killer)}`;
      const env = { NODE_OPTIONS, KILL_AT: at, KILL_COUNT: counted, TMPDIR: join(home, "tmp") };
      const { code, stderr } = await run(words, { folder: home, env });
      return { code, stderr, calls: existsSync(counted) ? Number(readFileSync(counted, "utf8")) : undefined };
    };
    const homes = mkdtempSync(join(folder, "homes-"));
    const place = (at: string) => {
      const home = join(homes, at.replaceAll(" ", "-"));
      cpSync(template, home, { recursive: true });
      age(join(home, garbage));
      return home;
    };
    const points: string[] = [];
    if (thorough) {
      const calls = (await attempt(place("whole"), "never")).calls!;
      for (let at = 0; at < calls; at += Math.ceil(calls / 20)) points.push(String(at));
    } else points.push(midst);
    expect(points.length).toBeGreaterThan(0);
    for (const at of points) {
      const home = place(at);
      expect(await attempt(home, at), `${name} at ${at}`).toMatchObject({ code: 1, calls: undefined });
      const done = existsSync(join(home, made));
      for (const path of strays(home)) age(join(home, path));
      const again = await attempt(home, "never");
      expect([again.code, again.stderr], `${name} after the call ${at}`).toEqual([
        once && done ? 4 : 0,
        expect.any(String),
      ]);
      expect(existsSync(join(home, made)), `${name} after the call ${at}`).toBe(true);
      expect(strays(home), `${name} after the call ${at}`).toEqual([]);
      rmSync(home, { recursive: true });
    }
    Object.assign(TestRunner.getCurrentTest()!.meta, { counts: { kills: points.length } });
  },
);

/** What lies half done, or was only for the time of the command. */
function strays(home: string): readonly string[] {
  return readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) =>
    /(?:\.partial|\.lock|^tmp[\\/]modelkeep-[\w-]+|[\\/]\.tmp[\\/][^\\/]+)$/u.test(path),
  );
}

/** As if it were of the day before yesterday, with all that is in it. */
function age(path: string): void {
  const then = Date.now() / 1000 - 2 * 24 * 60 * 60;
  const found = lstatSync(path);
  if (found.isDirectory()) for (const name of readdirSync(path)) age(join(path, name));
  lutimesSync(path, then, then);
}
