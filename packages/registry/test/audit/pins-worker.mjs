// Advances the pins of two models of its own and of two that it shares, step by step.
const [, , built, path, which] = process.argv;
const { filePins } = await import(built);
const pins = filePins(path, { compactFrom: 40 });
const models = [Number(which), 4 + Number(which), 8].map((number) => `model ${number}`);
for (let length = 1; length <= 400; length++)
  for (const model of models) pins.advance(model, { length, head: `sha256:${String(length).padStart(64, "0")}` });
