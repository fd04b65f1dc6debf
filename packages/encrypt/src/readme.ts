import { keyRingPrefix } from "./key-ring-keys.js";

/** Lies in the clear beside the key rings, for whoever meets the store without knowing it. */
export const readme = `# This store is encrypted

Every object but those in this folder is a file in the age format (https://age-encryption.org), encrypted to a key of the store
itself. That key lies in ${keyRingPrefix}, in the file with the highest number, and is encrypted to the people who may read.
With the \`age\` command and your own identity file:

    age --decrypt --identity my-identity.txt keys/NUMBER.age > store-key.txt
    age --decrypt --identity store-key.txt path/of/an/object > plain

Keep store-key.txt as you would keep your own identity, and delete it when you are done. Without the key ring nothing in this
store can be read by anybody: a backup must have it too.
`;
