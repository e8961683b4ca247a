import { closeSync, readdirSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

/**
 * What the caller's shell left open would be inherited by every lastgood that a test starts, which then runs as two
 * processes (LAW-17): a test that kills one of them means the one. Deno cannot close what it has not opened.
 */
for (const fd of readdirSync("/proc/self/fdinfo").filter((name) => Number(name) > 2)) {
  try {
    const [, flags = "0"] = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? []
    if ((Number.parseInt(flags, 8) & 0o2000000) === 0) closeSync(Number(fd))
  } catch {
    // Closed meanwhile: it was the listing's own.
  }
}

export default defineConfig({
  test: {
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "test/built.ts",
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Most tests wait for other programs: of two cores, two workers leave a third idle, and four make them wait.
    maxWorkers: Math.max(3, availableParallelism()),
    reporters: ["default"]
  }
})
