export { numpyCodec, type NumpyEncodeOptions } from "./numpy-codec.js";
export { modelkeep } from "./plugin.js";
