import type { Progress } from "@modelkeep/core";

import { counted, formatBytes, type Output } from "./output.js";

export interface Bar {
  readonly report: (progress: Progress) => void;
  readonly stop: () => void;
}

/** Milliseconds after which waiting wants an explanation. */
const patience = 1000;

/** A bar on standard error, on a terminal only, and only once a second has passed. It counts bytes, or the unit. */
export function progressBar(output: Output, title: string, { unit }: { readonly unit?: string } = {}): Bar {
  const format = (count: number) => (unit === undefined ? formatBytes(count) : counted(count, unit));
  if (!output.interactive) return { report: () => {}, stop: () => {} };
  const started = Date.now();
  let drawn: { update(done: number, payload: object): void; setTotal(total: number): void; stop(): void } | undefined;
  let loading = false;
  let stopped = false;
  const draw = async () => {
    const { SingleBar } = await import("cli-progress");
    if (stopped) return;
    const bar = new SingleBar({
      format: `${title} [{bar}] {percentage}% {text}`,
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barCompleteChar: "=",
      barIncompleteChar: " ",
    });
    bar.start(1, 0, { text: "" });
    drawn = bar;
  };
  return {
    report({ done, total }) {
      if (drawn === undefined) {
        if (loading || Date.now() - started < patience) return;
        loading = true;
        void draw();
        return;
      }
      if (total !== undefined) drawn.setTotal(total);
      drawn.update(done, { text: `${format(done)}${total === undefined ? "" : ` of ${format(total)}`}` });
    },
    stop() {
      stopped = true;
      drawn?.stop();
    },
  };
}
