const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** How files of many formats begin, for codecs that must not take them for theirs. */
export const foreignFiles: readonly { readonly format: string; readonly bytes: Uint8Array }[] = [
  { format: "nothing", bytes: bytes() },
  { format: "a byte", bytes: bytes(0x80) },
  { format: "zeros", bytes: new Uint8Array(4096) },
  { format: "text", bytes: text("The quick brown fox jumps over the lazy dog.\n") },
  { format: "csv", bytes: text("alcohol,malic_acid\n14.23,1.71\n") },
  { format: "html", bytes: text("<!doctype html><title>404</title>") },
  { format: "json", bytes: text('{"name":"package","version":"1.0.0"}\n') },
  { format: "json", bytes: text("[1, 2, 3]") },
  { format: "msgpack", bytes: bytes(0x81, 0xa1, 0x61, 0x93, 1, 2, 3) },
  { format: "pickle", bytes: bytes(0x80, 0x04, 0x95, 3, 0, 0, 0, 0, 0, 0, 0, 0x5d, 0x94, 0x2e) },
  { format: "gzip", bytes: bytes(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3) },
  { format: "zlib", bytes: bytes(0x78, 0x9c, 0x4b, 0x04, 0x00, 0x00, 0x62, 0x00, 0x62) },
  { format: "zip", bytes: joined(text("PK"), bytes(3, 4, 20, 0, 0, 0, 0, 0), new Uint8Array(40)) },
  { format: "hdf5", bytes: joined(bytes(0x89), text("HDF\r\n"), bytes(0x1a, 0x0a), new Uint8Array(40)) },
  { format: "numpy", bytes: joined(bytes(0x93), text("NUMPY"), bytes(1, 0, 0x76, 0), text("{'descr': '<f8'")) },
  { format: "onnx", bytes: joined(bytes(8, 9, 0x12, 4), text("test"), bytes(0x3a, 2, 0x12, 0)) },
  { format: "png", bytes: joined(bytes(0x89), text("PNG\r\n"), bytes(0x1a, 0x0a, 0, 0, 0, 13), text("IHDR")) },
  {
    format: "safetensors",
    bytes: joined(
      bytes(54, 0, 0, 0, 0, 0, 0, 0),
      text('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}  '),
      bytes(7),
    ),
  },
];
