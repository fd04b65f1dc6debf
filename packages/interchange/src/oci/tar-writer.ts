import { ModelkeepError } from "@modelkeep/core";

const block = 512;

/** A plain file's header in POSIX ustar form, with nothing of this machine in it: the same file gives the same bytes. */
export function tarHeader(path: string, size: number): Uint8Array {
  const header = new Uint8Array(block);
  const put = (text: string, at: number) => header.set(new TextEncoder().encode(text), at);
  if (new TextEncoder().encode(path).length > 100)
    throw new ModelkeepError("invalid_path", `${path} is too long for a tar archive`);
  put(path, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  putSize(header, size);
  put("00000000000\0", 136);
  put(" ".repeat(8), 148);
  put("0", 156);
  put("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

/** Zeros up to the next block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((block - (size % block)) % block);
}

export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * block);
}

/** Octal digits, or from 8 GiB on a big-endian number after a byte of 0x80, as GNU's tar and Go's have it. */
function putSize(header: Uint8Array, size: number): void {
  if (size < 8 ** 11) {
    header.set(new TextEncoder().encode(`${size.toString(8).padStart(11, "0")}\0`), 124);
    return;
  }
  header[124] = 0x80;
  new DataView(header.buffer).setBigUint64(128, BigInt(size));
}
