export { decryptAge, type DecryptOptions, encryptAge, isAge } from "./age-file.js";
export { encrypted } from "./encrypted-store.js";
export { hasKeyRing, type KeyRingInfo, type UnlockOptions } from "./key-ring.js";
export { type Identity, newIdentity, parseIdentities, type Passphrase, type Recipient, recipientOf } from "./keys.js";
export { describeKeyRing, rotate, type RotateOptions } from "./rotate.js";
export type { EncryptionOptions } from "./set-up.js";
