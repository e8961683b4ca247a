import { closeSync, readdirSync, readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"
import Interleaved from "./test/Interleaved.ts"

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

// Times for people are in the host's time zone. Workers, and every lastgood that they start, inherit this.
process.env["TZ"] = "UTC"

/** No program is started and no disk is written to but for a few small files: seconds, at every save. */
const unit = [
  "packages/core/test/{init,domain,engine,recipe}/**/*.test.ts",
  "packages/core/test/config/{loadConfig,parseConfig,published}.test.ts",
  "packages/core/test/health/{gateLoop,restarts}.test.ts",
  "packages/core/test/notify/addresses.test.ts",
  "packages/core/test/log/{Append,Codec,EventFixtures,HashChain}.test.ts",
  "packages/core/test/plugin/applyPlugins.test.ts",
  "packages/core/test/runtime/{compose,docker,swarm}/**/*.test.ts",
  "packages/cli/test/{Screen,completion,dryRunFlags,exitCode,failure,logger}.test.ts",
  "packages/cli/test/render/**/*.test.ts",
  "apps/reconciler/test/**/*.test.ts",
  "test/{architecture,stateDefinition,compat/histories}.test.ts",
  "test/docs/**/*.test.ts"
]

/** Whole stories: of an app, of an engine, of a machine that lost its power. */
const e2e = ["test/{e2e,docker,crash,soak}/**/*.test.ts"]

/**
 * What takes the processor for many minutes and is nearly the same twice: a swarm's and abra's share of what compose goes
 * through in `e2e` and in the suite of runtimes (they differ by what the engine is asked, which `test/docker` sees), and a
 * real Keycloak; PostgreSQL in a volume on compose, which has it in a folder in `e2e`, and the suite of runtimes the other
 * way round; changes of lastgood's own that look like somebody else's, which every story on compose would be refused for;
 * the tutorial from Watchtower, which is the one for compose with other words, and the guides on compose; the one file,
 * which the Debian package has, and the image, which is it in a Debian from the network; the units under a real systemd.
 * Before a release, and after a change to what they are about.
 */
const long = [
  "test/conformance/{AbraRuntime,ComposeFoldersRuntime,SwarmRuntime}.test.ts",
  "test/e2e/abra/upgrade.test.ts",
  "test/e2e/compose/{calm,postgres}.test.ts",
  "test/e2e/docs/{compose,watchtower}.test.ts",
  "test/e2e/install/{image,sea,systemd}.test.ts",
  "test/e2e/swarm/{faults,gate,images,keycloak,labels,movedTags,postgres,refuse,secrets,stuck,world}.test.ts"
]

/**
 * Killed a hundred times, by a signal: the captures into archives, in `Kill`, tell what differs on Deno. The suite of the
 * snapshots, for the third and the fourth time: what mirrors and subvolumes ask of Deno, their own tests do. What every engine
 * keeps of a volume is GNU tar's and the kernel's work.
 */
const notOnDeno =
  "Deno" in globalThis
    ? [
        "packages/core/test/snapshot/{MirrorKill,{btrfs,mirror}/Kill}.test.ts",
        "test/conformance/Snapshot{Btrfs,Fidelity,Mirror}.test.ts"
      ]
    : []

const all = ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts", "test/**/*.test.ts"]

const shared = {
  testTimeout: 30_000,
  hookTimeout: 60_000
}

export default defineConfig({
  test: {
    // Most tests wait for other programs: of two cores, two workers leave a third idle, and four make them wait.
    maxWorkers: Math.max(3, availableParallelism()),
    reporters: ["default"],
    sequence: { sequencer: Interleaved },
    projects: [
      // Nothing of these is shared but what is pure: the modules are loaded once for many files. So none of them uses
      // vi.mock: another file may have loaded the module before.
      { test: { ...shared, name: "unit", include: unit, isolate: false } },
      {
        test: {
          ...shared,
          name: "component",
          include: all,
          exclude: [...unit, ...e2e, ...long, ...notOnDeno],
          globalSetup: ["test/built.ts", "test/forgetImages.ts"]
        }
      },
      {
        test: {
          ...shared,
          name: "e2e",
          include: e2e,
          exclude: long,
          globalSetup: ["test/built.ts", "test/forgetImages.ts"]
        }
      },
      { test: { ...shared, name: "long", include: long, globalSetup: ["test/built.ts", "test/forgetImages.ts"] } }
    ]
  }
})
