import { chunkSize, sealChunk, sealedSize, tagSize } from "./chunks.js";
import type { Start } from "./header.js";

/** Chunks of the format are given out together, in pieces of about 1 MiB. */
const together = 16 * sealedSize;

/**
 * The bytes of an age file over plain ones. A piece is done with when the next but one is asked for: two buffers take turns.
 */
export async function* seal({ bytes, key }: Start, plain: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield bytes;
  const buffers: [Uint8Array, Uint8Array] = [new Uint8Array(0), new Uint8Array(0)];
  let turn: 0 | 1 = 0;
  let filled = 0;
  let index = 0;

  function add(chunk: Uint8Array, last: boolean): void {
    const needed = filled + chunk.length + tagSize;
    if (buffers[turn].length < needed) {
      // A small object is one chunk: a whole buffer for each would cost more than sealing it.
      const larger = new Uint8Array(last && filled === 0 ? needed : together);
      larger.set(buffers[turn].subarray(0, filled));
      buffers[turn] = larger;
    }
    filled += sealChunk(key, index++, last, chunk, buffers[turn], filled);
  }

  function take(): Uint8Array {
    const full = buffers[turn].subarray(0, filled);
    turn = turn === 0 ? 1 : 0;
    filled = 0;
    return full;
  }

  // A chunk is sealed when it is known whether another byte follows; until then it is held.
  const held = new Uint8Array(chunkSize);
  let holding = 0;
  for await (const piece of plain) {
    for (let at = 0; at < piece.length;) {
      if (holding === chunkSize) {
        add(held, false);
        holding = 0;
      } else if (holding === 0 && piece.length - at > chunkSize) {
        add(piece.subarray(at, at + chunkSize), false);
        at += chunkSize;
      } else {
        const part = piece.subarray(at, at + chunkSize - holding);
        held.set(part, holding);
        holding += part.length;
        at += part.length;
      }
      if (filled === together) yield take();
    }
  }
  add(held.subarray(0, holding), true);
  yield take();
}
