export { type KeyAlgorithm, keyAlgorithms } from "./key-algorithm.js";
export { generateKey, parsePrivateKey, type PrivateKey, type PrivateKeyOptions } from "./private-key.js";
export { parsePublicKey, type PublicKey } from "./public-key.js";
