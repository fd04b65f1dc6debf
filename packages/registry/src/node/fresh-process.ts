import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { type Envelope, ModelkeepError } from "@modelkeep/core";
import { openEnvelopeFolder, temporaryFolder, unpackEnvelope } from "@modelkeep/core/node";

import type { Plugins } from "../options.js";
import { verifyEnvelope, type VerifyEnvelopeOptions } from "../standalone.js";
import type { VerificationResult } from "../verify.js";

/** What the process runs, and how much it may take. */
export interface FreshProcessOptions extends VerifyEnvelopeOptions {
  /** The script to run: it calls `answerVerification` with its plugins. */
  readonly script: URL | string;
  /** For the script. */
  readonly arguments?: readonly string[] | undefined;
  /** Milliseconds until the process is ended. Default two minutes. */
  readonly timeout?: number | undefined;
  /** MiB that its JavaScript heap may take. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Request {
  readonly folder: string;
  readonly options: VerifyEnvelopeOptions;
}

type Answer =
  | { readonly results: VerificationResult[] }
  | { readonly error: { readonly code: string; readonly message: string } };

/** The line that carries the answer: whatever else a library prints, it is found. */
const mark = "modelkeep-verification:";
/** The most that is kept of what the process prints. */
const outputLimit = 16 * 1024 * 1024;

/** Lays the envelope out in a temporary folder and lets a process that has loaded nothing yet hold it to its samples. */
export async function verifyInFreshProcess(
  envelope: Envelope,
  options: FreshProcessOptions,
): Promise<VerificationResult[]> {
  await using temporary = await temporaryFolder("verify");
  const folder = join(temporary.path, "envelope");
  await unpackEnvelope(envelope, folder);
  const { pairs, representation, runtime, where = "fresh" } = options;
  const answer = await run({ folder, options: { pairs, representation, runtime, where } }, options);
  if ("error" in answer) throw new ModelkeepError(answer.error.code, `In a fresh process: ${answer.error.message}`);
  return answer.results;
}

/** What the script of a fresh process does: reads the request, verifies with these plugins, answers. */
export async function answerVerification(plugins: Partial<Plugins>): Promise<void> {
  const { codecs = [], flavors = [], converters = [], runtimes = [] } = plugins;
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += String(chunk);
  const { folder, options } = JSON.parse(text) as Request;
  let answer: Answer;
  try {
    answer = {
      results: await verifyEnvelope(
        { codecs, flavors, converters, runtimes },
        await openEnvelopeFolder(folder),
        options,
      ),
    };
  } catch (error) {
    const { code = "io_error", message = String(error) } = error as { code?: string; message?: string };
    answer = { error: { code, message } };
  }
  process.stdout.write(`\n${mark}${JSON.stringify(answer)}\n`);
}

function run(
  request: Request,
  { script, timeout = 120_000, memory, signal, arguments: given = [] }: FreshProcessOptions,
): Promise<Answer> {
  const file = typeof script === "string" ? script : fileURLToPath(script);
  const heap = memory === undefined ? [] : [`--max-old-space-size=${memory}`];
  const child = spawn(process.execPath, [...heap, file, ...given], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout,
    killSignal: "SIGKILL",
    signal,
  });
  const [output, errors] = [keep(child.stdout), keep(child.stderr)];
  child.stdin.on("error", () => {}); // It may end before it has read everything; how it ended tells why.
  child.stdin.end(JSON.stringify(request));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killed) => {
      const line = output()
        .split("\n")
        .findLast((each) => each.startsWith(mark));
      if (line !== undefined) {
        resolve(JSON.parse(line.slice(mark.length)) as Answer);
        return;
      }
      const how =
        killed === null
          ? `ended with the code ${code}`
          : `was ended by ${killed}${killed === "SIGKILL" ? ", out of time or memory" : ""}`;
      reject(
        new ModelkeepError(
          "runtime_crashed",
          `The fresh process ${how} before it answered: ${errors().trim().slice(-500) || "it said nothing"}`,
        ),
      );
    });
  });
}

function keep(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    if (text.length < outputLimit) text += chunk;
  });
  return () => text;
}
