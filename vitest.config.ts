import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./tooling/checks/src/summary-reporter.js";

// Packages are tested from their sources: the condition picks src/ over dist/ in every workspace package. Vite's "module"
// is left out: it stands for code that only bundlers can resolve (as in the AWS SDK), and here Node loads the libraries.
const conditions = ["modelkeep-source", "node", "development|production"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["{packages,apps,tooling}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/templates/**"],
    environment: "node",
    // Every processor: left to itself, vitest keeps one of them free, which is half of a machine that has two.
    maxWorkers: "100%",
    reporters: ["default", new SummaryReporter()],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    unstubEnvs: true,
    restoreMocks: true,
  },
});
