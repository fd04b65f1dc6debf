export interface OutputOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean | undefined;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

type Style = "bold" | "dim" | "green" | "red" | "yellow";
const codes: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };

/** Tables and sentences for people, JSON for programs; progress and warnings go to standard error. */
export class Output {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly #options: OutputOptions;
  readonly #color: boolean;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.json = options.json;
    this.quiet = options.quiet;
    this.#color =
      options.color ??
      (options.stdout.isTTY && process.env["NO_COLOR"] === undefined && process.env["TERM"] !== "dumb");
  }

  /** True where a progress bar helps somebody. */
  get interactive(): boolean {
    return this.#options.stderr.isTTY && !this.quiet && !this.json;
  }

  /** What the command answers: `value` for programs, `text` for people. */
  result(value: unknown, text: string | (() => string)): void {
    if (this.json) this.#options.stdout.write(`${JSON.stringify(value, plain, 2)}\n`);
    else this.line(typeof text === "string" ? text : text());
  }

  line(text: string): void {
    if (!this.json && text !== "") this.#options.stdout.write(`${visible(text)}\n`);
  }

  note(text: string): void {
    if (!this.quiet && !this.json) this.#options.stderr.write(`${visible(text)}\n`);
  }

  warn(text: string): void {
    this.#options.stderr.write(`${this.style("yellow", "warning:")} ${visible(text)}\n`);
  }

  style(style: Style, text: string): string {
    return this.#color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }

  /** Rows under headings, columns as wide as they need; numbers to the right. */
  table(headings: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
    const cells = rows.map((row) =>
      row.map((cell) => (cell === undefined ? "" : typeof cell === "number" ? String(cell) : oneLine(cell))),
    );
    const widths = headings.map((heading, column) =>
      Math.max(width(heading), ...cells.map((row) => width(row[column] ?? ""))),
    );
    const right = headings.map(
      (_, column) =>
        rows.length > 0 && rows.every((row) => row[column] === undefined || typeof row[column] === "number"),
    );
    const line = (row: readonly string[]) =>
      row
        .map((cell, column) =>
          right[column] ? pad(widths[column]! - width(cell)) + cell : cell + pad(widths[column]! - width(cell)),
        )
        .join("  ")
        .trimEnd();
    return [this.style("bold", line(headings)), ...cells.map(line)].join("\n");
  }
}

/** Text from files and stores must not move the cursor or change colours: control characters become visible. */
function visible(text: string): string {
  return text.replace(
    /(?!\u001b\[\d+m)[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function oneLine(text: string): string {
  return text.replace(/[\n\t\u001b]+/gu, " ");
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return value;
}

function width(text: string): number {
  return Array.from(text.replace(/\u001b\[\d+m/gu, "")).length;
}

function pad(count: number): string {
  return " ".repeat(Math.max(0, count));
}

/** 1,234 B · 5.6 MB: decimal units, as disks are sold. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]!}`;
}

export function formatTime(time: string | Date): string {
  const text = typeof time === "string" ? time : time.toISOString();
  return text.replace("T", " ").replace(/(\.\d+)?Z$/u, "");
}

/** "1 model", "2 models". */
export function counted(count: number, word: string, plural = `${word}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? word : plural}`;
}
