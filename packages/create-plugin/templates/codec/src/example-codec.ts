import { type Codec, ModelkeepError, type PayloadSet, throwIfAborted } from "@modelkeep/core";

/** What the format holds. Here: a linear model. */
export interface ExampleModel {
  readonly bias: number;
  readonly weights: readonly number[];
}

const mediaType = "text/vnd.example";
const opening = "example/1 ";
const mostBytes = 64 * 2 ** 20;
const mostWeights = 1_000_000;
const number = /^-?\d+(\.\d+)?(e[+-]\d+)?$/;

/** A first line that says what it is and how many weights follow; the bias; the weights; "end". */
export function exampleCodec(): Codec<ExampleModel> {
  return {
    name: "example",
    mediaType,
    extensions: [".example"],
    facts: { languages: "any language", runsCode: "no", bestFor: "small models that people read" },

    accepts: (model): model is ExampleModel =>
      typeof model === "object" &&
      model !== null &&
      "bias" in model &&
      "weights" in model &&
      Array.isArray(model.weights),

    // By content, from the first bytes; the path is a hint only.
    sniff: (head) => (new TextDecoder("latin1").decode(head.subarray(0, opening.length)) === opening ? "yes" : "no"),

    async encode({ bias, weights }, { stem = "model" } = {}) {
      const lines = [`${opening}${weights.length}`, `bias ${text(bias)}`, ...weights.map(text), "end", ""];
      const bytes = new TextEncoder().encode(lines.join("\n"));
      return [
        {
          path: `${stem}.example`,
          mediaType,
          size: bytes.length,
          // May be opened more than once, and nobody can change what the next one gets.
          async *open() {
            yield bytes.slice();
          },
        },
      ];
    },

    // The file is from a stranger: look at sizes before reading, at counts before allocating.
    async decode({ main }: PayloadSet, { limits = {}, signal } = {}) {
      throwIfAborted(signal);
      const most = Math.min(limits.bytes ?? mostBytes, mostBytes);
      if (main.size > most)
        throw new ModelkeepError("limit_exceeded", `The model has ${main.size} bytes; ${most} are allowed`);
      const lines = decodeText(await main.bytes(signal ? { signal } : {})).split("\n");
      const count = Number(
        /^example\/1 (0|[1-9]\d{0,6})$/.exec(lines[0] ?? "")?.[1] ?? malformed("does not begin as one"),
      );
      if (count > Math.min(limits.items ?? mostWeights, mostWeights))
        throw new ModelkeepError("limit_exceeded", `The model announces ${count} weights`);
      if (lines.length < count + 4)
        throw new ModelkeepError("truncated", `The model ends before its ${count} weights and "end"`);
      if (lines.length > count + 4 || lines[count + 2] !== "end" || lines[count + 3] !== "")
        malformed('does not stop at "end"');
      const [, first = ""] = lines;
      const bias = first.startsWith("bias ") ? value(first.slice(5)) : malformed("has no bias");
      return { bias, weights: lines.slice(2, count + 2).map(value) };
    },
  };
}

function text(given: number): string {
  if (Number.isFinite(given)) return Object.is(given, -0) ? "-0" : String(given);
  throw new ModelkeepError("unsupported", `The format has no place for ${given}`);
}

function value(given: string): number {
  const parsed = number.test(given) ? Number(given) : NaN;
  return Number.isFinite(parsed) ? parsed : malformed(`has ${JSON.stringify(given.slice(0, 40))} for a number`);
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ModelkeepError("malformed", "The model is not UTF-8", { cause });
  }
}

function malformed(what: string): never {
  throw new ModelkeepError("malformed", `The model ${what}`);
}
