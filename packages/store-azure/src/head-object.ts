import type { ObjectInfo } from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, isMissing } from "./failure.js";

/** In the metadata of an object: who wrote it, so that a put whose answer was lost knows its own. */
export const putToken = "modelkeepput";

export interface Head {
  readonly info: ObjectInfo;
  readonly token: string | undefined;
  readonly etag: string | undefined;
}

export async function headObject(
  connection: Connection,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Head | undefined> {
  const blob = await connection.blob(key);
  const found = await connection.call(`look at ${key}`, signal, async (calls) => {
    try {
      return await blob.getProperties(calls);
    } catch (error) {
      if (isMissing(classify(error))) return undefined;
      throw error;
    }
  });
  return (
    found && {
      info: { key, size: found.contentLength ?? 0, modified: found.lastModified ?? new Date(0) },
      token: found.metadata?.[putToken],
      etag: found.etag,
    }
  );
}
