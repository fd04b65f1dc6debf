import { createMeasurer, type Measure } from "./measure.js";

/** Measures bytes on their way elsewhere. Nothing may be under way in it when it is closed. */
export interface PassingMeasurer {
  /** The bytes are done with when it resolves. */
  update(bytes: Uint8Array): Promise<void>;
  measure(): Promise<Measure>;
  close(): Promise<void>;
}

/** Where there are no threads that share memory with files: everything is hashed here. */
export function createPassingMeasurer(size?: number): PassingMeasurer {
  const measurer = createMeasurer(size);
  return {
    async update(bytes) {
      measurer.update(bytes);
    },
    measure: async () => measurer.measure(),
    close: async () => undefined,
  };
}
