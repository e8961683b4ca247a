/** Values that were given in confidence, looked for in every byte that lastgood wrote or said. */
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { lastgoodCommand } from "@lastgood/testing/binary"
import * as Effect from "effect/Effect"
import { expectCode } from "../expect.ts"
import { exits, harms, makeWorld, type Ran, v1, v2, v3, type World } from "../harness.ts"

const secret = "c4n+ry/correct-horse=battery"
const inline = "inl1ne-correct-horse"
const probe = "pr0be-correct-horse"
const remote = "rem0te-correct-horse"

/** Each secret as it stands, and as programs write it. */
const forms = [
  secret,
  encodeURIComponent(secret),
  ...[0, 1, 2].map((before) =>
    Buffer.from(`${"u".repeat(before)}${secret}`)
      .toString("base64")
      .slice(4, -4)
  ),
  Buffer.from(secret).toString("hex"),
  inline,
  probe,
  remote
]

const filesBelow = async (folder: string): Promise<ReadonlyArray<string>> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

/** Paths below the root of the files that hold a secret in any form. */
const holding = (world: World) =>
  Effect.promise(async () => {
    const files = await filesBelow(world.root)
    const bytes = await Promise.all(files.map((file) => readFile(file)))
    return files
      .filter((_, at) => forms.some((form) => bytes[at]?.includes(form)))
      .map((file) => relative(world.root, file))
  })

/** Where they may be: env files of versions and snapshots, the recipe's own files, and the app's own output. */
const allowed =
  /^demo\/(snapshots\/[^/]+\/env|releases\/[^/]+\/env\.[^/]+|releases\/[0-9a-f]{40}\/recipe\/Procfile|logs\/[^/]+)$/

const expectSilent = (ran: Ran): void => {
  for (const form of forms) assert.notInclude(ran.stdout + ran.stderr, form)
}

const everyCommand: ReadonlyArray<ReadonlyArray<string>> = [
  ["status"],
  ["log", "demo"],
  ["replay", "demo"],
  ["plan", "demo", "--skip-fetch"],
  ["doctor"],
  ["snapshots", "demo"],
  ["verify"]
]

/** A version that prints all that it knows, in every disguise, and ends. */
const tellsAll = `web: INLINE_PASSWORD=${inline} sh -c 'printf "%s\\n" "plain $SECRET" "https://bot:$SECRET@h/x?t=$SECRET" "Authorization: Basic $(printf "u:%s" "$SECRET" | base64)" "$(printf %s "$SECRET" | od -An -tx1 | tr -d " \\n") inline $INLINE_PASSWORD" "url $URL" >&2; exit 7'\n`

const git = (world: World, ...args: ReadonlyArray<string>) =>
  Effect.orDie(run("git", ["-C", world.at("recipe"), ...args]))

describe("a secret", () => {
  /** Verifies: LAW-12 */
  it.live(
    "of env file, recipe, check, remote and output never appears in an event, alert, error, output or open file",
    () =>
      Effect.gen(function* () {
        const world = yield* makeWorld({ env: { SECRET: secret, URL: encodeURIComponent(secret) } })
        const config = (yield* world.textOf("lastgood.yaml")) ?? ""
        const withProbe = config
          .replace(
            'checks: [{ http: "http://',
            `checks: [{ exec: "test $LASTGOOD_VERSION != ${v3} || { echo $SECRET ${probe} >&2; exit 1; }" }, { http: "http://probe:${probe}@`
          )
          .replace("deadline: 6s", "deadline: 20s")
        assert.include(withProbe, probe)
        yield* Effect.promise(() => writeFile(world.at("lastgood.yaml"), withProbe))
        yield* world.tag(v1)
        expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
        const procfile = (yield* world.textOf("recipe", "Procfile")) ?? ""

        yield* Effect.promise(() => writeFile(world.at("recipe", "Procfile"), tellsAll))
        yield* world.tag(v2)
        const said = [yield* world.lastgood(["upgrade", "demo"])]
        expectCode(said[0] ?? { code: -1, stdout: "", stderr: "" }, 3)
        assert.include(said[0]?.stdout ?? "", "***", "what it printed is told, without the secrets")

        yield* Effect.promise(() => writeFile(world.at("recipe", "Procfile"), `INLINE_PASSWORD=${inline} x\n`))
        yield* world.tag("1.1.1+1.1.1")
        said.push(yield* world.lastgood(["upgrade", "demo"]))
        yield* Effect.promise(() => writeFile(world.at("recipe", "Procfile"), procfile))
        yield* world.tag(v3, harms)
        said.push(yield* world.lastgood(["upgrade", "demo", "--json"]))
        yield* git(world, "remote", "add", "origin", `http://bot:${remote}@127.0.0.1:1/r.git?t=${remote}`)
        said.push(yield* world.lastgood(["upgrade", "demo"]), yield* world.lastgood(["plan", "demo", "--json"]))
        for (const args of everyCommand) {
          said.push(yield* world.lastgood(args), yield* world.lastgood([...args, "--json"]))
        }
        for (const ran of said) expectSilent(ran)
        const files = yield* holding(world)
        assert.isTrue(
          files.some((file) => file.startsWith("demo/logs/")),
          "the app did print it"
        )
        assert.deepStrictEqual(
          files.filter((file) => !allowed.test(file)),
          []
        )
      })
  )
})

/** lastgood, started with this umask. */
const withUmask = (world: World, umask: string, args: ReadonlyArray<string>) =>
  world.lastgood(args, {}, ["sh", "-c", `umask ${umask}; exec "$@"`, "sh", ...lastgoodCommand])

/** What is not lastgood's to close: data, recipes, and `last_good`, which is for people. All lie below folders of 0700. */
const ofTheApp = /^demo\/(volumes\/[^/]+\/|aside\/|releases\/[^/]+\/recipe(\/|$)|logs\/|last_good$)/

describe("the root", () => {
  /** Verifies: LAW-12 */
  it.live.each(["000", "077"])("can be read by nobody else after a busy life, with the umask %s", (umask) =>
    Effect.gen(function* () {
      const world = yield* makeWorld({ env: { SECRET: secret } })
      yield* Effect.promise(() => rm(world.root, { recursive: true, force: true }))
      yield* world.tag(v1)
      expectCode(yield* withUmask(world, umask, ["deploy", "demo"]), 0)
      yield* world.tag(v2, exits)
      expectCode(yield* withUmask(world, umask, ["upgrade", "demo"]), 3)
      yield* world.tag(v3)
      expectCode(yield* withUmask(world, umask, ["upgrade", "demo"]), 0)
      const open = yield* Effect.promise(async () => {
        const entries = await readdir(world.root, { recursive: true, withFileTypes: true })
        const paths = [
          "",
          ...entries
            .filter((e) => e.isFile() || e.isDirectory())
            .map((e) => relative(world.root, join(e.parentPath, e.name)))
        ]
        const found = await Promise.all(paths.map(async (path) => ({ path, ...(await stat(join(world.root, path))) })))
        return found.filter(
          ({ mode, path, uid }) => !ofTheApp.test(path) && ((mode & 0o077) !== 0 || uid !== process.getuid?.())
        )
      })
      assert.deepStrictEqual(
        open.map(({ mode, path }) => `${(mode & 0o7777).toString(8)} ${path || "the root itself"}`),
        []
      )
      // The folders between are what keeps others out of the rest.
      for (const folder of ["", "demo", "demo/releases", "demo/snapshots", "demo/logs", "demo/alerts"]) {
        const { mode } = yield* Effect.promise(() => stat(join(world.root, folder)))
        assert.strictEqual(mode & 0o777, 0o700, folder)
      }
    })
  )
})
