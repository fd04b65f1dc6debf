#!/usr/bin/env node
import { relative } from "node:path";
import { parseArgs } from "node:util";

import { isModelkeepError } from "@modelkeep/core";

import { createPlugin } from "./create-plugin.js";

const usage = `npm create @modelkeep/plugin <folder> -- --codec | --store [--name <package>]

Makes a package that adds a file format (--codec) or a place that keeps bytes (--store) to Modelkeep. It works as it is, and its
conformance test runs at once.`;

async function main(): Promise<number> {
  let given;
  try {
    given = parseArgs({
      allowPositionals: true,
      options: {
        codec: { type: "boolean" },
        store: { type: "boolean" },
        name: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    say(process.stderr, `${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const { values, positionals } = given;
  const [folder] = positionals;
  if (values.help === true) {
    say(process.stdout, usage);
    return 0;
  }
  if (folder === undefined || positionals.length > 1 || (values.codec === true) === (values.store === true)) {
    say(process.stderr, usage);
    return 2;
  }
  try {
    const created = await createPlugin(folder, {
      kind: values.codec === true ? "codec" : "store",
      packageName: values.name,
    });
    const place = relative(process.cwd(), created.folder) || ".";
    say(
      process.stdout,
      `${created.packageName} is in ${place}: ${created.files.join(", ")}\n\n  cd ${place}\n  npm install\n  npm test`,
    );
    return 0;
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
    say(process.stderr, error.message);
    return 1;
  }
}

function say(stream: NodeJS.WriteStream, text: string): void {
  stream.write(`${text}\n`);
}

process.exitCode = await main();
