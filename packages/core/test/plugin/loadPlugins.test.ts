import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, it, layer } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { parseConfig } from "../../src/config/parseConfig.ts"
import { applyPlugins } from "../../src/plugin/applyPlugins.ts"
import { type BuiltIns, loadPlugins } from "../../src/plugin/loadPlugins.ts"

const plugin = (recipe: string, path: string) =>
  `export default { recipe: "${recipe}", health: () => [{ http: "${path}" }] }\n`

/** Loads the plugins of a configuration in a folder of its own with these files in it. */
const loaded = Effect.fnUntraced(function* (
  files: Readonly<Record<string, string>>,
  yaml: string,
  builtIns: BuiltIns = {}
) {
  const folder = yield* temporaryFolder()
  yield* Effect.promise(async () => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), text)
    }
  })
  const place = { file: join(folder, "lastgood.yaml"), folder, home: folder, abraDir: folder }
  const { config } = yield* Effect.fromResult(parseConfig(yaml, place, () => "/var/lib/lastgood"))
  const plugins = yield* loadPlugins(config, builtIns)
  const { apps, disabled } = yield* applyPlugins(config, plugins)
  return {
    folder,
    broken: plugins.broken,
    /** The checks of each app that can be worked on. */
    checks: Object.fromEntries(apps.map((app) => [app.name, app.gate.checks.map(({ name }) => name)])),
    /** Why the others cannot. */
    disabled: Object.fromEntries([...disabled].map(([app, error]) => [app, error.message]))
  }
})

const apps = (...recipes: ReadonlyArray<string>) =>
  `apps: { ${recipes.map((recipe) => `${recipe}: { recipe: ./recipes/${recipe}, runtime: local }`).join(", ")} }\n`

layer(NodeServices.layer, { excludeTestServices: true })("loadPlugins", (it) => {
  it.effect("loads a TypeScript file, a JavaScript file and a package, each for its recipe", () =>
    Effect.gen(function* () {
      const { broken, checks } = yield* loaded(
        {
          "plugins/a.ts": `const path: string = "/ts"\nexport default { recipe: "a", health: () => [{ http: path }] }\n`,
          // To Deno a `.js` beside no package.json is a module.
          "plugins/b.js": `${"Deno" in globalThis ? "export default" : "module.exports ="} { recipe: "b", health: () => [{ http: "/js" }] }\n`,
          "node_modules/lastgood-plugin-c/package.json": `{ "type": "module", "exports": { ".": { "types": "./x.d.ts", "import": "./lib/c.js" } } }`,
          "node_modules/lastgood-plugin-c/lib/c.js": plugin("c", "/package"),
          "node_modules/@x/d/package.json": `{ "type": "module", "main": "d.js" }`,
          "node_modules/@x/d/d.js": plugin("d", "/scoped")
        },
        `plugins: [./plugins/a.ts, plugins/b.js, lastgood-plugin-c, "@x/d"]\n${apps("a", "b", "c", "d", "e")}`
      )
      assert.deepStrictEqual(broken, [])
      assert.deepStrictEqual(checks, {
        a: ["http https://a/ts"],
        b: ["http https://b/js"],
        c: ["http https://c/package"],
        d: ["http https://d/scoped"],
        e: []
      })
    })
  )

  it.effect("disables only the apps of a broken plugin, and says which file and what to do", () =>
    Effect.gen(function* () {
      const { broken, checks, disabled, folder } = yield* loaded(
        {
          "good.mjs": plugin("good", "/ok"),
          "throws.mjs": `throw new Error("boom")\n`,
          "empty.mjs": "export const recipe = 'empty'\n",
          "shape.mjs": "export default { recipe: 'other', helth: 1, volumes: { exclude: { data: ['../x'] } } }\n",
          "imports.mjs": "import 'no-such-package-for-sure'\n",
          "checks.mjs": "export default { recipe: 'checks', health: () => [{ htpp: '/x' }] }\n",
          "thrower.mjs": "export default { recipe: 'thrower', health: () => { throw new TypeError('no domain') } }\n",
          "later.mjs": "export default { recipe: 'later', health: async () => [] }\n"
        },
        `plugins: [./good.mjs, ./throws.mjs, ./empty.mjs, ./shape.mjs, ./imports.mjs, ./checks.mjs, ./thrower.mjs, ./later.mjs, ./gone.mjs, lastgood-plugin-gone2]\n${apps("good", "throws", "empty", "other", "imports", "checks", "thrower", "later", "gone", "gone2")}`
      )
      assert.deepStrictEqual(checks, { good: ["http https://good/ok"] })
      assert.deepStrictEqual(Object.keys(disabled), [
        "throws",
        "empty",
        "other",
        "imports",
        "checks",
        "thrower",
        "later",
        "gone",
        "gone2"
      ])
      const said = (name: string, entry = `./${name}.mjs`) => `plugin ${entry} (${folder}/${name}.mjs): `
      assert.strictEqual(disabled["throws"], `${said("throws")}it cannot be imported: boom`)
      assert.strictEqual(disabled["empty"], `${said("empty")}it has no default export`)
      assert.strictEqual(
        disabled["other"],
        `${said("shape")}it is not a plugin: \`helth\`: there is no such key (did you mean \`health\`?), allowed here: recipe, settings, health, volumes, gates, hooks; \`volumes.exclude.data[0]\`: expected a glob relative to the volume, such as \`cache/**\`, without a leading / and without .., found \`../x\``
      )
      assert.include(disabled["imports"], "no-such-package-for-sure")
      assert.strictEqual(
        disabled["checks"],
        `${said("checks")}its health function returned no checks for checks: \`[0]\`: expected a check with one of the keys http, tcp, grpc, exec, container or check, found htpp`
      )
      assert.strictEqual(disabled["thrower"], `${said("thrower")}its health function threw for thrower: no domain`)
      assert.match(
        disabled["later"] ?? "",
        /returned no checks for later: expected a list of checks, found keys and values$/
      )
      assert.strictEqual(disabled["gone"], `plugin ./gone.mjs: there is no file ${folder}/gone.mjs`)
      assert.strictEqual(
        disabled["gone2"],
        `plugin lastgood-plugin-gone2: no package lastgood-plugin-gone2 is installed in ${folder} or above it`
      )
      for (const { next, plugin } of broken) assert.notStrictEqual(next, "", plugin)
    })
  )

  it.effect("uses neither of two plugins for one recipe, unless an app names one", () =>
    Effect.gen(function* () {
      const { broken, checks, disabled } = yield* loaded(
        { "one.mjs": plugin("a", "/one"), "two.mjs": plugin("a", "/two") },
        `plugins: [./one.mjs, ./two.mjs]
apps:
  a: { recipe: ./a, runtime: local }
  b: { recipe: ./a, runtime: local, plugin: ./two.mjs }
`
      )
      assert.deepStrictEqual(checks, { b: ["http https://b/two"] })
      assert.match(disabled["a"] ?? "", /two\.mjs\): \.\/one\.mjs is also for the recipe a$/)
      assert.strictEqual(broken.length, 1)
    })
  )

  it.effect("loads a file that is listed twice once", () =>
    Effect.gen(function* () {
      const yaml = `plugins: [./one.mjs, ./x/../one.mjs]\n${apps("a")}`
      const { checks } = yield* loaded({ "one.mjs": plugin("a", "/one") }, yaml)
      assert.deepStrictEqual(checks, { a: ["http https://a/one"] })
    })
  )

  it.effect("uses the plugin that an app names, whatever its recipe", () =>
    Effect.gen(function* () {
      const { checks } = yield* loaded(
        { "one.mjs": plugin("a", "/one") },
        "apps: { x: { recipe: ./fork-of-a, runtime: local, plugin: ./one.mjs }, y: { recipe: ./a, runtime: local } }\n"
      )
      assert.deepStrictEqual(checks, { x: ["http https://x/one"], y: [] })
    })
  )

  it.effect(
    "imports a built-in plugin only if an app has its recipe and the configuration lists no plugin for it",
    () =>
      Effect.gen(function* () {
        const imported: Array<string> = []
        const builtIn = (recipe: string) => () => {
          imported.push(recipe)
          return Promise.resolve({ default: { recipe, health: () => [{ http: "/built-in" }] } })
        }
        const { checks } = yield* loaded(
          { "own.mjs": plugin("b", "/own") },
          `plugins: [./own.mjs]\n${apps("a", "b")}`,
          {
            a: builtIn("a"),
            b: builtIn("b"),
            c: builtIn("c")
          }
        )
        assert.deepStrictEqual(checks, { a: ["http https://a/built-in"], b: ["http https://b/own"] })
        assert.deepStrictEqual(imported, ["a"])
      })
  )

  it.effect("never replaces a broken plugin with a built-in one", () =>
    Effect.gen(function* () {
      const builtIns = { a: () => Promise.resolve({ default: { recipe: "a" } }) }
      const { checks, disabled } = yield* loaded(
        { "a.mjs": "nonsense(\n" },
        `plugins: [./a.mjs]\n${apps("a")}`,
        builtIns
      )
      assert.deepStrictEqual([checks, Object.keys(disabled)], [{}, ["a"]])
    })
  )

  it.effect("disables the app of a built-in plugin that cannot be imported", () =>
    Effect.gen(function* () {
      const builtIns = { a: () => Promise.reject(new Error("gone")) }
      const { checks, disabled } = yield* loaded({}, apps("a", "b"), builtIns)
      assert.deepStrictEqual([checks, disabled], [{ b: [] }, { a: "plugin a: gone" }])
    })
  )

  /** Verifies: LAW-17 */
  it.effect("disables every app that may use a broken plugin without a recipe, also one with a built-in plugin", () =>
    Effect.gen(function* () {
      const yaml = `plugins: [./policy.mjs, ./good.mjs, ./more.mjs]
apps:
  wiki: { recipe: ./wiki, runtime: local }
  good: { recipe: ./good, runtime: local }
  blog: { recipe: ./blog, runtime: local }
  own: { recipe: ./wiki, runtime: local, plugin: ./own.mjs }
`
      const files = {
        "policy.mjs": `import "./not-there.mjs"\nexport default { recipe: "wiki", gates: { no: () => "no" } }\n`,
        "more.mjs": "nonsense(\n",
        "good.mjs": plugin("good", "/ok"),
        "own.mjs": plugin("x", "/own")
      }
      const blog = () => Promise.resolve({ default: { recipe: "blog" } })
      const { broken, checks, disabled, folder } = yield* loaded(files, yaml, { blog })
      assert.deepStrictEqual(checks, { good: ["http https://good/ok"], own: ["http https://own/own"] })
      assert.deepStrictEqual(Object.keys(disabled), ["wiki", "blog"])
      assert.include(disabled["wiki"], `plugin ./policy.mjs (${folder}/policy.mjs): it cannot be imported: `)
      assert.match(disabled["wiki"] ?? "", /; it may be the plugin for the recipe wiki, and so may \.\/more\.mjs$/)
      assert.deepStrictEqual(
        broken.map(({ plugin, recipe }) => [plugin, recipe]),
        [
          ["./policy.mjs", null],
          ["./more.mjs", null]
        ]
      )
    })
  )

  /** Verifies: LAW-17 */
  it.effect("disables only the apps of the recipe that a broken plugin names", () =>
    Effect.gen(function* () {
      const { checks, disabled } = yield* loaded(
        { "x.mjs": `export default { recipe: "a", helth: 1 }\n` },
        `plugins: [./x.mjs]\n${apps("a", "b", "x")}`
      )
      assert.deepStrictEqual([checks, Object.keys(disabled)], [{ b: [], x: [] }, ["a"]])
    })
  )

  it.effect("reports a broken plugin that no app can use, and disables no app", () =>
    Effect.gen(function* () {
      const { broken, checks } = yield* loaded(
        { "a.mjs": plugin("a", "/a") },
        `plugins: [./zzz.mjs, ./a.mjs]\n${apps("a")}`
      )
      assert.deepStrictEqual(
        broken.map(({ recipe, next }) => [recipe, next]),
        [[null, "correct the path (under plugins, it is relative to the configuration's folder)"]]
      )
      assert.deepStrictEqual(checks, { a: ["http https://a/a"] })
    })
  )
})

describe("loadPlugins, given a module that never finishes loading", () => {
  it.effect("continues without it after 30 seconds", () =>
    Effect.gen(function* () {
      const builtIns = { a: () => new Promise(() => undefined) }
      const waiting = yield* Effect.forkChild(loaded({}, apps("a", "b"), builtIns), { startImmediately: true })
      // Files come first, in real time: the clock is moved until the timeout has been reached.
      yield* TestClock.adjust("30 seconds").pipe(Effect.repeat({ while: () => waiting.pollUnsafe() === undefined }))
      const { checks, disabled } = yield* Fiber.join(waiting)
      assert.deepStrictEqual([checks, disabled], [{ b: [] }, { a: "plugin a: it did not load in time" }])
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
