import type { ObjectInfo } from "@modelkeep/core";
import type { FileMetadata } from "@google-cloud/storage";

import type { Connection } from "./connection.js";
import { classify } from "./failure.js";

/** In the metadata of an object: who wrote it, so that a put whose answer was lost knows its own. */
export const putToken = "modelkeep-put";

export interface Head {
  readonly info: ObjectInfo;
  readonly token: string | undefined;
  /** Of this very content: another one has another number. */
  readonly generation: string;
}

export async function headObject(
  connection: Connection,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Head | undefined> {
  const file = await connection.file(key);
  const metadata = await connection.call(`look at ${key}`, signal, async () => {
    try {
      return (await file.getMetadata())[0];
    } catch (error) {
      if (classify(error).status !== 404) throw error;
      // Of the bucket it is said otherwise, when something is put.
      return undefined;
    }
  });
  return metadata && describe(key, metadata);
}

export function describe(key: string, metadata: FileMetadata): Head {
  const { size = 0, updated, timeCreated, generation = 0 } = metadata;
  const token = metadata.metadata?.[putToken];
  return {
    info: { key, size: Number(size), modified: new Date(timeCreated ?? updated ?? 0) },
    token: typeof token === "string" ? token : undefined,
    generation: String(generation),
  };
}
