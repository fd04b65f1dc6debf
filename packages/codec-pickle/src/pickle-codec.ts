import { type Codec, type DecodeOptions, fileName, ModelkeepError, type PayloadSet } from "@modelkeep/core";
import {
  inspectPickle,
  isPickleFile,
  looksPickled,
  namesJoblib,
  type PickleFile,
  type PickleLimits,
  readPickle,
  type ReadPickleOptions,
  writePickle,
  type WritePickleOptions,
} from "@modelkeep/pickle";

import { inspectionOf } from "./inspection.js";

/** How `pickleCodec` writes. */
export interface PickleEncodeOptions {
  /** Default 4. */
  readonly protocol?: 4 | 5;
  readonly compression?: "zlib" | "gzip";
  /** 1 to 9, default 3. */
  readonly level?: number;
}

/** What `pickleCodec` takes when it reads, and how it writes. */
export interface PickleCodecOptions extends PickleEncodeOptions {
  /** "refuse", the default, or "opaque": unknown classes become placeholders, to be shown and never converted. */
  readonly unknown?: "refuse" | "opaque";
  /** Bytes after the pickle's end: "refuse", the default, or "ignore", as Python does. */
  readonly trailing?: "refuse" | "ignore";
  /** More bounds than a codec's own options have. */
  readonly limits?: PickleLimits | undefined;
}

/** Python's pickle: reads any file of protocols 0 to 5 as inert data, writes plain data. */
export function pickleCodec(defaults: PickleCodecOptions = {}): Codec<PickleFile, PickleEncodeOptions> {
  return codecOf({ name: "pickle", form: "pickle", extension: ".pkl", more: [".pickle"], defaults });
}

/** joblib's files: the same, with arrays between the opcodes, as scikit-learn's users save them. */
export function joblibCodec(defaults: PickleCodecOptions = {}): Codec<PickleFile, PickleEncodeOptions> {
  return codecOf({ name: "joblib", form: "joblib", extension: ".joblib", more: [], defaults });
}

interface Kind {
  readonly name: "pickle" | "joblib";
  readonly form: NonNullable<WritePickleOptions["form"]>;
  readonly extension: string;
  readonly more: readonly string[];
  readonly defaults: PickleCodecOptions;
}

function codecOf({ name, form, extension, more, defaults }: Kind): Codec<PickleFile, PickleEncodeOptions> {
  const mediaType = `application/vnd.python.${name}`;
  return {
    name,
    mediaType,
    extensions: [extension, ...more],
    facts: {
      languages: "Python",
      runsCode: "in Python; here never",
      bestFor: name === "joblib" ? "handing scikit-learn models over" : "exchanging plain data with Python",
    },
    accepts: isPickleFile,
    sniff: (head, path = "") => sniff(head, path, name),
    async encode(model, options = {}) {
      const { protocol, compression, level } = { ...defaults, ...options };
      const open = writePickle(model.value, {
        form,
        ...(protocol === undefined ? {} : { protocol }),
        ...(compression === undefined ? {} : { compression }),
        ...(level === undefined ? {} : { level }),
      });
      return [{ path: `${options.stem ?? "model"}${extension}`, mediaType, open }];
    },
    async decode(payloads, options) {
      const buffer = await payloads.main.buffer(options);
      const file = readPickle(buffer, await readOptions(payloads, defaults, options));
      const trailing = file.facts?.trailing ?? 0;
      if (trailing > 0 && defaults.trailing !== "ignore")
        throw new ModelkeepError(
          "malformed",
          `${trailing} bytes follow the pickle in ${payloads.main.path}; Python ignores them (trailing: "ignore" does so too)`,
          { details: { trailing } },
        );
      return file;
    },
    async inspect(payloads, options) {
      const buffer = await payloads.main.buffer(options);
      const found = inspectPickle(buffer, payloads.main.path, await readOptions(payloads, defaults, options));
      return inspectionOf(found);
    },
  };
}

/** Other files of the set may be arrays of joblib 0.9: they are read first, and nothing outside the set ever is. */
async function readOptions(
  payloads: PayloadSet,
  { unknown, limits }: PickleCodecOptions,
  options: DecodeOptions = {},
): Promise<ReadPickleOptions> {
  const companions = new Map<string, ArrayBuffer>();
  for (const payload of payloads) {
    if (payload === payloads.main || !/\.npy(\.z)?$/.test(payload.path)) continue;
    const reading = { signal: options.signal };
    companions.set(fileName(payload.path), await payload.buffer(reading));
  }
  return {
    companions,
    limits: { ...limits, ...options.limits },
    ...(unknown === undefined ? {} : { unknown }),
    signal: options.signal,
  };
}

function sniff(head: Uint8Array, path: string, name: "pickle" | "joblib"): "yes" | "maybe" | "no" {
  const looks = looksPickled(head);
  if (looks === "no") return "no";
  const extension = /\.(pkl|pickle|joblib)(\.(gz|bz2|xz|lzma|lz4|z))?$/i.exec(path)?.[1]?.toLowerCase();
  const claimed = extension === undefined ? undefined : extension === "joblib" ? "joblib" : "pickle";
  if (claimed !== undefined) return claimed === name ? "yes" : "maybe";
  // Without a name: both read plain pickles, and what names joblib's arrays is joblib's.
  if (looks === "maybe") return "maybe";
  return name === "pickle" && namesJoblib(head) ? "maybe" : "yes";
}
