import type * as nodeCryptoModule from "node:crypto";

import { ModelkeepError } from "@modelkeep/core";

let loaded: typeof nodeCryptoModule | undefined;

/** node:crypto, got when it is first needed and synchronously: importing this package costs nothing. */
export function nodeCrypto(): typeof nodeCryptoModule {
  const { process } = globalThis as { process?: Partial<Pick<NodeJS.Process, "getBuiltinModule">> };
  loaded ??= process?.getBuiltinModule?.("node:crypto");
  if (loaded === undefined)
    throw new ModelkeepError(
      "unsupported",
      "Keys and attestations need Node 20.16 or later: there is no node:crypto here",
    );
  return loaded;
}
