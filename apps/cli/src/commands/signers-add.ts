import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { ModelkeepError, parseJson } from "@modelkeep/core";
import type { NewRing } from "@modelkeep/registry";

import { changeRings } from "../change-rings.js";
import { type Context, parseActor } from "../context.js";
import { wholeNumber } from "../reference.js";
import { publicPem, ringFrom } from "../signing-key.js";

export function run(context: Context): Promise<number> {
  const { options, signal } = context;
  const { add, quorum } = wanted(context);
  const reason = options.text("reason");
  return changeRings(context, (registry, name) => registry.signers.change(name, { add, quorum, reason, signal }));
}

function wanted({ options, folder }: Context): NewRing {
  const file = options.text("file");
  const [key, who] = [options.text("key"), options.text("who")];
  const needed = options.text("quorum");
  const quorum = needed === undefined ? undefined : wholeNumber(needed, "--quorum", 1);
  if (file !== undefined) {
    const path = resolve(folder, file);
    const ring = ringFrom(parseJson(readFileSync(path), { what: file }), dirname(path), file);
    return { ...ring, quorum: quorum ?? ring.quorum };
  }
  if (key === undefined || who === undefined)
    throw new ModelkeepError(
      "invalid_input",
      "Say with --key and --who which key to add, and for whom, or give --file",
    );
  return { add: [{ ...parseActor(who), key: publicPem(key, folder), admin: options.flag("admin") }], quorum };
}
