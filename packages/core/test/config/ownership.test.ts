import { execFileSync } from "node:child_process"
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { loadConfig } from "../../src/config/loadConfig.ts"
import { ownFolders } from "../../src/config/ownFolders.ts"
import { trustVariable } from "../../src/disk/ownership.ts"
import { loadPlugins } from "../../src/plugin/loadPlugins.ts"
import { tempFolder } from "../version/recipe.ts"

const isRoot = process.getuid?.() === 0
const nobody = 65534

const yaml = `root: ./root
plugins: [./plugins/recipe.mjs]
apps:
  web: { recipe: ./recipe, runtime: local, domain: web.example.org, env: ./web.env }
`

/** A plugin that leaves a file when a line of it runs. */
const setUp = Effect.gen(function* () {
  const folder = yield* tempFolder
  const at = (...parts: ReadonlyArray<string>) => join(folder, ...parts)
  for (const name of ["plugins", "root", "root/web", "root/web/snapshots"]) mkdirSync(at(name), { mode: 0o755 })
  writeFileSync(at("lastgood.yaml"), yaml)
  writeFileSync(at("web.env"), "A=b\n")
  const code = `import { writeFileSync } from "node:fs"; writeFileSync("${at("ran")}", ""); export default { recipe: "recipe" }\n`
  writeFileSync(at("plugins", "recipe.mjs"), code)
  const load = loadConfig({ config: at("lastgood.yaml"), root: null })
  return { at, folder, load, ran: () => existsSync(at("ran")) }
})

const givesAway = (path: string) => chownSync(path, nobody, nobody)
const opens = (path: string) => chmodSync(path, 0o777)

/** Verifies: LAW-17 */
describe.skipIf(!isRoot)("what another user could have written", () => {
  for (const [what, name, change] of [
    ["the configuration", "lastgood.yaml", givesAway],
    ["the configuration", "lastgood.yaml", opens],
    ["the root", "root", givesAway],
    ["the root", "root", opens]
  ] as const) {
    it.live(
      `refuses everything if ${what} ${change === opens ? "is writable by everybody" : "belongs to another user"}`,
      () =>
        Effect.gen(function* () {
          const { at, load } = yield* setUp
          yield* load
          change(at(name))
          const error = yield* Effect.flip(load)
          assert.strictEqual(error._tag, "Untrusted")
          assert.include(error.message, `${what} ${at(name)} is not used: ${at(name)}`)
          assert.include(error.next, `LASTGOOD_TRUST=${at(name)}`)
        }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  it.live("refuses a configuration below a folder that everybody may write to", () =>
    Effect.gen(function* () {
      const { folder, load } = yield* setUp
      opens(folder)
      assert.include((yield* Effect.flip(load)).message, folder)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("refuses the log if it is a link", () =>
    Effect.gen(function* () {
      const { at, load } = yield* setUp
      writeFileSync(at("elsewhere"), "")
      symlinkSync(at("elsewhere"), at("root", "events.db"))
      assert.include((yield* Effect.flip(load)).message, "found a symlink")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("refuses only the app of a writable env file", () =>
    Effect.gen(function* () {
      const { at, load } = yield* setUp
      givesAway(at("web.env"))
      assert.include((yield* load).unreadableEnv.get("web")?.message, `${at("web.env")} belongs to`)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  for (const [what, change] of [
    ["is another's", (at: string) => givesAway(join(at, "plugins", "recipe.mjs"))],
    ["lies in a folder of another's", (at: string) => givesAway(join(at, "plugins"))],
    [
      "would find packages of another's",
      (at: string) => {
        mkdirSync(join(at, "node_modules"))
        givesAway(join(at, "node_modules"))
      }
    ]
  ] as const) {
    it.live(`does not run a plugin that ${what}`, () =>
      Effect.gen(function* () {
        const { folder, load, ran } = yield* setUp
        const config = yield* load
        change(folder)
        const { broken } = yield* loadPlugins(config, {})
        assert.include(broken[0]?.reason, "it is not used")
        assert.include(broken[0]?.next, "LASTGOOD_TRUST=")
        assert.isFalse(ran())
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  /** A plugin of root's that reaches code of another's; that one leaves the file. */
  const reaching = (text: string, link = "") =>
    Effect.gen(function* () {
      const { at, folder, load, ran } = yield* setUp
      for (const name of ["plugins/lib", "elsewhere", "node_modules", "node_modules/x"]) mkdirSync(at(name))
      const theirs = `import { writeFileSync } from "node:fs"; writeFileSync("${at("ran")}", "")\n`
      const files = {
        "plugins/recipe.mjs": text,
        "plugins/own.mjs": "",
        "plugins/lib/h.mjs": theirs,
        "plugins/lib/h.cjs": `require("node:fs").writeFileSync("${at("ran")}", "")`,
        "plugins/h.node": "",
        "elsewhere/ours.mjs": theirs,
        "node_modules/x/index.js": theirs,
        "node_modules/x/package.json": `{ "type": "module", "main": "index.js" }`
      }
      for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content)
      if (link !== "") symlinkSync(at(link), at("plugins/lib/link.mjs"))
      for (const name of ["plugins/lib", "plugins/h.node", "node_modules/x"])
        execFileSync("chown", ["-RP", `${nobody}`, at(name)])
      return { at, folder, load, ran }
    })
  const recipe = `export default { recipe: "recipe", health: () => [{ http: "/" }] }\n`

  for (const [what, text, foreign, link] of [
    ["imports a module", `import "./lib/h.mjs"\n${recipe}`, "plugins/lib"],
    ["imports one when it runs", `import "./own.mjs"\nawait import("./lib/h.mjs")\n${recipe}`, "plugins/lib"],
    [
      "requires one",
      `import { createRequire } from "node:module"\ncreateRequire(import.meta.url)("./lib/h.cjs")\n${recipe}`,
      "plugins/lib"
    ],
    [
      "loads machine code",
      `import { createRequire } from "node:module"\ncreateRequire(import.meta.url)("./h.node")\n${recipe}`,
      "plugins/h.node"
    ],
    ["imports a package", `import "x"\n${recipe}`, "node_modules/x"],
    [
      "lets choose which module of root's it imports",
      `import "./lib/link.mjs"\n${recipe}`,
      "plugins/lib",
      "elsewhere/ours.mjs"
    ]
  ] as const) {
    it.live(`does not run another user's code where a plugin of root's ${what}`, () =>
      Effect.gen(function* () {
        const { at, load, ran } = yield* reaching(text, link)
        const config = yield* load
        const { broken } = yield* loadPlugins(config, {})
        assert.isFalse(ran())
        assert.include(broken[0]?.reason, `it is not used: ${at(foreign)} belongs to`)
        assert.include(broken[0]?.next, `LASTGOOD_TRUST=${at(foreign)}`)
        assert.isFalse(broken[0]?.isTrusted)
        if (what === "loads machine code") return
        process.env[trustVariable] = at(foreign)
        const trusting = yield* loadPlugins(config, {}).pipe(
          Effect.ensuring(Effect.sync(() => delete process.env[trustVariable]))
        )
        assert.deepStrictEqual(trusting.broken, [])
        assert.isTrue(ran())
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  it.live("does not run a plugin that root links to in another user's folder", () =>
    Effect.gen(function* () {
      const { at, load, ran } = yield* setUp
      const config = yield* load
      mkdirSync(at("theirs"))
      renameSync(at("plugins", "recipe.mjs"), at("theirs", "recipe.mjs"))
      symlinkSync(at("theirs", "recipe.mjs"), at("plugins", "recipe.mjs"))
      chmodSync(at("theirs"), 0o1777)
      const { broken } = yield* loadPlugins(config, {})
      assert.include(broken[0]?.reason, `it is not used: ${at("theirs")} may be written`)
      assert.isFalse(ran())
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.live("runs a plugin that belongs to root", () =>
    Effect.gen(function* () {
      const { load, ran } = yield* setUp
      const { broken, of } = yield* loadPlugins(yield* load, {})
      assert.deepStrictEqual(broken, [])
      const [app] = (yield* load).apps
      assert.isTrue(app !== undefined && Result.isSuccess(of(app)))
      assert.isTrue(ran())
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

/** Verifies: LAW-17, LAW-14 */
describe("a link in place of one of lastgood's folders", () => {
  for (const name of ["root/web", "root/web/snapshots", "root/web/marks"]) {
    it.live(`is found for ${name} when the configuration is read, for that app only`, () =>
      Effect.gen(function* () {
        const { at, load } = yield* setUp
        mkdirSync(at(name), { recursive: true })
        assert.strictEqual((yield* load).strangeFolders.size, 0)
        yield* Effect.promise(() => import("node:fs/promises").then((fs) => fs.rename(at(name), at("moved"))))
        symlinkSync(at("moved"), at(name))
        const { strangeFolders } = yield* load
        assert.include(
          strangeFolders.get("web")?.message,
          `${at(name)} is not used: expected lastgood's own folder, found a symlink`
        )
      }).pipe(Effect.provide(NodeServices.layer))
    )
  }

  it("is looked for in place of every folder that lastgood creates for an app", () => {
    /** Files, and the link to the newest snapshot. */
    const others = ["last_good", "fingerprint.key", "snapshot", ".snapshot.next", ".snapshot.old"]
    const source = join(import.meta.dirname, "../../src")
    const named = readdirSync(source, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => [...readFileSync(join(source, name), "utf8").matchAll(/join\(app\.dir,\s*"([^"]+)"/g)])
      .map(([, name = ""]) => name)
    const folders = [...new Set(named)].filter((name) => !others.includes(name))
    assert.sameMembers(folders, [...ownFolders])
  })
})
