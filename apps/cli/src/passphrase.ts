import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";

import { ModelkeepError } from "@modelkeep/core";

/** Asks on the terminal, and shows nothing of the answer. */
export async function askPassphrase(what: string): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY || !stderr.isTTY)
    throw new ModelkeepError(
      "no_identity",
      `${what}: there is no terminal to ask on, so put it into $MODELKEEP_PASSPHRASE`,
    );
  stderr.write(`${what}: `);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      // Ctrl+C and the end of the input close it without an answer.
      const interrupted = (cause?: unknown) =>
        reject(new ModelkeepError("aborted", "No passphrase was given", { cause }));
      lines.once("close", () => interrupted());
      lines.question("").then(resolve, interrupted);
    });
  } finally {
    lines.close();
    stderr.write("\n");
  }
}
