import type { Step } from "./explore.js";

/**
 * Writers that append to one log by put-if-absent, on a network that loses answers and delivers requests late. Each
 * wants one change; a writer with `expect` wants it only while the newest entry is that writer's.
 */
export interface AppendState {
  readonly log: Entry[];
  /** Puts whose sender no longer waits: each may still land, or never. */
  readonly flying: Flying[];
  readonly writers: Writer[];
  timeouts: number;
}

interface Entry {
  readonly writer: number;
  readonly id: number;
  readonly expect: number | null;
}

interface Flying extends Entry {
  readonly slot: number;
}

interface Writer {
  at: "read" | "put" | "look" | "unknown" | "acknowledged" | "refused" | "crashed";
  slot: number;
  id: number;
  readonly expect: number | null;
}

export type AppendMistake =
  | "give up after an unknown outcome"
  | "submit again under a new id"
  | "take a timeout for success"
  | "do not check the precondition again"
  | "take any entry in the slot for its own"
  | "overwrite";

export function appendStart(expectations: readonly (number | null)[], timeouts: number): AppendState {
  const writers = expectations.map((expect): Writer => ({ at: "read", slot: 0, id: 0, expect }));
  return { log: [], flying: [], writers, timeouts };
}

export function* appendSteps(state: AppendState, mistake?: AppendMistake): Iterable<Step<AppendState>> {
  for (const index of state.writers.keys()) yield* writerSteps(state, index, mistake);
  for (const [index, put] of state.flying.entries()) {
    yield change(state, `the late put of ${put.writer} lands`, (s) => land(s, s.flying.splice(index, 1)[0]!, mistake));
    yield change(state, `the late put of ${put.writer} is lost`, (s) => void s.flying.splice(index, 1));
  }
}

function* writerSteps(state: AppendState, index: number, mistake?: AppendMistake): Iterable<Step<AppendState>> {
  const now = state.writers[index]!;
  const label = (text: string): string => `${index} ${text}`;
  if (now.at === "acknowledged" || now.at === "refused" || now.at === "crashed") return;
  yield change(state, label("crashes"), (s) => void (s.writers[index]!.at = "crashed"));

  if (now.at === "read") yield change(state, label("reads to the end"), (s) => readOn(s, s.writers[index]!));
  if (now.at === "put") {
    yield change(state, label("puts"), (s) => {
      const writer = s.writers[index]!;
      writer.at = land(s, request(index, writer), mistake) ? "acknowledged" : "look";
    });
    if (state.timeouts > 0)
      yield change(state, label("puts and hears nothing"), (s) => {
        const writer = s.writers[index]!;
        s.timeouts--;
        s.flying.push(request(index, writer));
        writer.at = "unknown";
        if (mistake === "give up after an unknown outcome") writer.at = "refused";
        if (mistake === "take a timeout for success") writer.at = "acknowledged";
        if (mistake === "submit again under a new id") writer.id++;
      });
  }
  if (now.at === "look" || now.at === "unknown")
    yield change(state, label("reads the slot"), (s) => {
      const writer = s.writers[index]!;
      const found = s.log[writer.slot];
      if (found === undefined) writer.at = "put";
      else if (found.writer === index && found.id === writer.id) writer.at = "acknowledged";
      else if (mistake === "take any entry in the slot for its own") writer.at = "acknowledged";
      else if (mistake === "do not check the precondition again") {
        writer.slot++;
        writer.at = "put";
      } else readOn(s, writer);
    });
}

function readOn(state: AppendState, writer: Writer): void {
  writer.slot = state.log.length;
  const newest = state.log.at(-1)?.writer ?? null;
  writer.at = writer.expect === null || writer.expect === newest ? "put" : "refused";
}

function request(index: number, writer: Writer): Flying {
  return { writer: index, id: writer.id, expect: writer.expect, slot: writer.slot };
}

function land(state: AppendState, put: Flying, mistake?: AppendMistake): boolean {
  if (state.log.length < put.slot) throw new Error("A put beyond the end of the log");
  if (state.log.length > put.slot && mistake !== "overwrite") return false;
  state.log[put.slot] = { writer: put.writer, id: put.id, expect: put.expect };
  return true;
}

/** What must never be, in any state. */
export function appendFault(state: AppendState): string | undefined {
  for (const [index, writer] of state.writers.entries()) {
    const count = state.log.filter((entry) => entry.writer === index).length;
    if (count > 1) return `the change of ${index} is there twice`;
    if (writer.at === "acknowledged" && count !== 1) return `the acknowledged change of ${index} is lost`;
    if (writer.at === "refused" && count !== 0) return `the refused change of ${index} is there`;
  }
  for (const [slot, entry] of state.log.entries()) {
    const before = state.log[slot - 1]?.writer ?? null;
    if (entry.expect !== null && entry.expect !== before) return `entry ${slot} stands on a state it did not expect`;
  }
  return undefined;
}

function change(state: AppendState, label: string, apply: (state: AppendState) => unknown): Step<AppendState> {
  const copy = structuredCopy(state);
  apply(copy);
  return { label, state: copy };
}

function structuredCopy(state: AppendState): AppendState {
  return {
    log: [...state.log],
    flying: [...state.flying],
    writers: state.writers.map((writer) => ({ ...writer })),
    timeouts: state.timeouts,
  };
}
