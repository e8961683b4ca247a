// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
/** `lastgood check`: what it says of a project that no configuration names. */
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { assert, it, vi } from "@effect/vitest"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import { worldIn } from "@lastgood/testing/World"
import * as Effect from "effect/Effect"
import { composeEnv, describeCompose } from "../docker/composePlugin.ts"

vi.setConfig({ testTimeout: 120_000 })

/** Everything below a folder, with what a write would change. */
const listing = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .toSorted()
    .map((name) => {
      const { mode, mtimeMs, size } = lstatSync(join(folder, name))
      return `${name} ${mode} ${size} ${mtimeMs}`
    })

const noEngine = { DOCKER_HOST: "unix:///nonexistent/docker.sock" }

const project = (files: Readonly<Record<string, string>>) =>
  Effect.map(temporaryFolder(), (home) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(home, dirname(name)), { recursive: true })
      writeFileSync(join(home, name), text)
    }
    const env = { PATH: process.env["PATH"], HOME: home, TMPDIR: join(home, "tmp"), ...composeEnv }
    mkdirSync(env.TMPDIR)
    return worldIn(home, { env })
  })

const jsonOf = (stdout: string) => JSON.parse(stdout) as Readonly<Record<string, unknown>>

const gitea = `
name: forge
services:
  server:
    image: gitea/gitea:1.22.3
    ports: ["3000:3000", "127.0.0.1:2222:22"]
    volumes:
      - ./gitea:/data
      - ./app.ini:/etc/gitea/app.ini
      - ./proxy.conf:/etc/proxy.conf:ro
      - /etc/localtime:/etc/localtime:ro
      - /var/run/docker.sock:/var/run/docker.sock
      - new:/new
  db:
    image: postgres:16
    volumes: ["./db:/var/lib/postgresql/data"]
    tmpfs: [/run]
    healthcheck: { test: [CMD, pg_isready] }
volumes: { new: }
`

describeCompose("lastgood check", () => {
  it.live("tells what it would make of a project, without an engine, and writes nothing", () =>
    Effect.gen(function* () {
      const { at, lastgood } = yield* project({
        "app/docker-compose.yml": gitea,
        "app/gitea/repo": "x".repeat(5000),
        "app/app.ini": "[server]\n",
        "app/proxy.conf": "\n"
      })
      const before = listing(at("."))
      const { code, stderr, stdout } = yield* lastgood(["check", "app"], noEngine)
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      for (const line of stdout.split("\n")) assert.isAtMost(line.length, 80, line)
      for (const expected of [
        /^forge: lastgood can take it as it is\n/,
        /^ {2}new +server +volume$/m,
        /^ {2}\.\/gitea +server +\d.* kB$/m,
        /^ {2}\.\/app\.ini +server +\d/m,
        /^ {2}\.\/db +db +will be made$/m,
        /^ {2}\.\/proxy\.conf +server +is mounted read-only$/m,
        /^ {2}\/etc\/localtime +server +belongs to the host$/m,
        /^ {2}\/run +db +is in memory$/m,
        /^ {2}server +gitea\/gitea:1\.22\.3 +newer tags$/m,
        /^ {2}db +postgres:16 +what the tag is at the time$/m,
        /^ {4}versions: \{ image: \{ service: server \} \}$/m,
        /^ {2}server +port 3000, 127\.0\.0\.1:2222$/m,
        /^ {2}db +HEALTHCHECK of the compose file$/m,
        /^Not checked\n/m
      ]) {
        assert.match(stdout, expected)
      }
      const byFile = yield* lastgood(["check", "app/docker-compose.yml", "--json"], noEngine)
      assert.strictEqual(byFile.code, 0)
      assert.deepNestedInclude(jsonOf(byFile.stdout), { format: 1, taken: true, name: "forge", problems: [] })
      assert.deepStrictEqual(listing(at(".")), before)
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-12, LAW-14 */
  it.live("names everything that is missing at once, and no value of an env file", () =>
    Effect.gen(function* () {
      const canary = "c4n4ry"
      const { at, lastgood } = yield* project({
        ".env": `TOKEN=${canary}one\nPRICE=5\n`,
        "web.env": `PASSWORD=${canary}two\n`,
        "more.yml": 'services:\n  more:\n    image: "acme/more:${INCLUDED}"\n',
        "compose.yml": `
include: [more.yml]
services:
  web:
    image: "acme/web:\${TAG}"
    env_file: [web.env, none.env]
    environment: { A: "\${FIRST:?set it}", B: "\${SECOND:?}", T: "\${TOKEN}" }
    command: ["--token", "\${TOKEN}"]
    volumes: ["\${UPLOADS}:/data", "./conf.yml:/conf.yml:ro"]
    ports: ["\${PORT}:80"]
    networks: [lastgood-test-none]
  own:
    build: .
  spare:
    image: acme/spare
    env_file: [not-needed.env]
    profiles: [spare]
networks: { lastgood-test-none: { external: true } }
`
      })
      const { code, stderr, stdout } = yield* lastgood(["check"])
      assert.strictEqual(code, 5, stderr)
      assert.match(stdout, /: lastgood cannot take it yet, because of 10 problems\n/)
      for (const expected of [
        "the env file ./none.env does not exist",
        ...["FIRST", "SECOND", "TAG", "UPLOADS", "PORT", "INCLUDED"].map((name) => `the variable ${name} is not set`),
        "the network lastgood-test-none does not exist",
        "the service own is built from the recipe",
        `the file ${at("conf.yml")} does not exist`
      ]) {
        assert.include(stdout.replaceAll(/\n {4}/g, " "), expected)
      }
      const json = yield* lastgood(["check", "--json"])
      assert.strictEqual(json.code, 5)
      // Its service does not run.
      assert.notInclude(stdout, "not-needed.env")
      for (const text of [stdout, stderr, json.stdout, json.stderr]) assert.notInclude(text, canary)
      assert.notInclude(stdout, "PRICE")
    }).pipe(Effect.scoped)
  )

  it.live("asks what only an operator knows, with the line to write", () =>
    Effect.gen(function* () {
      const { lastgood } = yield* project({
        "compose.yml": `
services:
  web:
    image: acme/web
    volumes: ["/usr/src:/src", "/cache", "photos:/photos"]
volumes: { photos: { external: true } }
`
      })
      const { code, stdout } = yield* lastgood(["check"], noEngine)
      assert.strictEqual(code, 0)
      assert.match(stdout, /: lastgood can take it as it is, with an answer to 3 questions\n/)
      for (const line of [
        'data: { "/usr/src": own }',
        'data: { "/usr/src": external }',
        'data: { "web:/cache": external }',
        'data: { "volume:photos": own }',
        'data: { "volume:photos": external }'
      ]) {
        assert.include(stdout, line)
      }
      assert.notInclude(stdout, '"web:/cache": own')
    }).pipe(Effect.scoped)
  )

  it.live("takes several files of a project, and says how compose itself finds them", () =>
    Effect.gen(function* () {
      const { lastgood } = yield* project({
        "base.yml": "services:\n  web:\n    image: acme/web:1.0\n",
        "more.yml": "services:\n  web:\n    volumes: [./data:/data]\n"
      })
      const one = yield* lastgood(["check", "more.yml"], noEngine)
      assert.strictEqual(one.code, 5)
      assert.match(one.stdout, /neither an image nor a build context/)
      const both = yield* lastgood(["check", "base.yml", "more.yml"], noEngine)
      assert.strictEqual(both.code, 0)
      assert.match(both.stdout, /^ {2}\.\/data +web +will be made$/m)
      assert.include(both.stdout, "COMPOSE_FILE=base.yml:more.yml")
    }).pipe(Effect.scoped)
  )

  it.live("ends with 64 where there is no project", () =>
    Effect.gen(function* () {
      const { lastgood } = yield* project({ "empty/x": "" })
      for (const [args, expected] of [
        [["none"], /^lastgood: none: there is no such file or folder\nnext: lastgood check /m],
        [["empty"], /^lastgood: empty: there is no compose file in this folder\nnext: lastgood check /m]
      ] as const) {
        const { code, stderr, stdout } = yield* lastgood(["check", ...args])
        assert.deepStrictEqual({ code, stdout }, { code: 64, stdout: "" })
        assert.match(stderr, expected)
      }
    }).pipe(Effect.scoped)
  )
})
