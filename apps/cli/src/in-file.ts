import { basename } from "node:path";

import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

const ofContent = /^(?:malformed|truncated|pickle_\w+)$/u;

/** Codecs speak of bytes, and know no names: what is wrong with a file says which file. */
export async function inFile<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!isModelkeepError(error) || !ofContent.test(error.code)) throw error;
    if (error.message.startsWith("[") || error.message.includes(basename(path))) throw error;
    throw new ModelkeepError(error.code, `${path}: ${error.message}`, { cause: error, details: error.details });
  }
}
