// A runtime that does what the first number of its input says: a model from a stranger, at its worst.
const acts = {
  0: (inputs) => inputs,
  1: () => process.exit(3),
  2: () => process.kill(process.pid, "SIGSEGV"),
  3: () => {
    for (;;);
  },
  4: () => {
    const all = [];
    for (;;) all.push(Array.from({ length: 1000 }, (_, index) => ({ index })));
  },
  5: () => {
    const all = [];
    for (;;) all.push(new Uint8Array(1 << 24).fill(1));
  },
  6: () => {
    throw new Error("no");
  },
  7: (inputs) => new Promise((resolve) => setTimeout(() => resolve(inputs), 30)),
};

export function hostileRuntime() {
  return {
    name: "hostile",
    version: "1.0.0",
    runs: () => true,
    available: async () => true,
    async predictor(payloads) {
      const bytes = await payloads.main.bytes();
      if (bytes.length === 1 && bytes[0] > 0) acts[bytes[0]]();
      return {
        signature: { inputs: [], outputs: [] },
        predict: async (inputs) => acts[inputs.get("x").data[0]](inputs),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  };
}

export const modelkeep = { runtimes: [hostileRuntime] };
