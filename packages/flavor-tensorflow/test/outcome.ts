import { isModelkeepError } from "@modelkeep/core";

import { convertSavedModel } from "../src/index.js";

/** "converted", or the code and message of a typed error; any other is thrown. */
export async function outcome(files: ReadonlyMap<string, Uint8Array>): Promise<string> {
  try {
    await convertSavedModel({ files });
    return "converted";
  } catch (error) {
    if (isModelkeepError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
}
