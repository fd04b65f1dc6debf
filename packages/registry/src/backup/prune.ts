import type { Store } from "@modelkeep/core";

import { collectGarbage } from "../collect-garbage.js";
import { Logs } from "../logs.js";

/** Bytes that an interrupted run has brought and no entry refers to yet are left alone for this long. */
const graceSeconds = 24 * 60 * 60;

/** Removes from a backup what no version needs that is not deleted. */
export async function pruneBackup(store: Store, signal?: AbortSignal): Promise<{ objects: number; bytes: number }> {
  const { removed, bytes } = await collectGarbage(
    {
      store,
      logs: new Logs(store),
      clock: () => new Date(),
      sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      graceSeconds,
      actor: { name: "backup" },
      readOnly: undefined,
    },
    { signal },
  );
  return { objects: removed, bytes };
}
