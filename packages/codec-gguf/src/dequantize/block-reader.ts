/** Writes the elements of the block that begins at `at` to `out`, from `to` on. */
export type BlockReader = (blocks: Uint8Array, at: number, out: Float32Array, to: number) => void;
