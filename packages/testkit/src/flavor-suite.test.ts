import { type Flavor, isTensor, ModelkeepError, type ModelState, Tensor } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { flavorCases, flavorSuite } from "./flavor-suite.js";

/** A framework of one class. */
class Line {
  slope: number;
  offsets: Float64Array;
  constructor(slope: number, offsets: Float64Array) {
    this.slope = slope;
    this.offsets = offsets;
  }
  predict(at: number): number[] {
    return [...this.offsets].map((offset) => this.slope * at + offset);
  }
}

const sound: Flavor<Line> = {
  name: "lines",
  owns: (model) => model instanceof Line,
  freeze: ({ slope, offsets }) => ({
    flavor: "lines",
    type: "line",
    version: 1,
    state: { slope, offsets: new Tensor("float64", [offsets.length], offsets.slice()) },
  }),
  async thaw({ flavor, type, version, state }) {
    if (flavor !== "lines" || type !== "line") throw new ModelkeepError("unsupported", `No type ${type} of ${flavor}`);
    if (version !== 1) throw new ModelkeepError("unknown_format_version", "Too new");
    const { slope, offsets } = (state ?? {}) as { slope?: unknown; offsets?: unknown };
    if (typeof slope !== "number" || !isTensor(offsets) || offsets.dtype !== "float64")
      throw new ModelkeepError("malformed", "No line");
    return new Line(slope, (offsets.data as Float64Array).slice());
  },
  describe: ({ slope }) => ({ parameters: { slope } }),
};

async function failures(flavor: Flavor<Line>): Promise<readonly string[]> {
  const samples = [
    { name: "one", model: new Line(-2.5, Float64Array.of(1, 2)), behaviour: (line: Line) => line.predict(3) },
    { name: "two", model: new Line(1, new Float64Array(0)), behaviour: (line: Line) => line.predict(3) },
  ];
  const failed: string[] = [];
  for (const { name, run } of flavorSuite(flavor, samples)) {
    try {
      await run();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}

test("a sound flavor passes", async () => {
  expect(await failures(sound)).toEqual([]);
});

const changed = (change: (state: ModelState) => ModelState): Partial<Flavor<Line>> => ({
  freeze: (model) => change(sound.freeze(model)),
});
let calls = 0;

describe("a flavor is found out that", () => {
  const broken: readonly [what: string, noticedBy: string, parts: Partial<Flavor<Line>>][] = [
    [
      "owns everything",
      "owns its models, and nothing that is none",
      { owns: (model): model is Line => model !== undefined },
    ],
    [
      "owns nothing",
      "owns its models, and nothing that is none",
      { owns: (model): model is Line => model === failures },
    ],
    [
      "signs with another name",
      "freezes to plain state under its own name, the same each time, and leaves the model as it is",
      changed((state) => ({ ...state, flavor: "other" })),
    ],
    [
      "freezes to what is not plain",
      "freezes to plain state under its own name, the same each time, and leaves the model as it is",
      changed((state) => ({ ...state, state: [new Date()] as never })),
    ],
    [
      "freezes differently each time",
      "freezes to plain state under its own name, the same each time, and leaves the model as it is",
      changed((state) => ({ ...state, type: `line${(calls += 1)}` })),
    ],
    [
      "changes the model",
      "freezes to plain state under its own name, the same each time, and leaves the model as it is",
      {
        freeze(model) {
          model.slope += 1;
          return sound.freeze(model);
        },
      },
    ],
    [
      "loses precision",
      "what is thawed behaves exactly as what was frozen",
      { thaw: async (state) => new Line(Math.fround(0.1), (await sound.thaw(state)).offsets) },
    ],
    [
      "thaws something else",
      "what is thawed behaves exactly as what was frozen",
      { thaw: async (state) => ({ slope: 1, offsets: state }) as unknown as Line },
    ],
    [
      "changes the state",
      "a state is not changed by thawing it, nor by use of what was thawed",
      { thaw: async (state) => emptied(await sound.thaw(state), state) },
    ],
    [
      "guesses the type",
      "a type, a version or a flavor that it does not know is refused by name",
      { thaw: async (state) => sound.thaw({ ...state, type: "line" }) },
    ],
    [
      "ignores the version",
      "a type, a version or a flavor that it does not know is refused by name",
      { thaw: async (state) => sound.thaw({ ...state, version: 1 }) },
    ],
    [
      "takes any flavor",
      "a type, a version or a flavor that it does not know is refused by name",
      { thaw: async (state) => sound.thaw({ ...state, flavor: "lines" }) },
    ],
    ["trusts the state", "a damaged state gives a model or a typed error", { thaw: async (state) => trusting(state) }],
    [
      "describes what JSON can't",
      "describes its models in plain values",
      { describe: () => ({ parameters: { slope: Number.NaN } }) },
    ],
  ];
  test.each(broken)("%s", async (_, noticedBy, parts) => {
    expect(await failures({ ...sound, ...parts })).toContain(noticedBy);
  });

  test("and every case of the suite finds one", () => {
    const proved = new Set(broken.map(([, noticedBy]) => noticedBy));
    expect(flavorCases.map(({ name }) => name).filter((name) => !proved.has(name))).toEqual([]);
  });
});

function emptied(line: Line, { state }: ModelState): Line {
  delete (state as { slope?: number }).slope;
  return line;
}

async function trusting({ flavor, type, version, state }: ModelState): Promise<Line> {
  if (flavor !== "lines" || type !== "line" || version !== 1) throw new ModelkeepError("unsupported", `No ${type}`);
  const { slope, offsets } = state as unknown as { slope: number; offsets: Tensor };
  return new Line(slope, (offsets.data as Float64Array).slice());
}
