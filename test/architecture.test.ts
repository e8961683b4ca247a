/**
 * The house rules that a machine can check: who may import whom, and that every law has a test that cites it.
 */
import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"

const root = path.join(import.meta.dirname, "..")
const core = path.join(root, "packages/core/src")
const reconciler = path.join(root, "apps/reconciler/src")

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("node_modules"))
    .map((entry) => path.join(entry.parentPath, entry.name))

const importsOf = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map((match) => match[1] ?? "")

/** Those that stand on lines of their own, as all of them do. */
const withoutComments = (source: string): string =>
  source.replace(/^ *\/\*\*[\s\S]*?\*\/$/gm, "").replace(/^ *\/\/.*$/gm, "")

/** Relative imports, as paths below `packages/core/src`. */
const coreImports = (file: string): ReadonlyArray<string> =>
  importsOf(file)
    .filter((i) => i.startsWith("."))
    .map((i) => path.relative(core, path.resolve(path.dirname(file), i)))

/** Relative imports of values, as paths below `apps/reconciler/src`. */
const reconcilerImports = (file: string): ReadonlyArray<string> =>
  [...readFileSync(file, "utf8").matchAll(/^import (?!type )[^"]*"(\.[^"]+)"/gm)].map(([, imported = ""]) =>
    path.relative(reconciler, path.resolve(path.dirname(file), imported))
  )

/** Which adapter's a file is, or `docker` where several share it; null: the port, or what stands beside it. */
const runtimeFolder = (file: string): string | null => /^runtime\/([^/]+)\//.exec(file)?.[1] ?? null

/** The files that state a port: what the engine may know of the world. */
const ports = [
  "claim/Claims.ts",
  "command/Commands.ts",
  "health/HealthGate.ts",
  "health/problem.ts",
  "log/EventStore.ts",
  "log/Codec.ts",
  "log/eachPage.ts",
  "notify/AlertSink.ts",
  "plugin/callInside.ts",
  "disk/appFolder.ts",
  "disk/ownership.ts",
  "disk/readOnlyFilesystem.ts",
  "disk/replaceFile.ts",
  "host/Mounts.ts",
  "host/OwnMounts.ts",
  "process/listen.ts",
  "process/Tool.ts",
  "removal/removeTree.ts",
  "recipe/ReleaseNote.ts",
  "recipe/labels.ts",
  "recipe/readNotes.ts",
  "runtime/Runtime.ts",
  "snapshot/DataIdentity.ts",
  "snapshot/SnapshotStore.ts",
  "version/VersionSource.ts"
]

const ground = ["disk", "host", "process", "removal", "secrets", "yaml"]
const portFolders = ["claim", "command", "health", "log", "notify", "runtime", "snapshot", "version"]

/** From the bottom. What is in no folder (`live.ts`, `examine.ts`), and `init`, stand on top of all. */
const floors = [["domain"], ground, portFolders, ["config", "plugin", "recipe"], ["engine"]]

const folderOf = (file: string): string => file.split("/")[0] ?? ""

const floorOf = (file: string): number => {
  // Says where lastgood itself is installed, and imports nothing.
  if (file === "installation.ts") return 1
  const floor = floors.findIndex((folders) => folders.includes(folderOf(file)))
  return floor === -1 ? floors.length : floor
}

describe("the architecture", () => {
  it("has a domain that imports nothing from the other folders", () => {
    for (const file of filesBelow(path.join(core, "domain"))) {
      for (const imported of coreImports(file)) assert.match(imported, /^domain\//, file)
    }
  })

  it("has a domain without clock, randomness, console, environment or files", () => {
    for (const file of filesBelow(path.join(core, "domain"))) {
      assert.notMatch(
        readFileSync(file, "utf8"),
        /Date\.now|Math\.random|console\.|process\.|from "node:|new Date\(/,
        file
      )
    }
  })

  it("has an engine that imports ports, never adapters", () => {
    for (const file of filesBelow(path.join(core, "engine"))) {
      for (const imported of coreImports(file)) {
        assert.isTrue(/^(domain|engine)\//.test(imported) || ports.includes(imported), `${file} imports ${imported}`)
      }
    }
  })

  it("has layers: a folder imports its own layer and those below it", () => {
    for (const file of filesBelow(core)) {
      const own = path.relative(core, file)
      // A health check calls code of a plugin through its port.
      for (const imported of coreImports(file).filter((one) => one !== "plugin/callInside.ts")) {
        assert.isAtMost(floorOf(imported), floorOf(own), `${own} imports ${imported}`)
      }
    }
  })

  it("has base modules without import cycles", () => {
    const needs = new Set(
      ground.flatMap((folder) =>
        filesBelow(path.join(core, folder)).flatMap((file) =>
          coreImports(file).map((imported) => `${folder} ${folderOf(imported)}`)
        )
      )
    )
    for (const one of ground) {
      for (const other of ground.filter((folder) => folder !== one)) {
        assert.isFalse(needs.has(`${one} ${other}`) && needs.has(`${other} ${one}`), `${one} and ${other}`)
      }
    }
  })

  it("has ports that do not import another port's adapters", () => {
    const stated = [...ports, "version/releaseLayout.ts"]
    for (const port of portFolders) {
      for (const file of filesBelow(path.join(core, port))) {
        for (const imported of coreImports(file)) {
          const other = folderOf(imported)
          const allowed = other === port || !portFolders.includes(other) || stated.includes(imported)
          assert.isTrue(allowed, `${file} imports ${imported}`)
        }
      }
    }
  })

  it.each([
    ["syncs files", /fsync|\.sync\(\)|datasync/, /^disk\//],
    ["reads the mounts of a process", /mountinfo`/, /^(host|snapshot)\/Mounts\.ts$/],
    ["names the file of the log", /, "events\.db"\)/, /^(?:log\/logFile|runtime\/docker\/hostMounts)\.ts$/],
    ["asks an unknown error what it says", /instanceof Error \? \w+\.message :/, /^domain\/messageOf\.ts$/]
  ])("%s in one place", (_, job, place) => {
    for (const file of filesBelow(core).filter((one) => !place.test(path.relative(core, one)))) {
      assert.notMatch(readFileSync(file, "utf8"), job, file)
    }
  })

  it("has the CLI's commands in one place of core", () => {
    const names = readdirSync(path.join(root, "packages/cli/src/commands")).map((name) => name.replace(/\.ts$/, ""))
    assert.include(names, "rollback")
    // The log of lastgood is a thing as well.
    const command = new RegExp(`(?<!\\ba )\\blastgood (?:${names.join("|")})\\b|replaceAll\\("<app>"`)
    const place = path.join(core, "domain/Next.ts")
    for (const file of [...filesBelow(core), ...filesBelow(reconciler)]) {
      if (file !== place) assert.notMatch(withoutComments(readFileSync(file, "utf8")), command, file)
    }
  })

  it("has one exported type per name in the whole of core", () => {
    const places = new Map<string, ReadonlyArray<string>>()
    for (const file of filesBelow(core)) {
      const exported = readFileSync(file, "utf8").matchAll(/^export (?:abstract )?(?:interface|type|class) (\w+)/gm)
      for (const name of new Set([...exported].map(([, name = ""]) => name))) {
        places.set(name, [...(places.get(name) ?? []), path.relative(core, file)])
      }
    }
    assert.isAbove(places.size, 300)
    assert.deepStrictEqual(
      [...places].filter(([, files]) => files.length > 1),
      []
    )
  })

  it("has a server that only the daemon loads, when it runs: commands start without it", () => {
    const light = [
      "http/claimWait",
      "http/sessions",
      "http/nonce",
      "http/socketFile",
      "http/token",
      "http/wire",
      "telemetry/Measure",
      "telemetry/settings"
    ]
    for (const file of filesBelow(path.join(root, "packages/cli/src"))) {
      const loaded = readFileSync(file, "utf8").matchAll(
        /from "@lastgood\/reconciler\/((?:http|telemetry|metrics)\/.+)"/g
      )
      for (const [, imported = ""] of loaded) assert.include(light, imported, file)
    }
    for (const file of light.map((one) => path.join(reconciler, `${one}.ts`))) {
      for (const imported of importsOf(file)) assert.notMatch(imported, /^effect\/http|^@effect\//, file)
    }
  })

  it("has readings and pages that know nothing of the server, and pages that are pure", () => {
    for (const file of filesBelow(path.join(reconciler, "reading"))) {
      for (const imported of reconcilerImports(file)) {
        assert.match(imported, /^(?:reading\/|failureOf\.ts$|schedule\.ts$)/, file)
      }
    }
    for (const file of filesBelow(path.join(reconciler, "pages"))) {
      for (const imported of reconcilerImports(file)) assert.match(imported, /^(?:reading|pages)\//, file)
      for (const imported of importsOf(file)) assert.notMatch(imported, /^effect\/|^@effect\/|^node:(?!crypto$)/, file)
    }
  })

  it("has runtimes that do not import each other", () => {
    const known = path.join(core, "runtime/RuntimesLive.ts")
    for (const file of filesBelow(path.join(core, "runtime")).filter((f) => f !== known)) {
      const own = runtimeFolder(path.relative(core, file))
      for (const imported of coreImports(file)) {
        const other = runtimeFolder(imported)
        assert.isTrue(other === null || [own, "docker"].includes(other), `${file} imports ${imported}`)
      }
    }
  })

  it("names spans <Service>.<operation>, each in one folder, except for those that a collector is sent", () => {
    const sent = /^(?:"lastgood\.attempt"$|`lastgood\.(?:step|tool)\.\$\{)/
    const folders = new Map<string, string>()
    for (const folder of ["packages", "apps"]) {
      for (const file of filesBelow(path.join(root, folder)).filter((f) => f.includes("/src/"))) {
        for (const [, given = ""] of readFileSync(file, "utf8").matchAll(
          /\b(?:Effect\.fn|[wW]ithSpan)\(\s*([^\s,)]+)/g
        )) {
          if (sent.test(given)) continue
          assert.match(given, /^"[A-Z][A-Za-z]*\.[a-z][A-Za-z]*"$/, file)
          assert.strictEqual(folders.get(given) ?? path.dirname(file), path.dirname(file), `${given} in ${file}`)
          folders.set(given, path.dirname(file))
        }
      }
    }
    assert.isAbove(folders.size, 100)
  })

  it("imports Effect by subpath", () => {
    for (const folder of ["packages", "apps"]) {
      for (const file of filesBelow(path.join(root, folder)).filter((f) => f.includes("/src/"))) {
        for (const imported of importsOf(file)) {
          assert.notMatch(imported, /^(effect|@effect\/platform-node)$/, file)
        }
      }
    }
  })
})

describe("the laws", () => {
  const laws = [...readFileSync(path.join(root, "docs/laws.md"), "utf8").matchAll(/^## LAW-(\d+)\b/gm)].map((m) =>
    Number(m[1])
  )
  const cited = new Set(
    ["packages", "apps", "test"]
      .flatMap((folder) => filesBelow(path.join(root, folder)))
      .filter((file) => file.includes("/test/") && file.endsWith(".ts"))
      .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/Verifies: ((?:LAW-\d+(?:, )?)+)/g)])
      .flatMap((match) => (match[1] ?? "").split(", "))
  )

  it("are numbered in order, each once", () => {
    assert.deepStrictEqual(
      laws,
      [...new Set(laws)].toSorted((a, b) => a - b)
    )
    assert.isAtLeast(laws.length, 15)
  })

  for (const law of laws) {
    it(`LAW-${law} has a test that cites it`, () => assert.isTrue(cited.has(`LAW-${law}`)))
  }

  it("that a test cites exist", () => {
    for (const law of cited)
      assert.include(
        laws.map((n) => `LAW-${n}`),
        law
      )
  })
})
