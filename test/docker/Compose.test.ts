// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
import { readdir, readFile, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import type { DataAnswer } from "@lastgood/core/domain/App"
import { run } from "@lastgood/core/process/Tool"
import * as Effect from "effect/Effect"
import { clientOnly, engineThat } from "./brokenEngine.ts"
import { compose, idle, type ServiceOptions } from "./compose.ts"
import { composeRuntime, composeTest, describeCompose } from "./composePlugin.ts"
import { busyboxImage, ensureImages, volumeImage } from "./images.ts"
import { deadline, dockerLines, kinds, waitUntil, withData } from "./runtimeTest.ts"
import { testStack } from "./testStack.ts"

const sh = (script: string) => ["sh", "-c", script]
const textOf = (path: string) => Effect.promise(() => readFile(path, "utf8").catch(() => ""))
const namesOf = (project: string) =>
  dockerLines("ps", "--all", "--filter", `label=com.docker.compose.project=${project}`, "--format", "{{.Names}}")

describeCompose("Compose", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  composeTest("reports the running release, and a service whose container is gone", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const files = compose({ web: { scale: 2 }, db: {}, off: { scale: 0 } })
      const one = yield* release("1.0.0+1", files)
      const before = yield* Effect.promise(() => readdir(one.dir))
      const { services } = yield* runtime.deploy(app, one, deadline)
      assert.deepStrictEqual([...services].sort(), ["db", "web"])
      const line = (name: string, state: string, ok = true) => [name, state, ok]
      const look = Effect.map(runtime.inspect(app), ({ services, ...rest }) => ({
        ...rest,
        services: services.map((s) => line(s.name, s.state, s.ok))
      }))
      const seen = {
        present: true,
        converged: true,
        version: "1.0.0+1",
        commit: "commit-of-1.0.0+1",
        mixed: false
      }
      assert.deepStrictEqual(yield* look, {
        ...seen,
        services: [line("db", "1/1"), line("web", "2/2")]
      })
      assert.deepStrictEqual(yield* Effect.promise(() => readdir(one.dir)), before)
      yield* run("docker", ["rm", "--force", `${app.stack}-db-1`])
      assert.deepStrictEqual(yield* look, {
        ...seen,
        converged: false,
        services: [line("db", "0/1", false), line("web", "2/2")]
      })
      const { removed } = yield* runtime.undeploy(app, deadline, [])
      assert.deepStrictEqual([...removed].sort(), [`${app.stack}-web-1`, `${app.stack}-web-2`])
    })
  )

  composeTest("counts completed services as done, and waits for them as the file says", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const depends_on = { migrate: { condition: "service_completed_successfully" } }
      const files = (script: string) =>
        compose({ web: { depends_on, restart: "always" }, migrate: { command: sh(script) } })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files("sleep 1")), deadline)
      const seen = yield* runtime.inspect(app)
      assert.deepStrictEqual([seen.converged, seen.services.map(({ state }) => state)], [true, ["0/1 (done)", "1/1"]])
      const bad = yield* release("2.0.0+2", files("exit 5"))
      const error = yield* Effect.flip(runtime.deploy(app, bad, deadline))
      assert.match(error.message, /migrate.*exit 5/)
      yield* runtime.undeploy(app, deadline, [])
      yield* runtime.assertQuiet(app, [])
    })
  )

  composeTest("fails on a service that restarts repeatedly", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const bad = compose({ web: { command: sh("sleep 0.3; exit 7"), restart: "always" } })
      const error = yield* Effect.flip(runtime.deploy(app, yield* release("1.0.0+1", bad), deadline))
      assert.match(error.message, /web: restarted \d+ times/)
      yield* runtime.undeploy(app, deadline, [])
      yield* runtime.assertQuiet(app, [])
      assert.deepStrictEqual(yield* namesOf(app.stack), [])
    })
  )

  /** Verifies: LAW-9 */
  composeTest("waits for a service that restarts until what it needs is there", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const third = 'echo start >> /tmp/starts; [ "$(wc -l < /tmp/starts)" -ge 3 ] || exit 1; sleep 1d'
      const files = compose({ web: { command: sh(third), restart: "always" } })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      const { converged, services } = yield* runtime.inspect(app)
      assert.deepStrictEqual([converged, services.map(({ restarts }) => restarts)], [true, [2]])
      yield* runtime.undeploy(app, deadline, [])
    })
  )

  composeTest("times out on a service that never becomes healthy", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const healthcheck = { test: ["CMD", "false"], interval: "1s", start_period: "5m" }
      const files = compose({ web: { depends_on: { db: { condition: "service_healthy" } } }, db: { healthcheck } })
      const error = yield* Effect.flip(runtime.deploy(app, yield* release("1.0.0+1", files), 15_000))
      assert.match(error.message, /it did not start in time: .*-db-1 \(running\), .*-web-1 \(created\)/)
      yield* runtime.undeploy(app, deadline, [])
    })
  )

  /** Verifies: LAW-1 */
  composeTest(
    "waits until Docker kills a container that ignores SIGTERM, and stops a paused one gracefully",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const stubborn = sh("trap '' TERM; while :; do echo . >> /data/log; sleep 0.1; done")
        const gentle = sh("trap 'echo bye >> /data/bye; exit 0' TERM; while :; do sleep 0.1; done")
        const volumes = ["data:/data"]
        const files = compose(
          {
            web: { command: stubborn, volumes, stop_grace_period: "4s", restart: "always" },
            paused: { command: gentle, volumes }
          },
          withData
        )
        yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
        yield* run("docker", ["pause", `${app.stack}-paused-1`])
        const folder = (yield* runtime.volumes(app, []))[0]?.path ?? ""
        const { quietAfterMs } = yield* runtime.undeploy(app, deadline, [])
        const atReturn = yield* textOf(join(folder, "log"))
        assert.isAbove(quietAfterMs, 3900)
        yield* Effect.sleep(500)
        assert.strictEqual(yield* textOf(join(folder, "log")), atReturn)
        assert.strictEqual(yield* textOf(join(folder, "bye")), "bye\n")
      })
  )

  /** Verifies: LAW-1 */
  composeTest("starts nothing while an undeploy is still stopping a container", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const script =
        "trap 'sleep 8; echo last of one >> /data/log; exit 0' TERM; echo one >> /data/log; while :; do sleep 0.1; done"
      const one = yield* release(
        "1.0.0+1",
        compose({ web: { command: sh(script), volumes: ["data:/data"] } }, withData)
      )
      yield* runtime.deploy(app, one, deadline)
      const log = join((yield* runtime.volumes(app, []))[0]?.path ?? "", "log")
      yield* waitUntil(
        "it never wrote",
        Effect.map(textOf(log), (text) => text !== "")
      )
      const error = yield* Effect.flip(runtime.undeploy(app, 1000, []))
      assert.match(error.message, /container .*-web-1\.stopping \(running\)/)
      assert.isFalse((yield* runtime.inspect(app)).converged)
      const late = yield* Effect.flip(runtime.deploy(app, one, 1000))
      assert.match(`${late.message}; ${"next" in late ? late.next : ""}`, /do not end: .*; docker kill .*\.stopping/)
      // The same release: compose would take what is being stopped for it.
      yield* runtime.deploy(app, one, deadline)
      assert.deepStrictEqual(yield* namesOf(app.stack), [`${app.stack}-web-1`])
      assert.strictEqual(yield* textOf(log), "one\nlast of one\none\n")
      yield* run("docker", ["kill", `${app.stack}-web-1`])
    })
  )

  /** Verifies: LAW-1 */
  composeTest(
    "is not quiet while anything of the project exists, and removes everything but the volumes",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const top = { volumes: { data: {}, own: { name: `${app.stack}.own` } }, networks: { inner: {} } }
        const files = compose({ web: { volumes: ["data:/data", "own:/own"], networks: ["inner"] } }, top)
        const one = yield* release("1.0.0+1", files)
        yield* runtime.deploy(app, one, deadline)
        const ofProject = ["--label", `com.docker.compose.project=${app.stack}`]
        const oneOff = [
          ...ofProject,
          "--label",
          "com.docker.compose.oneoff=True",
          "--label",
          "com.docker.compose.service=web"
        ]
        const byCompose = ["--label", "com.docker.compose.config-hash=run"]
        const start = (name: string, ...labels: ReadonlyArray<string>) =>
          run("docker", ["run", "--detach", "--name", `${app.stack}-${name}`, ...labels, busyboxImage, ...idle])
        yield* start("web-run", ...oneOff, ...byCompose)
        yield* start("by-hand", ...ofProject)
        // The files that it was deployed from are gone.
        yield* run("rm", ["-r", one.dir])
        const running = yield* Effect.flip(runtime.undeploy(app, 10_000, []))
        assert.match(running.message, /remaining: container [^,]*-by-hand \(running\)(?:, network [^,]*)*$/)
        yield* run("docker", ["stop", `${app.stack}-by-hand`])
        yield* runtime.undeploy(app, deadline, [])
        yield* runtime.assertQuiet(app, [])
        assert.deepStrictEqual(yield* namesOf(app.stack), [])
        const filter = ["--filter", `label=com.docker.compose.project=${app.stack}`]
        assert.deepStrictEqual(yield* dockerLines("network", "ls", "--quiet", ...filter), [])
        const volumes = (yield* runtime.volumes(app, [])).map(({ name, key }) => [key, name]).sort()
        assert.deepStrictEqual(volumes, [
          ["data", `${app.stack}_data`],
          ["own", `${app.stack}.own`]
        ])
        yield* run("docker", ["network", "create", ...ofProject, `${app.stack}_lost`])
        assert.match((yield* Effect.flip(runtime.assertQuiet(app, []))).message, /remaining: network .*_lost$/)
        yield* runtime.undeploy(app, deadline, [])
        yield* runtime.assertQuiet(app, [])
      })
  )

  /** Verifies: LAW-1 */
  composeTest("never mistakes a failed query for an empty result", (_, { app }) =>
    Effect.gen(function* () {
      yield* run("docker", ["volume", "create", `${app.stack}_data`])
      yield* run("docker", ["create", "--name", `${app.stack}-other`, busyboxImage])
      const { stdout } = yield* run("sh", ["-c", "command -v docker"])
      const looks = ["info --format", "volume ls", "container ls", "network ls", "volume inspect", "container inspect"]
      for (const look of looks) {
        const broken = [
          "#!/bin/sh",
          `if [ "$1 $2" = "${look}" ]; then`,
          // What the client prints before it complains of an inspect, as if there were nothing.
          '  [ "$2" != inspect ] || echo "[]"',
          '  echo "Error response from daemon: rpc error: code = Unavailable" >&2; exit 1',
          "fi",
          `exec ${stdout.trim()} "$@"`
        ]
        yield* Effect.promise(() => writeFile(join(app.dir, "docker"), broken.join("\n"), { mode: 0o755 }))
        const env = { PATH: `${app.dir}:${process.env["PATH"]}`, ...(yield* clientOnly) }
        const runtime = yield* composeRuntime(env)
        assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app, [])))._tag, "RuntimeFailed", look)
      }
      const questions = [/^\/info/, /^\/volumes($|\?)/, /^\/containers\/json/, /^\/networks($|\?)/, /^\/volumes\/./]
      for (const question of [...questions, /^\/containers\/\w+\/json/]) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const runtime = yield* composeRuntime(yield* engineThat(app.dir, (path) => question.test(path)))
            const error = yield* Effect.flip(runtime.assertQuiet(app, []))
            assert.include(["RuntimeFailed", "RuntimeUnavailable"], error._tag, String(question))
          })
        )
      }
    })
  )

  composeTest("recreates a lost volume for compose, but not one whose options changed", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const keeps = (driver_opts?: object) =>
        compose(
          { web: { command: sh(`cat /data/word; ${idle[2]}`), volumes: ["data:/data"] } },
          { volumes: { data: driver_opts === undefined ? {} : { driver_opts } } }
        )
      const one = yield* release("1.0.0+1", keeps())
      yield* runtime.deploy(app, one, deadline)
      yield* runtime.undeploy(app, deadline, [])
      const [volume] = yield* runtime.volumes(app, [])
      if (volume === undefined) return assert.fail("there is no volume")
      const { path, created: _, ...rest } = volume
      yield* run("docker", ["volume", "rm", volume.name])
      const again = yield* runtime.createVolume(app, rest)
      assert.deepStrictEqual(again, volume)
      yield* Effect.promise(() => writeFile(join(path, "word"), "still here\n"))
      yield* runtime.deploy(app, one, deadline)
      assert.include(yield* runtime.logs(app, 10), "still here")
      // Compose asks whether to remove the volume, data and all.
      yield* runtime.deploy(app, yield* release("2.0.0+2", keeps({ type: "tmpfs", device: "tmpfs" })), deadline)
      assert.strictEqual((yield* runtime.exec(app, "cat /data/word", "web")).output, "still here\n")
      yield* runtime.undeploy(app, deadline, [])
      assert.deepStrictEqual(yield* runtime.volumes(app, []), [volume])
    })
  )

  /** Verifies: LAW-14 */
  composeTest("finds data that would be lost or not restored", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const found = (services: Readonly<Record<string, ServiceOptions>>, top = {}, env = "") =>
        release("1.0.0+1", compose(services, top), env).pipe(
          Effect.flatMap((one) => runtime.preflight(app, one)),
          Effect.map(kinds)
        )
      const expects = Effect.fnUntraced(function* (wanted: ReadonlyArray<string>, ...what: Parameters<typeof found>) {
        assert.deepStrictEqual(yield* found(...what), wanted, JSON.stringify(what))
      })
      const external = { external: true, name: `${app.stack}-none` }
      yield* expects([], { web: { volumes: ["data:/data", "/etc/hosts:/x:ro", "/var/run/docker.sock:/y"] } }, withData)
      yield* expects(["anonymous-volume"], { web: { volumes: ["/data"] } })
      yield* expects(["anonymous-volume"], { web: { image: volumeImage } })
      yield* expects([], { web: { image: volumeImage, volumes: ["data:/data/"] } }, withData)
      yield* expects(["relative-folder"], { web: { volumes: ["./files:/files"] } })
      const nfs = { driver_opts: { type: "nfs", device: ":/export", o: "addr=nas" } }
      yield* expects(["foreign-driver"], { web: { volumes: ["data:/d"] } }, { volumes: { data: nfs } })
      yield* expects(["external-secret"], { web: { secrets: ["s"] } }, { secrets: { s: external } })
      yield* expects(["missing-secret"], { web: { secrets: ["s"] } }, { secrets: { s: { file: "./none" } } })
      yield* expects(["missing-variable"], { web: { secrets: ["s"] } }, { secrets: { s: { environment: "NONE" } } })
      yield* expects(["missing-network"], { web: { networks: ["n"] } }, { networks: { n: external } })
      yield* expects(["missing-volume"], { web: { volumes: ["ext:/v"] } }, { volumes: { ext: external } })
      yield* expects(["missing-variable"], { web: { environment: { A: "${NEEDED}" } } })
      yield* expects([], { web: { environment: { A: "${NEEDED}" } } }, {}, "NEEDED=\n")
      yield* expects(["missing-profile"], { web: {}, mail: { profiles: ["mail"] } }, {}, "COMPOSE_PROFILES=mial\n")
      yield* expects([], { web: {}, mail: { profiles: ["mail"] } }, {}, "COMPOSE_PROFILES=mail\n")
      const shop = `${app.stack}-shop`
      yield* run("docker", ["volume", "create", shop])
      const own = { volumes: { ext: { external: true, name: shop } } }
      yield* expects(["external-volume"], { web: { volumes: ["ext:/v"] } }, own)
      const server = createServer()
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
        () => Effect.sync(() => server.close())
      )
      const { port } = server.address() as { port: number }
      yield* expects(["port-taken"], { web: { ports: [`127.0.0.1:${port}:80`] } })
      yield* run("docker", ["create", "--name", `${app.stack}-taken`, busyboxImage])
      yield* expects(["taken-name"], { web: { container_name: `${app.stack}-taken` } })
      yield* run("docker", ["network", "create", `${app.stack}_default`])
      yield* expects(["taken-network"], { web: {} })
    })
  )

  /** Verifies: LAW-14 */
  composeTest(
    "finds an anonymous volume and other users in the running app, but not its own",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const ports = ["127.0.0.1::80"]
        const one = yield* release("1.0.0+1", compose({ web: { volumes: ["data:/data"], ports } }, withData))
        yield* runtime.deploy(app, one, deadline)
        assert.deepStrictEqual(yield* runtime.preflight(app, one), [])
        const mount = ["--volume", `${app.stack}_data:/x`, "--network", `${app.stack}_default`]
        yield* run("docker", ["run", "--detach", "--name", `${app.stack}-other`, ...mount, busyboxImage, ...idle])
        assert.deepStrictEqual(kinds(yield* runtime.preflight(app, one)), ["shared-volume", "shared-network"])
        const left = yield* Effect.flip(runtime.undeploy(app, 3000, []))
        assert.match(
          left.message,
          /volume .*_data is in use outside of the project: container .*-other \(running\), network .*_default/
        )
        yield* run("docker", ["rm", "--force", `${app.stack}-other`])
        yield* runtime.deploy(app, yield* release("2.0.0+2", compose({ web: { image: volumeImage } })), deadline)
        assert.deepStrictEqual(kinds(yield* runtime.preflight(app, one)), ["anonymous-volume"])
      })
  )

  /** Verifies: LAW-1, LAW-14 */
  composeTest("takes the volumes for which the operator answers", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const photos = `${app.stack}-photos`
      yield* run("docker", ["volume", "create", photos])
      const web = { image: volumeImage, volumes: ["photos:/photos"] }
      const own = { volumes: { photos: { external: true, name: photos } } }
      const one = yield* release("1.0.0+1", compose({ web }, own))
      const answered = (answers: Readonly<Record<string, DataAnswer>>) => ({
        ...app,
        data: new Map(Object.entries(answers))
      })
      assert.deepStrictEqual(kinds(yield* runtime.preflight(app, one)), ["anonymous-volume", "external-volume"])
      assert.match((yield* Effect.flip(runtime.prefetch(app, one))).message, /anonymous volume/)

      const taken = answered({ "web:/data": "external", [`volume:${photos}`]: "own" })
      assert.deepStrictEqual(yield* runtime.preflight(taken, one), [])
      yield* runtime.prefetch(taken, one)
      yield* runtime.deploy(taken, one, deadline)
      assert.deepStrictEqual(yield* runtime.preflight(taken, one), [])
      const names = (answers: typeof app) =>
        Effect.map(runtime.volumes(answers, []), (all) => all.map(({ name }) => name))
      const left = answered({ "web:/data": "external", [`volume:${photos}`]: "external" })
      assert.deepStrictEqual(yield* runtime.preflight(left, one), [])
      assert.deepStrictEqual([yield* names(taken), yield* names(left)], [[photos], []])
      assert.deepStrictEqual((yield* runtime.folders?.(left, one) ?? Effect.succeed(null))?.external, [
        "web:/data",
        `volume:${photos}`
      ])
      yield* runtime.undeploy(taken, deadline, [])
      assert.deepStrictEqual([yield* names(taken), yield* names(left)], [[photos], []])

      const other = ["--name", `${app.stack}-other`, "--volume", `${photos}:/x`]
      yield* run("docker", ["run", "--detach", ...other, busyboxImage, ...idle])
      assert.deepStrictEqual(kinds(yield* runtime.preflight(taken, one)), ["shared-volume"])
      assert.include((yield* Effect.flip(runtime.assertQuiet(taken, []))).message, `${app.stack}-other`)
      yield* runtime.assertQuiet(left, [])
    })
  )

  /** Verifies: LAW-14 */
  composeTest("refuses releases that compose would refuse later or build", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const refused = (files: Readonly<Record<string, string>>, env?: string) =>
        release("1.0.0+1", files, env).pipe(
          Effect.flatMap((one) => runtime.preflight(app, one)),
          Effect.flip,
          Effect.map((error) => `${error._tag}: ${error.message}`)
        )
      assert.match(yield* refused({ "stack.yml": "" }), /^InvalidRelease: .*no file compose\.yml/)
      assert.match(yield* refused({ "compose.yml": "a: [" }), /^InvalidRelease: .*compose\.yml/)
      const profiles = ["x"]
      assert.match(
        yield* refused(compose({ web: { profiles } })),
        /^InvalidRelease: .*no services, or each needs a profile/
      )
      const needed = compose({ web: { environment: { A: "${NEEDED:?set it}" } } })
      const hazards = yield* runtime.preflight(app, yield* release("1.0.0+1", needed))
      assert.deepStrictEqual(
        hazards.map(({ kind, what }) => `${kind}: ${what}`),
        ["missing-variable: the variable NEEDED is not set"]
      )
      assert.match(yield* refused(compose({ web: {} }), "COMPOSE_FILE=../env\n"), /^InvalidRelease: .*outside/)
      assert.match(yield* refused(compose({ web: {} }), "DOCKER_HOST=tcp://evil\n"), /^InvalidRelease: .*DOCKER_HOST/)
      const remote = compose({ web: {} }, { include: ["https://git.example.org/more.git"] })
      assert.match(yield* refused(remote), /^InvalidRelease: .*git remote resource is disabled/)
      const built = { "compose.yml": JSON.stringify({ services: { web: { build: "." } } }) }
      assert.match(yield* refused(built), /^InvalidRelease: .*web is built from the recipe/)
      const two = yield* release("2.0.0+2", compose({ web: { build: "." }, none: { image: "lastgood-test/none:1" } }))
      const unknown = yield* Effect.flip(runtime.prefetch(app, two))
      assert.match(unknown.message, /the image lastgood-test\/none:1 cannot be/)
      // There is no Dockerfile: it is taken by its name.
      const three = yield* release("3.0.0+3", compose({ web: { build: "." } }))
      assert.deepStrictEqual((yield* runtime.prefetch(app, three)).images, [busyboxImage])
      yield* runtime.deploy(app, three, deadline)
    })
  )

  composeTest(
    "reads the same files and variables as compose, and nothing of lastgood's environment",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const environment = { WORD: "${WORD}", NAME: "${STACK_NAME}", AT: "${DOMAIN}", LEAK: "${VITEST:-none}" }
        const asks = "echo $NAME $AT $LEAK; [ $WORD = sesame-open ]"
        const { "compose.yml": base } = compose({ web: {}, mail: { profiles: ["mail"] } })
        const more = JSON.stringify({ services: { web: { environment } } })
        const found = { "docker-compose.yml": base, "compose.override.yaml": more }
        const ran = Effect.fnUntraced(function* (
          version: string,
          files: Readonly<Record<string, string>>,
          env?: string
        ) {
          const own = yield* release(version, files, env)
          const { services } = yield* runtime.deploy(app, own, deadline)
          const { code, output } = yield* runtime.exec(app, asks, "web")
          return [[...services].sort().join(), code, output]
        })
        const says = `${app.stack} ${app.domain} none\n`
        const profile = "COMPOSE_PROFILES=mail\nWORD=sesame-open\n"
        assert.deepStrictEqual(yield* ran("1.0.0+1", found, profile), ["mail,web", 0, says])
        const listed = { "a.yml": base, "more.yml": more }
        const list = "COMPOSE_FILE=a.yml:more.yml\nWORD=sesame-open\nDOMAIN=localhost\n"
        assert.deepStrictEqual(yield* ran("2.0.0+2", listed, list), ["web", 0, `${app.stack} localhost none\n`])
        assert.deepStrictEqual(yield* ran("3.0.0+3", { ...found, ".env": "WORD=sesame-open\n" }), ["web", 0, says])
      })
  )

  /** Verifies: LAW-12 */
  composeTest("reveals no value of the env file that compose quotes", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const said = Effect.fnUntraced(function* (service: ServiceOptions, env: string) {
        const one = yield* release("1.0.0+1", compose({ web: service }), env)
        const [answer, error] = yield* runtime.preflight(app, one).pipe(
          Effect.match({
            onFailure: (failed) => ["", `${failed.message} ${JSON.stringify(failed)}`] as const,
            onSuccess: (hazards) => [JSON.stringify(hazards), ""] as const
          })
        )
        return answer + error
      })
      const environment = { A: "${PASSWORD}" }
      const texts = [
        yield* said({ environment: { A: "${PASSWORD} ${" } }, "PASSWORD=correct-horse\n"),
        yield* said({ ports: ["${PASSWORD}"] }, "PASSWORD=correct-horse\n"),
        yield* said({ environment }, "correct horse=correct-horse\nPASSWORD=x\n"),
        yield* said({ environment }, 'PASSWORD="correct-horse\n'),
        yield* said({ environment }, "PASSWORD=correct$horse\n")
      ]
      for (const text of texts) {
        assert.notMatch(text, /correct.horse|horse/)
        assert.match(text, /cannot be deployed|missing-variable/)
      }
      assert.match(texts[3] ?? "", /cannot read its env file, line \d: unterminated quoted value/)
      assert.match(texts[4] ?? "", /the variable after a \$ in a value of the env file is not set/)
    })
  )

  it.live("says what to do without an engine, and without the compose plugin", () =>
    Effect.gen(function* () {
      const { app, release } = yield* testStack(undefined, "compose")
      const nowhere = yield* composeRuntime({ DOCKER_HOST: "unix:///nowhere.sock" })
      const error = yield* Effect.flip(nowhere.available)
      assert.match(`${error.message}; ${error.next}`, /engine does not respond; start it/)
      // A look that fails must never pass for "nothing is there" (LAW-1).
      assert.strictEqual((yield* Effect.flip(nowhere.assertQuiet(app, [])))._tag, "RuntimeUnavailable")
      const one = yield* release("1.0.0+1", compose({ web: {} }))
      assert.strictEqual((yield* Effect.flip(nowhere.deploy(app, one, deadline)))._tag, "RuntimeUnavailable")
      const { stdout } = yield* run("sh", ["-c", "command -v docker"])
      // The words of clients 20.10 and 28 without it.
      for (const words of ["unknown flag: --project-name", "docker: unknown command: docker compose"]) {
        const without = [
          "#!/bin/sh",
          `[ "$1" = compose ] || exec ${stdout.trim()} "$@"`,
          `echo "${words}" >&2; exit 125`
        ]
        yield* Effect.promise(() => writeFile(join(app.dir, "docker"), without.join("\n"), { mode: 0o755 }))
        const runtime = yield* composeRuntime({ PATH: `${app.dir}:${process.env["PATH"]}` })
        for (const unable of [runtime.available, runtime.preflight(app, one), runtime.deploy(app, one, deadline)]) {
          const failed = yield* Effect.flip(unable as Effect.Effect<unknown, { message: string; next?: string }>)
          assert.match(`${failed.message}; ${failed.next}`, /docker compose is not installed; install the plugin/)
        }
      }
    }).pipe(Effect.scoped)
  )

  /** Verifies: LAW-2 */
  composeTest("keeps the images of a renamed app under its new name, also if it is asked again", (runtime, stack) =>
    Effect.gen(function* () {
      const { app, release } = stack
      const moving = `lastgood-test/${app.name}:1`
      yield* run("docker", ["image", "tag", busyboxImage, moving])
      const one = yield* release("1.0.0+1", compose({ web: { image: moving } }))
      yield* runtime.deploy(app, one, deadline)
      yield* runtime.keepRelease?.(app, one, { isRunning: true }) ?? Effect.void
      yield* runtime.undeploy(app, deadline, [])
      const renamed = { ...app, name: `${app.name}-renamed` }
      const heldOf = (name: string) =>
        dockerLines("ps", "--all", "--filter", `label=lastgood.keeps-image-of=${name}`, "--format", "{{.Names}}")
      const [before = ""] = yield* heldOf(app.name)
      const expected = before.replace(app.name, renamed.name)
      for (const _ of ["once", "again"]) {
        yield* runtime.renameReleases?.(renamed, app.name, [one.commit]) ?? Effect.void
        assert.deepStrictEqual(yield* heldOf(app.name), [])
        assert.deepStrictEqual(yield* heldOf(renamed.name), [expected])
        const tags = yield* dockerLines("image", "ls", "--format", "{{.Tag}}", `lastgood-test/${app.name}`)
        assert.deepStrictEqual(tags.toSorted(), ["1", expected].toSorted())
      }
      // The tag means nothing any more: what ran is still known.
      yield* run("docker", ["image", "rm", moving])
      const back = yield* runtime.asKept?.(renamed, one) ?? Effect.succeed(one)
      assert.include(back.images?.["web"]?.image ?? "", expected)
      yield* runtime.forgetReleases?.(renamed, [one.commit]) ?? Effect.void
      assert.deepStrictEqual(yield* heldOf(renamed.name), [])
    })
  )
})
