const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Asked for by the page: asking takes far longer than sixteen bytes. */
const random = new Uint8Array(4096);
let used = random.length;

/** A ULID (https://github.com/ulid/spec): 48 bits of time and 80 random ones in 26 characters that sort by time. */
export function ulid(time: Date = new Date()): string {
  let text = "";
  for (let rest = Math.max(0, time.getTime()), at = 0; at < 10; at++, rest = Math.floor(rest / 32))
    text = alphabet[rest % 32]! + text;
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  for (const end = used + 16; used < end; used++) text += alphabet[random[used]! & 31];
  return text;
}

/** Whether this is a ULID in its one canonical form: 26 capitals and digits. */
export function isUlid(value: unknown): value is string {
  return typeof value === "string" && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u.test(value);
}
