import { newIdentity } from "../src/index.js";

export const alice = await newIdentity();
export const bob = await newIdentity();
/** Made at once: a real one takes a second for each guess. */
export const passphrase = { passphrase: "correct horse battery staple", workFactor: 4 };
