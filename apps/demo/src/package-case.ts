import { collect, openPackage, packEnvelope, storedBytes } from "@modelkeep/core";
import { envelopePredictor, openRegistry, type Plugins, type SaveInput } from "@modelkeep/registry";
import type { FormatCase } from "@modelkeep/report";
import { memoryStore } from "@modelkeep/store-memory";

/** The whole envelope as one file, beside the bare formats: with manifest, samples and both representations. */
export function packageCase(
  label: string,
  model: unknown,
  samples: SaveInput["samples"],
  plugins: Plugins,
): FormatCase {
  return {
    label,
    facts: {
      languages: "any language: a ZIP",
      runsCode: "no",
      bestFor: "handing a model to somebody with everything needed to trust it",
    },
    async save() {
      const registry = await openRegistry({ store: memoryStore(), ...plugins, actor: "demo" });
      const { reference } = await registry.save("model", { model, as: ["json", "onnx"], samples });
      const bytes = await collect(packEnvelope(await registry.open(reference)));
      return [{ path: "model.model.zip", bytes, plainSize: bytes.length }];
    },
    load: async ([file]) =>
      envelopePredictor(plugins, await openPackage(storedBytes(file!.bytes)), { representation: "json" }),
  };
}
