/** Turns the bytes of each element around, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  if (width === 1) return;
  for (let start = 0; start + width <= bytes.byteLength; start += width) bytes.subarray(start, start + width).reverse();
}

export function swappedBytes(bytes: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes);
  swapBytes(copy, width);
  return copy;
}
