import type { Progress } from "@modelkeep/core";

import { counted, formatBytes, type Output } from "./output.js";

export interface Bar {
  /** How far it is; what is not told is shown as the time that has passed. */
  readonly report: (progress: Progress) => void;
  readonly stop: () => void;
}

/** Milliseconds after which waiting wants an explanation. */
const patience = 1000;

/** A bar on standard error, on a terminal only, and only once a second has passed. It counts bytes, or the unit. */
export function progressBar(output: Output, title: string, { unit }: { readonly unit?: string } = {}): Bar {
  if (!output.interactive) return { report: () => {}, stop: () => {} };
  const started = Date.now();
  let latest: Progress | undefined;
  let drawn: { update(done: number): void; setTotal(total: number): void; stop(): void } | undefined;
  let loading = false;
  let stopped = false;
  const show = () => {
    if (latest?.total !== undefined) drawn?.setTotal(latest.total);
    drawn?.update(latest?.done ?? 0);
  };
  const draw = async () => {
    if (loading) return;
    loading = true;
    // CommonJS: what a bundle and Node agree on is its default.
    const { default: bars } = await import("cli-progress");
    if (stopped) return;
    const bar = new bars.SingleBar({
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barCompleteChar: "=",
      barIncompleteChar: " ",
      format: (options, { progress, total }) =>
        total > 0
          ? `${title} [${bars.Format.BarFormat(progress, options)}] ${Math.floor(progress * 100)}% ${doneText(latest, unit)}`
          : `${title}  ${latest === undefined ? `${Math.round((Date.now() - started) / 1000)} s` : doneText(latest, unit)}`,
    });
    bar.start(latest?.total ?? 0, latest?.done ?? 0);
    drawn = bar;
  };
  const timer = setTimeout(() => void draw(), patience);
  return {
    report(progress) {
      latest = progress;
      if (drawn !== undefined) show();
      // Where the event loop is busy, the timer is late.
      else if (Date.now() - started >= patience) void draw();
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      drawn?.stop();
    },
  };
}

function doneText(progress: Progress | undefined, unit: string | undefined): string {
  if (progress === undefined) return "";
  const { done, total } = progress;
  const text = (count: number) => (unit === undefined ? formatBytes(count) : counted(count, unit));
  return total === undefined ? text(done) : `${text(done)} of ${text(total)}`;
}
