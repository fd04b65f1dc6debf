const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID (https://github.com/ulid/spec): 48 bits of time and 80 random ones in 26 characters that sort by time. */
export function ulid(time: Date = new Date()): string {
  let text = "";
  for (let rest = Math.max(0, time.getTime()), at = 0; at < 10; at++, rest = Math.floor(rest / 32))
    text = alphabet[rest % 32]! + text;
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) text += alphabet[byte & 31];
  return text;
}

/** Whether this is a ULID in its one canonical form: 26 capitals and digits. */
export function isUlid(value: unknown): value is string {
  return typeof value === "string" && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/u.test(value);
}
