/** The files that run lastgood itself as a container: Docker reads them, and they do what docs/install.md says. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { composeEnv, describeCompose } from "./composePlugin.ts"

const repository = join(import.meta.dirname, "../..")
const docs = readFileSync(join(repository, "docs/install.md"), "utf8")
/** The command of docs/install.md, which the files stand for. */
const command = /docker run --detach[\s\S]*?lastgood:0\.1\.0$/m.exec(docs)?.[0] ?? ""
const optionsOf = (text: string, name: string) =>
  [...text.matchAll(new RegExp(`--${name}[ =]("?)(\\S+?)\\1(?=\\s)`, "g"))].map(([, , value]) => value).toSorted()

const compose = (env: Readonly<Record<string, string>> = {}) =>
  run("docker", ["compose", "--file", "deploy/compose.yaml", "config", "--format", "json"], {
    cwd: repository,
    env: { ...composeEnv, ...env }
  }).pipe(
    Effect.map(({ stdout }) => JSON.parse(stdout).services.lastgood),
    Effect.orDie
  )

const volumesOf = (
  volumes: ReadonlyArray<{ readonly source: string; readonly target: string; readonly read_only?: true }>
) => volumes.map(({ read_only, source, target }) => `${source}:${target}${read_only === true ? ":ro" : ""}`).toSorted()

describeCompose("the files for lastgood in a container", () => {
  it.live("compose.yaml has the options of the command in docs/install.md", () =>
    Effect.gen(function* () {
      const service = yield* compose()
      assert.deepStrictEqual(volumesOf(service.volumes), optionsOf(command, "volume"))
      assert.deepStrictEqual(service.cap_add.toSorted(), optionsOf(command, "cap-add"))
      assert.deepStrictEqual(service.security_opt, optionsOf(command, "security-opt"))
      assert.deepInclude(service, { pid: "host", network_mode: "host", restart: "always", stop_grace_period: "15m0s" })
      assert.notProperty(service, "privileged")
      assert.match(service.healthcheck.test.join(" "), /127\.0\.0\.1\/8420/)
    })
  )

  it.live("compose.yaml takes the variables of docs/install.md", () =>
    Effect.gen(function* () {
      const variables = {
        LASTGOOD_IMAGE: "a/b:1",
        LASTGOOD_DATA: "/data",
        LASTGOOD_ETC: "/etc/x",
        LASTGOOD_PORT: "9000"
      }
      for (const name of [...Object.keys(variables), "LASTGOOD_NAME"]) assert.include(docs, `| \`${name}\` |`)
      const service = yield* compose(variables)
      assert.strictEqual(service.image, "a/b:1")
      assert.includeMembers(volumesOf(service.volumes), ["/data:/data", "/etc/x:/etc/lastgood:ro"])
      assert.include(service.healthcheck.test.join(" "), "127.0.0.1/9000")
    })
  )

  it.live("stack.yaml is a stack that starts a container with the same options", () =>
    Effect.gen(function* () {
      const args = ["stack", "config", "--compose-file", "deploy/stack.yaml"]
      const { stderr, stdout } = yield* Effect.orDie(run("docker", args, { cwd: repository }))
      assert.notMatch(stderr, /[Ii]gnoring/)
      for (const name of ["cap-add", "security-opt"])
        assert.deepStrictEqual(optionsOf(stdout, name), optionsOf(command, name))
      for (const text of ["--pid host --network host", "--stop-timeout 900", "stop_grace_period: 15m0s"])
        assert.include(stdout, text)
      assert.notInclude(stdout, "privileged")
    })
  )
})
