import { chmodSync, writeFileSync } from "node:fs"
import type { ServerResponse } from "node:http"
import { networkInterfaces } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { dropTag, missingRegistry, push, pushIndex, startRegistry, type TestRegistry } from "@lastgood/testing/registry"
import { temporaryFolder } from "@lastgood/testing/temporaryFolder"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { describeNeeding } from "../../../../../test/needing.ts"
import { DockerFiles } from "../../../src/version/registry/DockerFiles.ts"
import { openRepository } from "../../../src/version/registry/Registry.ts"
import { fakeRegistry } from "./fake.ts"

const nothing = "/nonexistent"
const noFiles = { config: nothing, certificates: nothing, daemon: nothing }

const open = (host: string, path = "acme/app", files: Partial<typeof noFiles> = {}) =>
  openRepository({ registry: host, path }, "x64").pipe(Effect.provideService(DockerFiles, { ...noFiles, ...files }))

const using = <A, E>(effect: Effect.Effect<A, E>, files: Partial<typeof noFiles>) =>
  Effect.provideService(effect, DockerFiles, { ...noFiles, ...files })

const live = <E>(name: string, test: () => Effect.Effect<void, E, Scope.Scope>) =>
  it.live(name, () => Effect.scoped(test()))

/** A docker client's folder. */
const clientFolder = (config: object) =>
  Effect.map(temporaryFolder(), (folder) => {
    writeFileSync(join(folder, "config.json"), JSON.stringify(config), { mode: 0o600 })
    return folder
  })

const auth = (name: string, password: string) => Buffer.from(`${name}:${password}`).toString("base64")

describeNeeding("LASTGOOD_TEST_REGISTRY", missingRegistry(), "a real registry", () => {
  live("lists tags, and tells a tag's digest and what the image says of itself", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      const digest = yield* push(registry, "acme/app", "1.0.0", {
        created: "2026-01-02T03:04:05.678Z",
        labels: {
          "org.opencontainers.image.version": "1.0.0",
          "org.opencontainers.image.source": "https://git.example.org/acme/app",
          "org.opencontainers.image.revision": "c0ffee"
        }
      })
      yield* push(registry, "acme/app", "latest", { salt: "other" })
      const app = yield* open(registry.host)
      assert.deepStrictEqual((yield* app.tags).toSorted(), ["1.0.0", "latest"])
      assert.strictEqual(yield* app.digest("1.0.0"), digest)
      assert.deepStrictEqual(yield* app.describe("1.0.0"), {
        digest,
        created: Date.parse("2026-01-02T03:04:05.678Z"),
        version: "1.0.0",
        postgres: null,
        source: "https://git.example.org/acme/app",
        revision: "c0ffee"
      })
    })
  )

  live("sees a tag that moved, still reads the digest that it was, and sees a tag that is gone", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      const first = yield* push(registry, "acme/app", "latest", { salt: "1" })
      const app = yield* open(registry.host)
      const second = yield* push(registry, "acme/app", "latest", { salt: "2" })
      assert.notStrictEqual(first, second)
      assert.strictEqual(yield* app.digest("latest"), second)
      assert.strictEqual((yield* app.describe(first)).digest, first)
      dropTag(registry, "acme/app", "latest")
      assert.isNull(yield* app.digest("latest"))
      const gone = yield* Effect.flip(app.describe("latest"))
      assert.strictEqual(gone.kind, "missing")
    })
  )

  live("pins the index of an image for many platforms, and reads the image of this one", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      const index = yield* pushIndex(registry, "acme/app", "2", {
        "linux/arm64/v8": { created: "2026-02-02T00:00:00Z" },
        "linux/amd64": { created: "2026-03-03T00:00:00Z" }
      })
      const here = yield* (yield* open(registry.host)).describe("2")
      assert.deepStrictEqual([here.digest, here.created], [index, Date.UTC(2026, 2, 3)])
      const other = yield* using(openRepository({ registry: registry.host, path: "acme/app" }, "riscv64"), {})
      const refused = yield* Effect.flip(other.describe("2"))
      assert.match(refused.message, /no image for linux\/riscv64 \(it has linux\/arm64\/v8, linux\/amd64\)/)
    })
  )

  live("logs in with docker's credentials, through TLS of an authority that docker knows", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry({ tls: true, user: { name: "ann", password: "s3cret-word" } })
      const config = yield* clientFolder({ auths: { [registry.host]: { auth: auth("ann", "s3cret-word") } } })
      const { certificates } = registry
      const app = yield* open(registry.host, "acme/app", { config, certificates })
      const none = yield* Effect.flip(using(app.tags, { config }))
      assert.strictEqual(none.kind, "missing")
    })
  )

  /** Verifies: LAW-12 */
  live("says what to do about a wrong password, without it", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry({ tls: true, user: { name: "ann", password: "s3cret-word" } })
      const config = yield* clientFolder({ auths: { [registry.host]: { auth: auth("ann", "wr0ng-word") } } })
      const { certificates } = registry
      const app = yield* open(registry.host, "acme/app", { config, certificates })
      const denied = yield* Effect.flip(using(app.tags, { config }))
      assert.strictEqual(denied.kind, "denied")
      assert.include(denied.next, `docker login ${registry.host}`)
      assert.notMatch(JSON.stringify(denied), /wr0ng|YW5uO/)
      const nobody = yield* Effect.flip((yield* open(registry.host, "acme/app", { certificates })).tags)
      assert.match(nobody.message, /asks for a user and a password/)
    })
  )

  live("names the place for a certificate that is not trusted", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry({ tls: true })
      const untrusted = yield* Effect.flip((yield* open(registry.host)).tags)
      assert.include(untrusted.next, `/etc/docker/certs.d/${registry.host}/ca.crt`)
    })
  )

  /** Verifies: LAW-17 */
  live("asks a credential helper, and not when another user could have written docker's settings", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry({ tls: true, user: { name: "ann", password: "s3cret-word" } })
      const bin = yield* temporaryFolder()
      const helper = join(bin, "docker-credential-lastgoodtest")
      writeFileSync(
        helper,
        `#!/bin/sh\nread host\n[ "$1 $host" = "get ${registry.host}" ] || { echo credentials not found; exit 1; }\necho '{"Username":"ann","Secret":"s3cret-word"}'\n`
      )
      chmodSync(helper, 0o755)
      const before = process.env["PATH"]
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          process.env["PATH"] = `${bin}:${before}`
        }),
        () => Effect.sync(() => (process.env["PATH"] = before))
      )
      const config = yield* clientFolder({ credsStore: "lastgoodtest" })
      const { certificates } = registry
      const app = yield* open(registry.host, "acme/app", { config, certificates })
      assert.strictEqual((yield* Effect.flip(using(app.tags, { config }))).kind, "missing")
      chmodSync(join(config, "config.json"), 0o666)
      const again = yield* open(registry.host, "acme/app", { config, certificates })
      assert.match((yield* Effect.flip(using(again.tags, { config }))).message, /may be written by every user/)
    })
  )

  live("says that a registry is down, and that it may come back", () =>
    Effect.gen(function* () {
      const registry = yield* startRegistry()
      yield* push(registry, "acme/app", "1.0.0")
      registry.stop()
      yield* Effect.sleep(200)
      const away = yield* Effect.flip((yield* open(registry.host)).tags)
      assert.deepStrictEqual([away.kind, /connection refused/.test(away.message)], ["away", true])
    })
  )

  live("reads the images of Docker Hub through the engine's mirror", () =>
    Effect.gen(function* () {
      const mirror: TestRegistry = yield* startRegistry()
      const digest = yield* push(mirror, "library/postgres", "16", { env: ["PG_VERSION=16.4-1.pgdg120+1"] })
      const folder = yield* temporaryFolder()
      const daemon = join(folder, "daemon.json")
      writeFileSync(daemon, JSON.stringify({ "registry-mirrors": [`http://${mirror.host}`] }))
      const postgres = yield* open("docker.io", "library/postgres", { daemon })
      assert.strictEqual(yield* postgres.digest("16"), digest)
    })
  )
})

const page = (tags: ReadonlyArray<string>) => JSON.stringify({ name: "acme/app", tags })

describeNeeding("LASTGOOD_TEST_REGISTRY", null, "a registry that behaves oddly", () => {
  live("is read page by page, and given up on when its pages have no end", () =>
    Effect.gen(function* () {
      const pages = yield* fakeRegistry(({ url = "" }, response) => {
        const last = /last=(\w+)/.exec(url)?.[1]
        if (last === undefined) response.setHeader("link", '</v2/acme/app/tags/list?n=2&last=b>; rel="next"')
        response.end(last === undefined ? page(["a", "b"]) : page(["c", "$(id)", "../../x"]))
      })
      assert.deepStrictEqual(yield* (yield* open(pages.host)).tags, ["a", "b", "c"])
      const endless = yield* fakeRegistry((_, response) => {
        response.setHeader("link", '</v2/acme/app/tags/list?n=2&last=b>; rel="next"')
        response.end(page(["a"]))
      })
      assert.match((yield* Effect.flip((yield* open(endless.host)).tags)).message, /has no end/)
      let pagesAsked = 0
      const empty = yield* fakeRegistry((_, response) => {
        pagesAsked += 1
        response.setHeader("link", `</v2/acme/app/tags/list?n=2&last=${pagesAsked}>; rel="next"`)
        response.end(page([]))
      })
      assert.match((yield* Effect.flip((yield* open(empty.host)).tags)).message, /has no end \(0 so far\)/)
      const elsewhere = yield* fakeRegistry((_, response) => {
        response.setHeader("link", '<http://127.0.0.1:1/v2/x>; rel="next"')
        response.end(page(["a"]))
      })
      assert.match((yield* Effect.flip((yield* open(elsewhere.host)).tags)).message, /to another registry/)
    })
  )

  live("is waited for as long as it asks, and left alone when that is long", () =>
    Effect.gen(function* () {
      let busy = 2
      const soon = yield* fakeRegistry(({ url }, response) => {
        if (url !== "/v2/" && busy-- > 0) response.writeHead(429, { "retry-after": "0" }).end()
        else response.end(page(["a"]))
      })
      assert.deepStrictEqual(yield* (yield* open(soon.host)).tags, ["a"])
      const late = yield* fakeRegistry((_, response) => void response.writeHead(429, { "retry-after": "3600" }).end())
      const patience = yield* Effect.flip((yield* open(late.host)).tags)
      assert.deepStrictEqual([patience.kind, patience.retryAfterMs], ["busy", 3_600_000])
      assert.match(patience.message, /until \d{4}-\d\d-\d\dT/)
      const asked = late.asked.length
      const still = yield* Effect.flip((yield* open(late.host, "acme/other")).tags)
      assert.strictEqual(still.kind, "busy")
      assert.notInclude(late.asked.slice(asked), "GET /v2/acme/other/tags/list?n=1000")
    })
  )

  live("cannot fill the memory", () =>
    Effect.gen(function* () {
      const endless = yield* fakeRegistry(({ url }, response) => {
        if (url === "/v2/") return void response.end()
        const chunk = Buffer.alloc(1024 * 1024, " ")
        const more = () => void (response.destroyed || response.write(chunk, () => setImmediate(more)))
        more()
      })
      const reader = yield* open(endless.host)
      for (const asked of [Effect.asVoid(reader.tags), Effect.asVoid(reader.describe("1"))]) {
        assert.match((yield* Effect.flip(asked)).message, /larger than 4096 KiB/)
      }
    })
  )

  live("cannot pass off one image for another", () =>
    Effect.gen(function* () {
      const manifest = JSON.stringify({ config: { digest: `sha256:${"0".repeat(64)}` } })
      const liar = yield* fakeRegistry(
        ({ url = "" }, response) => void response.end(url.includes("manifests") ? manifest : "{}")
      )
      const reader = yield* open(liar.host)
      assert.match(
        (yield* Effect.flip(reader.describe(`sha256:${"1".repeat(64)}`))).message,
        /not what its digest says/
      )
      assert.match((yield* Effect.flip(reader.describe("1"))).message, /configuration of 1 cannot be read/)
    })
  )

  /** Verifies: LAW-12 */
  live("gets a token for reading one repository only, and no password where it redirects to", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const other = yield* fakeRegistry(({ headers }, response) => {
        seen.push(`elsewhere: ${headers.authorization}`)
        response.end(page(["a"]))
      })
      const registry = yield* fakeRegistry(({ url = "", headers }, response, host) => {
        if (url.startsWith("/token")) {
          seen.push(`${url} ${headers.authorization}`)
          return void response.end(JSON.stringify({ token: "t0ken" }))
        }
        if (headers.authorization !== "Bearer t0ken") {
          const challenge = `Bearer realm="http://${host}/token",service="reg",scope="repository:acme/app:pull,push,delete"`
          return void response.writeHead(401, { "www-authenticate": challenge }).end()
        }
        response.writeHead(307, { location: `http://${other.host}/blob` }).end()
      })
      const config = yield* clientFolder({
        auths: { [`http://${registry.host}/v2/`]: { auth: auth("ann", "s3cret") } }
      })
      const reader = yield* open(registry.host, "acme/app", { config })
      assert.deepStrictEqual(yield* using(reader.tags, { config }), ["a"])
      assert.deepStrictEqual(seen, [
        `/token?service=reg&scope=repository%3Aacme%2Fapp%3Apull Basic ${auth("ann", "s3cret")}`,
        "elsewhere: undefined"
      ])
    })
  )

  /** Verifies: LAW-12 */
  live("gets no password for a login that is asked for where it redirects to", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const thief = yield* fakeRegistry(({ headers, url = "" }, response, host) => {
        seen.push(headers.authorization)
        if (url.startsWith("/token")) return void response.end(JSON.stringify({ token: "t" }))
        response.writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token",service="x"` }).end()
      })
      const registry = yield* fakeRegistry(
        (_, response) => void response.writeHead(307, { location: `http://${thief.host}/v2/x` }).end()
      )
      const login = { auth: auth("ann", "s3cret") }
      const config = yield* clientFolder({ auths: { [registry.host]: login, [thief.host]: login } })
      const error = yield* Effect.flip(using((yield* open(registry.host, "acme/app", { config })).tags, { config }))
      assert.deepStrictEqual([error.kind, new Set(seen)], ["denied", new Set([undefined])])
      assert.include(error.message, `redirects to http://${thief.host}, which requires a login`)
    })
  )

  /** Verifies: LAW-12 */
  live("gets the credentials of its own host as a mirror, and never those of Docker Hub", () =>
    Effect.gen(function* () {
      const seen: Array<string | undefined> = []
      const mirror = yield* fakeRegistry(({ headers }, response) => {
        seen.push(headers.authorization)
        if (headers.authorization !== undefined) return void response.end(page(["16"]))
        response.writeHead(401, { "www-authenticate": 'Basic realm="mirror"' }).end()
      })
      const folder = yield* temporaryFolder()
      const daemon = join(folder, "daemon.json")
      writeFileSync(daemon, JSON.stringify({ "registry-mirrors": [`http://${mirror.host}`] }))
      const hub = { auth: auth("hubuser", "hubsecret") }
      const both = { "https://index.docker.io/v1/": hub, [mirror.host]: { auth: auth("mirroruser", "m") } }
      const config = yield* clientFolder({ auths: both })
      const postgres = yield* open("docker.io", "library/postgres", { daemon, config })
      assert.deepStrictEqual(yield* using(postgres.tags, { daemon, config }), ["16"])
      assert.deepStrictEqual(seen, [undefined, `Basic ${auth("mirroruser", "m")}`])
    })
  )

  live("is asked again after errors and answers that break off, then left alone for all its images", () =>
    Effect.gen(function* () {
      const broken = yield* fakeRegistry((_, response) => void response.writeHead(500).end("<html>"))
      const cut = yield* fakeRegistry((_, response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write('{"tags":["a"', () => response.destroy())
      })
      const fails = (host: string) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip((yield* open(host)).tags)
          const other = yield* Effect.flip((yield* open(host, "acme/other")).tags)
          return { kind: error.kind, isSame: other.message.endsWith(error.message.replace(/^.*?: /, "")) }
        })
      const told = yield* Effect.all([fails(broken.host), fails(cut.host)], { concurrency: 2 })
      assert.deepStrictEqual(told, [
        { kind: "away", isSame: true },
        { kind: "away", isSame: true }
      ])
      for (const { asked } of [broken, cut]) {
        assert.deepStrictEqual(asked.filter((one) => one.includes("tags")).length, 4)
      }
      const garbage = yield* fakeRegistry((_, response) => void response.end("<!doctype html>"))
      const reader = yield* open(garbage.host)
      assert.match((yield* Effect.flip(reader.tags)).message, /list of tags cannot be read/)
      assert.match((yield* Effect.flip(reader.describe("1"))).message, /manifest of 1 cannot be read/)
    })
  )

  live("limits requests without saying how long, and is left alone for some minutes", () =>
    Effect.gen(function* () {
      const hub = yield* fakeRegistry((_, response) => void response.writeHead(429).end())
      const first = yield* Effect.flip((yield* open(hub.host)).tags)
      const asked = hub.asked.length
      const second = yield* Effect.flip((yield* open(hub.host)).tags)
      assert.strictEqual(first.message, second.message)
      assert.match(first.message, /\(status 429\), until \d{4}-\d\d-\d\dT/)
      assert.deepStrictEqual(
        hub.asked.slice(asked).filter((one) => one.includes("tags")),
        []
      )
    })
  )

  live("asks for a pause that is no time, or for none, and is left alone for a time that is true", () =>
    Effect.gen(function* () {
      const minutes = (one: { readonly retryAfterMs?: number | undefined }) => (one.retryAfterMs ?? 0) / 60_000
      for (const [pause, least, most] of [
        ["99999999999999999999", 359, 360],
        ["Fri, 31 Dec 9999 23:59:59 GMT", 359, 360],
        ["0", 1.9, 2]
      ] as const) {
        const hub = yield* fakeRegistry((_, response) => {
          response
            .writeHead(429, { "retry-after": pause })
            .end('{"errors":[{"code":"TOOMANYREQUESTS","message":"slow"}]}')
        })
        const first = yield* Effect.flip((yield* open(hub.host)).tags)
        assert.isAtLeast(minutes(first), least, pause)
        assert.isAtMost(minutes(first), most, pause)
        const asked = hub.asked.length
        const second = yield* Effect.flip((yield* open(hub.host)).tags)
        assert.strictEqual(first.message, second.message)
        assert.strictEqual(hub.asked.filter((one) => one.includes("tags")).length, asked, pause)
      }
    })
  )

  live("exchanges an identity token, of a helper too, and says what a helper does wrong without its words", () =>
    Effect.gen(function* () {
      const bodies: Array<string> = []
      const registry = yield* fakeRegistry((request, response, host) => {
        if (request.url?.startsWith("/token") === true) {
          request.on("data", (chunk) => bodies.push(String(chunk)))
          return void request.on("end", () => response.end(JSON.stringify({ access_token: "t0ken" })))
        }
        if (request.headers.authorization === "Bearer t0ken") return void response.end(page(["a"]))
        response.writeHead(401, { "www-authenticate": `Bearer realm="http://${host}/token",service="reg"` }).end()
      })
      const bin = yield* temporaryFolder()
      const helper = (name: string, script: string) => {
        writeFileSync(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
        return clientFolder({ credHelpers: { [registry.host]: name } })
      }
      const before = process.env["PATH"]
      yield* Effect.acquireRelease(
        Effect.sync(() => (process.env["PATH"] = `${bin}:${before}`)),
        () => Effect.sync(() => (process.env["PATH"] = before))
      )
      const tags = (config: string) =>
        Effect.flatMap(open(registry.host, "acme/app", { config }), (reader) => using(reader.tags, { config }))
      const file = yield* clientFolder({ auths: { [registry.host]: { identitytoken: "refr3sh" } } })
      assert.deepStrictEqual(yield* tags(file), ["a"])
      const token = yield* helper("token", `echo '{"Username":"<token>","Secret":"refr3sh"}'`)
      assert.deepStrictEqual(yield* tags(token), ["a"])
      for (const body of bodies)
        assert.include(body, "grant_type=refresh_token&client_id=lastgood&refresh_token=refr3sh")
      for (const [name, script, why] of [
        ["fails", "echo s3cret-words; exit 2", /docker-credential-fails failed/],
        ["empty", "echo s3cret-words", /answers what is not credentials/],
        ["ended", "echo s3cret-words; exit 1", /ended with code 1/]
      ] as const) {
        const error = yield* Effect.flip(tags(yield* helper(name, script)))
        assert.strictEqual(error.kind, "denied")
        assert.match(error.message, why)
        assert.notInclude(JSON.stringify(error), "s3cret")
      }
    })
  )

  /** Verifies: LAW-12 */
  live("repeats in no error what it was told, wherever a registry writes it", () =>
    Effect.gen(function* () {
      const password = "correct-h0rse-battery"
      const basic = auth("ann", password)
      const message = (...said: ReadonlyArray<string>) =>
        JSON.stringify({ errors: [{ code: "DENIED", message: `no: ${said.join(" ")}` }] })
      const ways: Readonly<Record<string, (response: ServerResponse) => void>> = {
        body: (response) => void response.writeHead(403).end(message(password, basic, `Basic ${basic}`)),
        long: (response) => void response.writeHead(403).end(message("x".repeat(285), password)),
        realm: (response) => {
          const challenge = `Bearer realm="https://${password}.invalid/token",service="x"`
          response.writeHead(401, { "www-authenticate": challenge }).end()
        },
        location: (response) => void response.writeHead(307, { location: `https://${password}.invalid/v2/` }).end()
      }
      for (const [name, answer] of Object.entries(ways)) {
        const registry = yield* fakeRegistry(({ headers }, response) => {
          // For the realm, it knows the password from an earlier request.
          if (headers.authorization !== undefined || name === "realm") return answer(response)
          response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end()
        })
        const config = yield* clientFolder({ auths: { [registry.host]: { auth: basic } } })
        const reader = yield* open(registry.host, "acme/app", { config })
        const error = JSON.stringify(yield* Effect.flip(using(reader.describe("1"), { config })))
        for (const secret of [password, password.slice(0, 9), basic, basic.slice(6, -2)]) {
          assert.notInclude(error, secret, `${name}: ${error}`)
        }
        if (name === "body" || name === "realm") assert.include(error, "***", name)
      }
    })
  )

  live("is read by http at another address only where the engine's settings say so", () =>
    Effect.gen(function* () {
      const [address] = Object.values(networkInterfaces()).flatMap((found = []) =>
        found.flatMap(({ address, family, internal }) => (family === "IPv4" && !internal ? [address] : []))
      )
      if (address === undefined) return
      const registry = yield* fakeRegistry((_, response) => void response.end(page(["a"])), address)
      const refused = yield* Effect.flip((yield* open(registry.host)).tags)
      assert.include(refused.next, "insecure-registries")
      const daemon = join(yield* temporaryFolder(), "daemon.json")
      writeFileSync(daemon, JSON.stringify({ "insecure-registries": [`${address}/32`] }))
      assert.deepStrictEqual(yield* (yield* open(registry.host, "acme/app", { daemon })).tags, ["a"])
    })
  )
})
