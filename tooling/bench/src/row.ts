import { median } from "./measure.js";

/** One line of the table. */
export interface Row {
  readonly what: string;
  /** What `measured` may be at most; a row without a goal is there to be known. */
  readonly goal?: number | undefined;
  /** Absent when it could not be measured; the note says why. */
  readonly measured?: number | undefined;
  readonly unit: Unit;
  readonly note: string;
}

/** "x" is a ratio of two medians of one run. */
export type Unit = "x" | "ms" | "MiB" | "/s";

/** How long ours took in relation to the other. Without one of them the row says that it was not run. */
export function ratio(
  what: string,
  ours: number | undefined,
  other: number | undefined,
  goal: number | undefined,
  note = "",
): Row {
  if (ours === undefined || other === undefined) return notRun(what, goal, note);
  const figures = `${milliseconds(ours)} / ${milliseconds(other)}`;
  return { what, goal, measured: ours / other, unit: "x", note: note === "" ? figures : `${figures}; ${note}` };
}

/** The same, as the median of the rounds' own ratios: a disk that changes its mood between rounds meets both sides of each. */
export function ratioOfRounds(
  what: string,
  ours: readonly number[] | undefined,
  other: readonly number[] | undefined,
  goal: number | undefined,
  note = "",
): Row {
  if (ours === undefined || other === undefined) return notRun(what, goal, note);
  const ratios = ours.map((time, round) => time / other[round]!).sort((a, b) => a - b);
  const [least, most] = [ratios[0]!, ratios.at(-1)!];
  const rounds = `rounds from ${least.toFixed(2)} to ${most.toFixed(2)}`;
  return {
    ...ratio(what, median(ours), median(other), goal, note === "" ? rounds : `${rounds}; ${note}`),
    measured: median(ratios),
  };
}

export function notRun(what: string, goal: number | undefined, why: string): Row {
  return { what, goal, unit: "x", note: why === "" ? "not run" : `not run: ${why}` };
}

/** A Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, goal, measured, unit, note }) => {
    const cells = [
      what,
      goal === undefined ? "" : `≤ ${inUnit(goal, unit)}`,
      inUnit(measured, unit),
      met(goal, measured),
      note,
    ];
    return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return ["| what | goal | measured | | medians, ours / other, and notes |", "|---|---|---|---|---|", ...lines].join(
    "\n",
  );
}

function met(goal: number | undefined, measured: number | undefined): string {
  if (goal === undefined || measured === undefined) return "";
  return measured <= goal ? "met" : "**not met**";
}

function inUnit(value: number | undefined, unit: Unit): string {
  if (value === undefined) return "–";
  switch (unit) {
    case "x":
      return `${value < 0.1 ? value.toPrecision(2) : value.toFixed(2)} x`;
    case "ms":
      return milliseconds(value);
    case "MiB":
      return `${Math.round(value)} MiB`;
    case "/s":
      return `${Math.round(value).toLocaleString("en")}/s`;
  }
}

export function milliseconds(value: number): string {
  if (value >= 100) return `${Math.round(value).toLocaleString("en")} ms`;
  if (value >= 1) return `${value.toFixed(1)} ms`;
  return `${(value * 1000).toFixed(1)} µs`;
}
