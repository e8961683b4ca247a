import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most tests wait for other programs: of two cores, two workers leave a third idle, and four make them wait.
    maxWorkers: Math.max(3, availableParallelism()),
    reporters: ["default"]
  }
})
