/** Docker's credentials for registries that repeat them in their answers, looked for in everything that lastgood says. */
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { assert, it } from "@effect/vitest"
import { freePort } from "@lastgood/testing/freePort"
import { processFolder } from "@lastgood/testing/processes"
import { recorder } from "@lastgood/testing/recorder"
import { environmentIn, worldIn } from "@lastgood/testing/World"
import * as Effect from "effect/Effect"
import { composeEnv, describeCompose } from "../../../docker/composePlugin.ts"
import { waitUntil } from "../../harness.ts"

const filed = "f1led-correct-horse"
const helped = "h3lped-correct-horse"

const encoded = (password: string) => Buffer.from(`u:${password}`).toString("base64")
const sunk = "s1nk-correct-horse"
const canaries = [filed, helped, sunk].flatMap((password) => [password, encoded(password)])

/** Repeats the header wherever an answer has room for it, as it was sent and decoded. */
const repeating = (authorization: string) => {
  const plain = Buffer.from(authorization.slice(6), "base64").toString()
  return {
    status: 403,
    headers: { "www-authenticate": `Basic realm="${plain}"`, location: `/login?as=${encodeURIComponent(plain)}` },
    body: JSON.stringify({ errors: [{ code: "DENIED", message: `no: ${plain} ${authorization.slice(6)}` }] })
  }
}

describeCompose("docker's credentials for a registry", () => {
  /** Verifies: LAW-12 */
  it.live(
    "are in nothing that lastgood says if the registry repeats them",
    () =>
      Effect.gen(function* () {
        const registry = yield* recorder(({ headers: { authorization } }) =>
          authorization === undefined
            ? { status: 401, headers: { "www-authenticate": 'Basic realm="x"' } }
            : repeating(authorization)
        )
        const tokens = yield* recorder(({ headers: { authorization, host } }) =>
          authorization === undefined
            ? { status: 401, headers: { "www-authenticate": `Bearer realm="http://${host}/token",service="x"` } }
            : repeating(authorization)
        )
        const sink = yield* recorder()
        const denying = yield* recorder(({ headers: { authorization = "" } }) => repeating(authorization))
        const home = yield* processFolder
        const at = (...parts: ReadonlyArray<string>) => join(home, ...parts)
        for (const name of ["root", "docker", "bin", "filed", "helped"]) mkdirSync(at(name), { mode: 0o700 })
        const hosts = { filed: `127.0.0.1:${registry.port}`, helped: `127.0.0.1:${tokens.port}` }
        const clientConfig = {
          auths: { [hosts.filed]: { auth: encoded(filed) } },
          credHelpers: { [hosts.helped]: "canary" }
        }
        writeFileSync(at("docker/config.json"), JSON.stringify(clientConfig), { mode: 0o600 })
        const plugins = composeEnv["DOCKER_CONFIG"]
        if (plugins !== undefined) symlinkSync(join(plugins, "cli-plugins"), at("docker/cli-plugins"))
        const helper = at("bin/docker-credential-canary")
        writeFileSync(helper, `#!/bin/sh\necho '{"Username":"u","Secret":"${helped}"}'\n`)
        chmodSync(helper, 0o755)
        const port = yield* Effect.promise(freePort)
        const apps = (["filed", "helped"] as const).map((name) => {
          writeFileSync(at(name, "compose.yml"), `services: { web: { image: "${hosts[name]}/acme/app:1.0.0" } }\n`)
          return `  ${name}: { recipe: ./${name}, runtime: compose, versions: { image: [{ service: web }] }, domain: ${name}.example.org, stack: lastgood_test_canary_${name} }\n`
        })
        writeFileSync(
          at("lastgood.yaml"),
          `root: ./root\nhttp: { listen: "127.0.0.1:${port}" }\nnotify: ["generic+http://127.0.0.1:${sink.port}/hook", "ntfy://u:${sunk}@127.0.0.1:${denying.port}/topic?scheme=http"]\napps:\n${apps.join("")}`
        )
        const env = {
          ...environmentIn(home),
          ...{ DOCKER_CONFIG: at("docker"), PATH: `${at("bin")}:${process.env["PATH"]}` }
        }
        const world = worldIn(home, { env })
        const answers: Array<readonly [what: string, text: string]> = []
        const runs = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
          const { stderr, stdout } = yield* world.lastgood(args)
          answers.push([args.join(" "), stdout + stderr])
          return stdout + stderr
        })

        for (const name of ["filed", "helped"]) {
          const text = yield* runs("deploy", name)
          // What the registry said is told, without them.
          assert.include(text, "***", text)
          for (const command of [["plan"], ["plan", "--json"], ["doctor"], ["upgrade"]]) {
            yield* runs(...command.slice(0, 1), name, ...command.slice(1))
          }
        }

        const daemon = yield* Effect.acquireRelease(
          Effect.sync(() => world.start(["reconcile"])),
          ({ done, signal }) =>
            Effect.andThen(
              Effect.sync(() => signal("SIGKILL")),
              done
            )
        )
        const get = (path: string, method = "GET", body?: unknown) =>
          Effect.flatMap(world.textOf("root", "token"), (token) =>
            Effect.promise(async () => {
              const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
                method,
                redirect: "manual",
                headers: { authorization: `Bearer ${(token ?? "").trim()}`, "content-type": "application/json" },
                ...(body === undefined ? {} : { body: JSON.stringify(body) })
              })
              const text = JSON.stringify([...answer.headers]) + (await answer.text())
              answers.push([`${method} ${path}`, text])
              return text
            }).pipe(Effect.catchDefect(() => Effect.succeed("")))
          )
        yield* waitUntil(
          "the daemon does not serve HTTP",
          Effect.map(get("/readyz"), (text) => text !== ""),
          90_000
        )
        yield* waitUntil(
          "the daemon does not tell of both apps",
          Effect.sync(() => Object.values(hosts).every((host) => daemon.said().includes(`${host}/acme/app`))),
          90_000
        )
        const acted: Array<string> = []
        for (const name of ["filed", "helped"]) {
          for (const path of ["", "/plan", "/plan?fetch=true", "/history", "/alerts"]) {
            yield* get(`/api/v1/apps/${name}${path}`)
          }
          acted.push(yield* get(`/api/v1/apps/${name}/deploy`, "POST", {}))
          acted.push(yield* get(`/api/v1/apps/${name}/upgrade`, "POST", {}))
          for (const path of ["", "/acts/upgrade?fetch=true", "/acts/deploy"]) yield* get(`/apps/${name}${path}`)
        }
        assert.isTrue(
          acted.some((text) => text.includes("***")),
          acted.join("\n")
        )
        for (const path of [
          "/",
          "/metrics",
          "/api/v1/apps",
          "/api/v1/alerts",
          "/api/v1/log?limit=1000",
          "/api/v1/status"
        ]) {
          yield* get(path)
        }
        for (const command of [
          ["status", "--json"],
          ["log"],
          ["log", "--json"],
          ["alerts", "--json"],
          ["history", "filed"]
        ]) {
          yield* runs(...command)
        }
        assert.include(yield* runs("notify", "test"), "***")
        yield* runs("report", "--output", at("report.tar.gz"))
        answers.push(["the report", gunzipSync(readFileSync(at("report.tar.gz"))).toString()])
        answers.push(["the daemon's log", daemon.said()])
        answers.push(["the notifications", JSON.stringify(sink.seen)])
        answers.push(["the log", JSON.stringify((yield* world.log).events)])

        // All were sent.
        const sent = [registry, tokens, denying].map(
          ({ seen }) => seen.find(({ headers }) => headers.authorization)?.headers
        )
        assert.deepStrictEqual(
          sent.map((headers) => headers?.authorization),
          [filed, helped, sunk].map((password) => `Basic ${encoded(password)}`)
        )
        const told = answers.flatMap(([what, text]) =>
          canaries.filter((one) => text.includes(one)).map((one) => [what, one])
        )
        assert.deepStrictEqual(told, [])
      }),
    300_000
  )
})
