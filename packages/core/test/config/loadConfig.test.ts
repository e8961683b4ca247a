import { chmod, mkdir, writeFile } from "node:fs/promises"
import { join, resolve } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, describe, layer } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { findConfig, systemConfig } from "../../src/config/findConfig.ts"
import { loadConfig } from "../../src/config/loadConfig.ts"
import { resolveRoot } from "../../src/config/root.ts"

const environment = (env: Readonly<Record<string, string>>) =>
  Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: { ...env } })))

const folder = temporaryFolder()

const written = Effect.fnUntraced(function* (text: string | Uint8Array) {
  const home = yield* folder
  const file = join(home, "lastgood.yaml")
  yield* Effect.promise(() => writeFile(file, text))
  return { home, file }
})

const app = "apps: { a: { recipe: ./a, runtime: local, env: ./a.env } }\n"

layer(NodeServices.layer, { excludeTestServices: true })("loadConfig", (it) => {
  it.effect("reads further URLs of notify from a file, and says which line of it is wrong", () =>
    Effect.gen(function* () {
      const { file, home } = yield* written("apps: {}\nnotify: [{ file: urls }]\n")
      const urls = (text: string, mode = 0o600) =>
        Effect.promise(async () => {
          await writeFile(join(home, "urls"), text)
          await chmod(join(home, "urls"), mode)
        })
      const load = loadConfig({ config: file, root: home })
      const missing = yield* Effect.flip(load)
      assert.match(missing.message, /urls/)
      yield* urls("# the phone\nntfy://ntfy.sh/c4nary\n\nntfy://:c4nary@ntfy.sh\n")
      const wrong = yield* Effect.flip(load)
      assert.match(wrong.message, /lastgood\.yaml:2:\d+: `notify\[0\]\.file`: .*urls:4: it needs exactly one topic/)
      assert.notInclude(wrong.message, "c4nary")
      yield* urls("# the phone\nntfy://ntfy.sh/ops\n\n  mattermost://chat.example.org/token\n")
      assert.deepStrictEqual(
        (yield* load).notify.map(({ kind }) => kind),
        ["ntfy", "mattermost"]
      )
      yield* urls("ntfy://ntfy.sh/ops\n", 0o666)
      assert.strictEqual((yield* Effect.flip(load))._tag, "Untrusted")
    })
  )

  it.effect("reads the file that --config names, before the one of the environment", () =>
    Effect.gen(function* () {
      const { file, home } = yield* written("apps: { a: { recipe: ./a, runtime: local } }\n")
      const config = yield* loadConfig({ config: file, root: null })
      assert.deepStrictEqual([config.file, config.apps[0]?.recipe], [file, join(home, "a")])
    }).pipe(environment({ LASTGOOD_CONFIG: "/nowhere/lastgood.yaml" }))
  )

  it.effect("reads the file of the environment", () =>
    Effect.gen(function* () {
      const { file } = yield* written("apps: {}\n")
      const config = yield* loadConfig({ config: null, root: null }).pipe(environment({ LASTGOOD_CONFIG: file }))
      assert.strictEqual(config.file, file)
    })
  )

  it.effect("never reads another file instead of the named one", () =>
    Effect.gen(function* () {
      const { home } = yield* written("apps: {}\n")
      const missing = join(home, "other.yaml")
      const error = yield* Effect.flip(findConfig(missing))
      assert.deepStrictEqual([error._tag, error.looked], ["ConfigMissing", [missing]])
      assert.include(error.next, "lastgood init")
    })
  )

  it.effect("looks in the working folder, then in /etc", () =>
    Effect.gen(function* () {
      const { looked } = yield* Effect.flip(findConfig(null))
      assert.deepStrictEqual(looked, [resolve("lastgood.yaml"), systemConfig])
    }).pipe(environment({ LASTGOOD_CONFIG: "" }))
  )

  it.effect("reports a folder, or a file that is not text, as unreadable", () =>
    Effect.gen(function* () {
      const { file, home } = yield* written(Uint8Array.of(0x61, 0xff, 0xfe))
      const load = (config: string) => Effect.flip(loadConfig({ config, root: null }))
      assert.strictEqual((yield* load(file)).message, `${file} cannot be read: it is not UTF-8 text`)
      assert.strictEqual((yield* load(home)).message, `${home} cannot be read: it is a folder`)
    })
  )

  it.effect("reports a missing env file as a problem of its app, with the line", () =>
    Effect.gen(function* () {
      const { file, home } = yield* written(`${app.trimEnd().slice(0, -1)}, b: { recipe: ./b, runtime: local } }\n`)
      const unreadable = Effect.map(loadConfig({ config: file, root: null }), (config) => config.unreadableEnv)
      assert.deepStrictEqual([...(yield* unreadable).keys()], ["a"])
      assert.deepStrictEqual((yield* unreadable).get("a")?.problems, [
        {
          line: 1,
          column: 48,
          app: "a",
          text: `\`apps.a.env\`: ${home}/a.env cannot be read: there is no such file`
        }
      ])
      yield* Effect.promise(() => mkdir(join(home, "a.env")))
      assert.match((yield* unreadable).get("a")?.message ?? "", /a\.env cannot be read: it is a folder$/)
    })
  )

  it.effect("accepts an existing env file without reading it", () =>
    Effect.gen(function* () {
      const { file, home } = yield* written(app)
      yield* Effect.promise(() => writeFile(join(home, "a.env"), "\xff=\0"))
      yield* Effect.promise(() => chmod(join(home, "a.env"), 0o600))
      const config = yield* loadConfig({ config: file, root: null })
      assert.strictEqual(config.apps[0]?.envFile, join(home, "a.env"))
    })
  )

  it.effect("finds abra's recipes in $ABRA_DIR, otherwise in the home folder", () =>
    Effect.gen(function* () {
      const { file } = yield* written("apps: { a: { recipe: keycloak, runtime: abra, domain: a.example.org } }\n")
      const recipe = (env: Readonly<Record<string, string>>) =>
        Effect.map(loadConfig({ config: file, root: null }), ({ apps }) => apps[0]?.recipe).pipe(environment(env))
      assert.strictEqual(yield* recipe({ HOME: "/home/op" }), "/home/op/.abra/recipes/keycloak")
      assert.strictEqual(yield* recipe({ HOME: "/home/op", ABRA_DIR: "/srv/abra" }), "/srv/abra/recipes/keycloak")
    })
  )

  it.effect("puts the apps' folders below the effective root", () =>
    Effect.gen(function* () {
      const { file } = yield* written("root: ./here\napps: { a: { recipe: ./a, runtime: local } }\n")
      const config = yield* loadConfig({ config: file, root: "/flag" })
      assert.deepStrictEqual([config.root, config.apps[0]?.dir], ["/flag", "/flag/a"])
    }).pipe(environment({}))
  )

  describe("resolveRoot", () => {
    const env = { LASTGOOD_ROOT: "/env", CCCI_WARM_ROOT: "/warm" }
    it.effect("uses the first of flag, $LASTGOOD_ROOT, configuration, $CCCI_WARM_ROOT and the default", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* resolveRoot("/flag", "/conf").pipe(environment(env)), "/flag")
        assert.strictEqual(yield* resolveRoot(null, "/conf").pipe(environment(env)), "/env")
        assert.strictEqual(yield* resolveRoot(null, "/conf").pipe(environment({ CCCI_WARM_ROOT: "/warm" })), "/conf")
        assert.strictEqual(yield* resolveRoot(null, null).pipe(environment({ CCCI_WARM_ROOT: "/warm" })), "/warm")
        assert.strictEqual(yield* resolveRoot(null, null).pipe(environment({ LASTGOOD_ROOT: "" })), "/var/lib/lastgood")
        assert.strictEqual(yield* resolveRoot("rel", null).pipe(environment(env)), resolve("rel"))
      })
    )
  })

  it.effect("uses abra's env file for an app without one, if there is exactly one", () =>
    Effect.gen(function* () {
      const { file, home } = yield* written("apps: { a: { recipe: web, runtime: abra, domain: a.example.org } }\n")
      const loaded = Effect.map(
        loadConfig({ config: file, root: null }).pipe(environment({ ABRA_DIR: join(home, "abra") })),
        ({ apps }) => apps[0]?.envFile ?? null
      )
      const put = (server: string) =>
        Effect.promise(async () => {
          const folder = join(home, "abra", "servers", server)
          await mkdir(folder, { recursive: true })
          await writeFile(join(folder, "a.example.org.env"), "TYPE=web\n")
          return join(folder, "a.example.org.env")
        })
      assert.isNull(yield* loaded)
      const only = yield* put("one.example.org")
      assert.strictEqual(yield* loaded, only)
      yield* put("two.example.org")
      assert.isNull(yield* loaded)
    })
  )
})
