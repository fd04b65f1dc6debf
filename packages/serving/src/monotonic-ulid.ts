import { ulid } from "@modelkeep/registry";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const digits = 16;

/** ULIDs in rising order from one place, also within a millisecond and when the clock goes back. */
export function monotonicUlids(now: () => number = Date.now): () => string {
  let time = -1;
  let head = "";
  const tail = new Uint8Array(digits);
  return () => {
    const current = now();
    if (current > time) {
      time = current;
      const fresh = ulid(new Date(time));
      head = fresh.slice(0, 10);
      for (let at = 0; at < digits; at++) tail[at] = alphabet.indexOf(fresh[10 + at]!);
      // The first digit in the lower half of its range: there is room to count up.
      tail[0]! &= 15;
      return head + text(tail);
    }
    for (let at = digits - 1; ; at--) {
      tail[at] = (tail[at]! + 1) & 31;
      if (tail[at] !== 0) break;
    }
    return head + text(tail);
  };
}

function text(tail: Uint8Array): string {
  let result = "";
  for (const digit of tail) result += alphabet[digit]!;
  return result;
}

/** Milliseconds since 1970 that a ULID begins with. */
export function ulidTime(id: string): number {
  let time = 0;
  for (let at = 0; at < 10; at++) time = time * 32 + alphabet.indexOf(id[at]!);
  return time;
}

/** The least ULID of a time: what a range begins with. */
export function firstUlid(time: number): string {
  return ulid(new Date(time)).slice(0, 10) + "0".repeat(digits);
}
