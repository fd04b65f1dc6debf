import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import type { Store } from "@modelkeep/core";
import { expectBytes, expectTrue } from "../expect.js";
import { inChunks, noise, readStream, text } from "../store-case.js";

/** What writes until it is killed, and how often. */
export interface KillOptions {
  /** A JavaScript module that opens the store and calls `writeUntilKilled` with it, and its arguments. */
  readonly module: readonly [path: string, ...argv: string[]];
  /** Processes that are killed, one after the other. Default 20. */
  readonly rounds?: number;
  /** Default "killed/". */
  readonly prefix?: string;
}

const variable = "MODELKEEP_KILLED";
/** Small, in the middle, and large: in one piece, in some, and in many. */
const sizes = [100, 40_000, 3_000_000] as const;

/** What the module of each process calls with the store it has opened: it writes, and tells what was acknowledged. */
export async function writeUntilKilled(store: Store): Promise<never> {
  const start = process.env[variable];
  if (start === undefined) throw new TypeError("writeUntilKilled is for modules that killWhileWriting runs");
  const { prefix, first } = JSON.parse(start) as { prefix: string; first: number };
  for (let number = first; ; number++) {
    const body = inChunks(bodyOf(number), 70_000);
    await store.put(`${prefix}log/${number}`, body, { if: "absent" });
    writeSync(1, `log ${number}\n`);
    await store.put(`${prefix}current`, body);
    writeSync(1, `current ${number}\n`);
    if (number % 3 !== 0) continue;
    await store.delete(`${prefix}log/${number - 1}`);
    writeSync(1, `deleted ${number - 1}\n`);
  }
}

/**
 * Kills processes in the middle of their puts (SIGKILL, at a random moment), and holds the store to what it had
 * acknowledged to them: all of that is there, and whatever else is there is whole.
 */
export async function killWhileWriting(open: () => Store, options: KillOptions): Promise<void> {
  const { module, rounds = 20, prefix = "killed/" } = options;
  const written = new Set<number>();
  const deleted = new Set<number>();
  let current = 0;
  let first = 1;
  for (let round = 0; round < rounds; round++) {
    for (const [what, number] of await writeAndKill(module, { prefix, first })) {
      if (what === "log") written.add(number);
      else if (what === "deleted") deleted.add(number);
      else current = number;
    }
    const store = open();
    const found = await readNumbers(store, prefix);
    for (const number of written)
      // A delete may have come as far as the store, and its answer not as far as us.
      if (!deleted.has(number) && number % 3 !== 2)
        expectTrue(found.has(number), `the acknowledged object ${number} is gone after process ${round} was killed`);
    for (const number of deleted) expectTrue(!found.has(number), `the object ${number} is back after its delete`);
    const last = await readCurrent(store, prefix);
    expectTrue(last >= current, `the object that was replaced is at ${last}, but ${current} was acknowledged`);
    first = Math.max(first, last, ...written, ...found) + 1;
    await store[Symbol.asyncDispose]?.();
  }
  expectTrue(
    written.size > rounds,
    `${rounds} processes wrote only ${written.size} objects: they were killed too early`,
  );
}

function bodyOf(number: number): Uint8Array {
  const bytes = noise(sizes[number % sizes.length]!, number);
  bytes.set(text(String(number).padStart(12, "0")));
  return bytes;
}

/** The numbers in the log, each of which must be whole. */
async function readNumbers(store: Store, prefix: string): Promise<Set<number>> {
  const numbers = new Set<number>();
  for await (const { key } of store.list(prefix)) {
    const number = await readNumber(store, key);
    expectTrue(
      key === `${prefix}current` || key === `${prefix}log/${number}`,
      `${key} is listed after a crash, and has the bytes of object ${number}`,
    );
    if (key !== `${prefix}current`) numbers.add(number);
  }
  return numbers;
}

async function readCurrent(store: Store, prefix: string): Promise<number> {
  return (await store.head(`${prefix}current`)) === undefined ? 0 : readNumber(store, `${prefix}current`);
}

async function readNumber(store: Store, key: string): Promise<number> {
  const object = await store.get(key);
  expectTrue(object !== undefined, `${key} was listed, but is not there`);
  const bytes = await readStream(object);
  const number = Number(new TextDecoder().decode(bytes.subarray(0, 12)));
  expectTrue(Number.isSafeInteger(number), `${key} does not begin as it was written`);
  expectBytes(bytes, bodyOf(number), `bytes of ${key} after a crash`);
  return number;
}

function writeAndKill(module: readonly string[], start: object): Promise<(readonly [what: string, number: number])[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, module, {
      env: { ...process.env, [variable]: JSON.stringify(start) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let told = "";
    let complaint = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (told === "") setTimeout(() => child.kill("SIGKILL"), Math.random() * 150);
      told += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== "SIGKILL")
        return reject(new Error(`The process ended by itself, with ${code}: ${complaint.trim()}`));
      const lines = told.split("\n").slice(0, -1);
      resolve(lines.map((line) => [line.split(" ")[0]!, Number(line.split(" ")[1])] as const));
    });
  });
}
