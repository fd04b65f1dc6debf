import { codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { joblibCodec, pickleCodec } from "../src/index.js";
import { differenceOfFiles } from "./difference.js";
import { pickleSamples } from "./samples.js";

const options = { difference: differenceOfFiles, related: ["pickle", "joblib", "gzip", "zlib"] };

runSuite(codecSuite(pickleCodec(), pickleSamples(), options), { describe, test }, { name: "pickle" });
runSuite(
  codecSuite(pickleCodec({ protocol: 5 }), pickleSamples(), options),
  { describe, test },
  { name: "protocol 5" },
);
runSuite(codecSuite(joblibCodec(), pickleSamples(), options), { describe, test }, { name: "joblib" });
runSuite(
  codecSuite(joblibCodec({ compression: "zlib" }), pickleSamples(), options),
  { describe, test },
  { name: "zlib" },
);
