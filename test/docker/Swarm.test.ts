// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are compose variables, not templates.
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, beforeAll, it } from "@effect/vitest"
import { run } from "@lastgood/core/process/Tool"
import { makeSwarmRuntime } from "@lastgood/core/runtime/swarm/SwarmRuntime"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { clientOnly, engineThat } from "./brokenEngine.ts"
import { compose, idle, type ServiceOptions } from "./compose.ts"
import { busyboxImage, ensureImages, volumeImage } from "./images.ts"
import { describeSwarm } from "./requireDocker.ts"
import { deadline, dockerLines, kinds, runtimeTest, withData } from "./runtimeTest.ts"
import { testStack } from "./testStack.ts"

describeSwarm("Swarm", () => {
  beforeAll(() => Effect.runPromise(ensureImages("busybox")), 60_000)

  runtimeTest("labels services and containers with the running release", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const one = yield* release("1.0.0+1", compose({ web: {}, db: { deploy: { mode: "global" } } }))
      const { services } = yield* runtime.deploy(app, one, deadline)
      const { services: seen, ...rest } = yield* runtime.inspect(app)
      assert.deepStrictEqual([...services].sort(), ["db", "web"])
      const of = { version: "1.0.0+1", commit: "commit-of-1.0.0+1" }
      assert.deepStrictEqual(rest, { present: true, converged: true, ...of, mixed: false })
      assert.deepStrictEqual(
        seen.map(({ name, state, ok }) => [name, state, ok]),
        [
          ["db", "1/1", true],
          ["web", "1/1", true]
        ]
      )
    })
  )

  /** Verifies: LAW-12 */
  runtimeTest("reads its labels, interpolated, and the services with a HEALTHCHECK", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const labels = {
        "lastgood.policy": "${POLICY:-patch}",
        "traefik.http.middlewares.auth.basicauth.users": "admin:$$apr1$$secret"
      }
      const services: Readonly<Record<string, ServiceOptions & { readonly healthcheck?: object }>> = {
        web: { deploy: { labels }, healthcheck: { test: ["CMD", "true"] } },
        db: { deploy: { labels: ["coop-cloud.${STACK_NAME}.timeout=120"] } },
        off: { deploy: { replicas: 0 }, healthcheck: { test: ["CMD", "true"] } }
      }
      const declared = yield* runtime.declared(app, yield* release("1.0.0+1", compose(services)))
      // Docker's own, where the compose file gives none.
      const timing = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 }
      assert.deepStrictEqual(
        [...declared].sort((a, b) => a.name.localeCompare(b.name)),
        [
          { name: "db", labels: { [`coop-cloud.${app.stack}.timeout`]: "120" }, healthcheck: null },
          { name: "off", labels: {}, healthcheck: null },
          { name: "web", labels: { "lastgood.policy": "patch" }, healthcheck: "compose", timing }
        ]
      )
    })
  )

  runtimeTest("fails on tasks that fail repeatedly, with the engine's reason", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const restart_policy = { condition: "any", delay: "100ms" }
      // Long enough to be seen running.
      const bad = compose({ web: { command: ["sh", "-c", "sleep 0.4; exit 7"], deploy: { restart_policy } } })
      const error = yield* Effect.flip(runtime.deploy(app, yield* release("1.0.0+1", bad), deadline))
      assert.match(error.message, /web: \d+ tasks ended, the last: .*exit.*7/)
      yield* runtime.undeploy(app, deadline)
    })
  )

  runtimeTest("counts a completed job as done", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const deploy = { restart_policy: { condition: "on-failure" } }
      const files = compose({ web: {}, migrate: { command: ["true"], deploy } })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      assert.isTrue((yield* runtime.inspect(app)).converged)
    })
  )

  /** Verifies: LAW-9 */
  runtimeTest("does not mistake the swarm's own rollback for the release", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const update_config = { failure_action: "rollback", monitor: "2s" }
      const deploy = { update_config, restart_policy: { condition: "none" } }
      yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: { deploy } })), deadline)
      const bad = compose({ web: { command: ["sh", "-c", "sleep 1; exit 1"], deploy } })
      const error = yield* Effect.flip(runtime.deploy(app, yield* release("2.0.0+2", bad), deadline))
      assert.strictEqual(error._tag, "RuntimeFailed")
    })
  )

  /** Verifies: LAW-1 */
  runtimeTest(
    "waits for containers that write long after the swarm removed their service",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const writesOn =
          "trap 'i=0; while [ $i -lt 40 ]; do echo $i >> /data/log; i=$((i+1)); sleep 0.1; done; exit 0' TERM; " +
          "echo up >> /data/log; while :; do sleep 0.1; done"
        // On the host's network: one of the stack's own would be there as long as the container, and speak for it.
        const files = compose(
          { web: { command: ["sh", "-c", writesOn], volumes: ["data:/data"], networks: ["host"] } },
          { ...withData, networks: { host: { external: true, name: "host" } } }
        )
        yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
        const [volume] = yield* runtime.volumes(app)
        const log = join(volume?.path ?? "", "log")
        let forgottenWithWriter = false
        const watch = Effect.gen(function* () {
          const filter = ["--filter", `label=com.docker.stack.namespace=${app.stack}`]
          const services = yield* dockerLines("service", "ls", "--quiet", ...filter)
          const containers = yield* dockerLines("ps", "--quiet", ...filter)
          if (services.length === 0 && containers.length > 0) forgottenWithWriter = true
          yield* Effect.sleep(100)
        }).pipe(Effect.forever)
        const { removed, quietAfterMs } = yield* Effect.raceFirst(runtime.undeploy(app, deadline), watch)
        const atReturn = yield* Effect.promise(() => readFile(log, "utf8"))
        yield* Effect.sleep(3000)
        assert.strictEqual(yield* Effect.promise(() => readFile(log, "utf8")), atReturn)
        assert.isTrue(forgottenWithWriter, "the probe must outlive its service, or this test proves nothing")
        assert.match(atReturn, /39\n$/)
        assert.deepStrictEqual(removed, [`${app.stack}_web`])
        assert.isAbove(quietAfterMs, 3900)
      })
  )

  /** Verifies: LAW-1 */
  runtimeTest(
    "is not quiet while another container mounts the volume's folder by any path",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const files = compose({ web: { volumes: ["data:/data"] } }, withData)
        const one = yield* release("1.0.0+1", files)
        yield* runtime.deploy(app, one, deadline)
        const path = (yield* runtime.volumes(app))[0]?.path ?? ""
        const other = `${app.stack}-other`
        const startOther = (mount: string) =>
          run("docker", ["run", "--detach", "--name", other, "--volume", mount, busyboxImage, ...idle])
        yield* startOther(`${app.stack}_data:/x`)
        assert.include(kinds(yield* runtime.preflight(app, one)), "shared-volume")
        yield* run("docker", ["rm", "--force", other])
        yield* runtime.undeploy(app, deadline)
        yield* runtime.assertQuiet(app)
        // The same data by its folder: no volume's name tells of this one.
        yield* startOther(`${path}:/x`)
        assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app)))._tag, "NotQuiet")
      })
  )

  /** Verifies: LAW-1 */
  runtimeTest(
    "is not quiet while anything of the stack exists, and removes containers without a task",
    (runtime, { app }) =>
      Effect.gen(function* () {
        const label = ["--label", `com.docker.stack.namespace=${app.stack}`]
        const name = `${app.stack}-lost`
        yield* run("docker", ["run", "--detach", "--name", name, ...label, busyboxImage, ...idle])
        const running = yield* Effect.flip(runtime.undeploy(app, 1000))
        assert.match(running.message, new RegExp(`remaining: container ${name} \\(running\\)$`))
        yield* run("docker", ["stop", name])
        yield* run("docker", ["network", "create", ...label, `${app.stack}_lost`])
        const stopped = yield* Effect.flip(runtime.assertQuiet(app))
        assert.match(stopped.message, /container .*-lost \(exited\), network .*_lost$/)
        yield* runtime.undeploy(app, deadline)
        yield* runtime.assertQuiet(app)
      })
  )

  /** Verifies: LAW-1 */
  runtimeTest("never mistakes a failed query for an empty result", (_, { app }) =>
    Effect.gen(function* () {
      yield* run("docker", ["volume", "create", `${app.stack}_data`])
      yield* run("docker", ["create", "--name", `${app.stack}-other`, busyboxImage])
      const { stdout } = yield* run("sh", ["-c", "command -v docker"])
      const looks = ["service ls", "stack ps", "volume ls", "container ls", "network ls", "secret ls", "config ls"]
      for (const look of [...looks, "volume inspect", "container inspect"]) {
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
        const runtime = yield* Effect.provide(makeSwarmRuntime, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
        assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app)))._tag, "RuntimeFailed", look)
      }
      const lists = ["services", "tasks", "volumes", "networks", "secrets", "configs"].map(
        (noun) => new RegExp(`^/${noun}($|\\?)`)
      )
      for (const question of [...lists, /^\/containers\/json/, /^\/volumes\/./, /^\/containers\/\w+\/json/]) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const env = {
              PATH: process.env["PATH"] ?? "",
              ...(yield* engineThat(app.dir, (path) => question.test(path)))
            }
            const runtime = yield* Effect.provide(
              makeSwarmRuntime,
              ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
            )
            const error = yield* Effect.flip(runtime.assertQuiet(app))
            assert.include(["RuntimeFailed", "RuntimeUnavailable"], error._tag, String(question))
          })
        )
      }
    })
  )

  /** Verifies: LAW-1 */
  runtimeTest("leaves no container, network or config, and every named volume", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const files = {
        ...compose(
          { web: { volumes: ["data:/data"], networks: ["inner"], configs: ["settings"] } },
          { ...withData, networks: { inner: {} }, configs: { settings: { file: "./settings.txt" } } }
        ),
        "settings.txt": "color=green"
      }
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app)))._tag, "NotQuiet")
      yield* runtime.undeploy(app, deadline)
      const filter = ["--filter", `label=com.docker.stack.namespace=${app.stack}`]
      for (const noun of ["service", "container", "network", "config"]) {
        const all = noun === "container" ? ["--all"] : []
        assert.deepStrictEqual(yield* dockerLines(noun, "ls", "--quiet", ...all, ...filter), [], noun)
      }
      const volumes = yield* runtime.volumes(app)
      assert.deepStrictEqual(
        volumes.map(({ name, key }) => [name, key]),
        [[`${app.stack}_data`, "data"]]
      )
      assert.isFalse((yield* runtime.inspect(app)).present)
      assert.deepStrictEqual((yield* runtime.undeploy(app, deadline)).removed, [])
    })
  )

  runtimeTest("distinguishes its volumes from those of a stack with a longer name", (runtime, { app }) =>
    Effect.gen(function* () {
      const label = (stack: string) => ["--label", `com.docker.stack.namespace=${stack}`]
      const create = (name: string, ...flags: ReadonlyArray<string>) =>
        run("docker", ["volume", "create", ...flags, name])
      yield* create(`${app.stack}_db`, ...label(app.stack))
      yield* create(`${app.stack}_ci_db`, ...label(`${app.stack}_ci`))
      yield* create(`${app.stack}_by_hand`)
      yield* create(`${app.stack}_ci_by_hand`)
      const mine = (yield* runtime.volumes(app)).map(({ key }) => key).sort()
      const theirs = (yield* runtime.volumes({ ...app, stack: `${app.stack}_ci` })).map(({ key }) => key).sort()
      assert.deepStrictEqual(
        [mine, theirs],
        [
          ["by_hand", "db"],
          ["by_hand", "db"]
        ]
      )
    })
  )

  runtimeTest("recreates a lost volume as it was", (runtime, { app }) =>
    Effect.gen(function* () {
      const volume = {
        name: `${app.stack}_data`,
        key: "data",
        driver: "local",
        options: { type: "none", o: "bind", device: app.dir },
        labels: { "com.docker.stack.namespace": app.stack }
      }
      const made = yield* runtime.createVolume(app, volume)
      assert.deepStrictEqual(made, { ...volume, path: app.dir, created: null })
      assert.deepStrictEqual(yield* runtime.createVolume(app, volume), made)
    })
  )

  /** Verifies: LAW-14 */
  runtimeTest("finds data that would be lost or not restored", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const found = (services: Readonly<Record<string, ServiceOptions>>, top = {}) =>
        release("1.0.0+1", compose(services, top)).pipe(
          Effect.flatMap((one) => runtime.preflight(app, one)),
          Effect.map(kinds)
        )
      const external = { external: true, name: `${app.stack}-none` }
      assert.deepStrictEqual(yield* found({ web: { volumes: ["data:/data"] } }, withData), [])
      assert.deepStrictEqual(yield* found({ web: { volumes: ["/data"] } }), ["anonymous-volume"])
      assert.deepStrictEqual(yield* found({ web: { image: volumeImage } }), ["anonymous-volume"])
      assert.deepStrictEqual(yield* found({ web: { image: volumeImage, volumes: ["data:/data/"] } }, withData), [])
      assert.deepStrictEqual(yield* found({ web: { volumes: ["./files:/files"] } }), ["bind-mount", "missing-file"])
      assert.deepStrictEqual(yield* found({ web: { volumes: ["/etc/hosts:/x:ro"] } }), [])
      assert.deepStrictEqual(yield* found({ web: { volumes: ["/var/run/docker.sock:/x"] } }), [])
      assert.deepStrictEqual(
        yield* found({ web: { volumes: ["data:/d"] } }, { volumes: { data: { driver: "sshfs" } } }),
        ["foreign-driver"]
      )
      const nfs = { driver_opts: { type: "nfs", device: ":/export", o: "addr=nas" } }
      assert.deepStrictEqual(yield* found({ web: { volumes: ["data:/d"] } }, { volumes: { data: nfs } }), [
        "foreign-driver"
      ])
      assert.deepStrictEqual(yield* found({ web: { secrets: ["s"] } }, { secrets: { s: external } }), [
        "missing-secret"
      ])
      assert.deepStrictEqual(yield* found({ web: { configs: ["c"] } }, { configs: { c: external } }), [
        "missing-config"
      ])
      assert.deepStrictEqual(yield* found({ web: { configs: ["c"] } }, { configs: { c: { file: "./none" } } }), [
        "missing-config"
      ])
      assert.deepStrictEqual(yield* found({ web: { networks: ["n"] } }, { networks: { n: external } }), [
        "missing-network"
      ])
      assert.deepStrictEqual(yield* found({ web: { volumes: ["ext:/v"] } }, { volumes: { ext: external } }), [
        "missing-volume"
      ])
      const shop = `${app.stack}-shop`
      yield* run("docker", ["volume", "create", shop])
      const own = { volumes: { ext: { external: true, name: shop } } }
      assert.deepStrictEqual(yield* found({ web: { volumes: ["ext:/v"] } }, own), ["external-volume"])
    })
  )

  /** Verifies: LAW-14 */
  runtimeTest("finds an anonymous volume of the running app, and changes nothing", (runtime, { app, release }) =>
    Effect.gen(function* () {
      yield* runtime.deploy(app, yield* release("1.0.0+1", compose({ web: { image: volumeImage } })), deadline)
      const two = yield* release("2.0.0+2", compose({ web: {} }))
      const hazards = yield* runtime.preflight(app, two)
      assert.deepStrictEqual(kinds(hazards), ["anonymous-volume"])
      assert.match(hazards[0]?.what ?? "", /web keeps \/data in an anonymous volume/)
      assert.strictEqual((yield* runtime.inspect(app)).version, "1.0.0+1")
    })
  )

  /** Verifies: LAW-14 */
  runtimeTest("refuses releases that docker would refuse later", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const refused = (files: Readonly<Record<string, string>>, env?: string) =>
        release("1.0.0+1", files, env).pipe(
          Effect.flatMap((one) => runtime.preflight(app, one)),
          Effect.flip,
          Effect.map((error) => `${error._tag}: ${error.message}`)
        )
      assert.match(yield* refused({ "compose.yaml": "" }), /^InvalidRelease: .*no file compose\.yml/)
      assert.match(yield* refused({ "compose.yml": "a: [" }), /^InvalidRelease: .*compose\.yml/)
      assert.match(yield* refused({ "compose.yml": 'version: "3.8"' }), /^InvalidRelease: .*no services/)
      assert.match(
        yield* refused(compose({ web: { environment: { A: "${NEEDED:?set it}" } } })),
        /^InvalidRelease: .*NEEDED.*set it/
      )
      assert.match(yield* refused(compose({ web: {} }), "COMPOSE_FILE=../env\n"), /^InvalidRelease: .*outside/)
      assert.match(yield* refused(compose({ web: {} }), "DOCKER_HOST=tcp://evil\n"), /^InvalidRelease: .*DOCKER_HOST/)
      const one = yield* release("1.0.0+1", compose({ web: { image: "lastgood-test/none:1" } }))
      assert.match(
        (yield* Effect.flip(runtime.prefetch(app, one))).message,
        /the image lastgood-test\/none:1 cannot be/
      )
      const two = yield* release("2.0.0+1", compose({ web: {} }))
      assert.deepStrictEqual((yield* runtime.prefetch(app, two)).images, [busyboxImage])
    })
  )

  runtimeTest(
    "interpolates with the env file, the stack's name and the domain, over several files",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const environment = { WORD: "${WORD}", NAME: "${STACK_NAME}", AT: "${DOMAIN}", LEAK: "${VITEST:-none}" }
        const files = {
          ...compose({ web: {} }),
          "more.yml": JSON.stringify({ version: "3.8", services: { web: { environment } } })
        }
        yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
        const { code, output } = yield* runtime.exec(app, "echo $NAME $AT $LEAK; [ $WORD = sesame-open ]", undefined)
        assert.deepStrictEqual([code, output], [0, `${app.stack} ${app.domain} none\n`])
      }),
    "COMPOSE_FILE=compose.yml:more.yml\nWORD=sesame-open\n"
  )

  /** Verifies: LAW-12 */
  runtimeTest(
    "reveals no value of the env file that docker quotes in an error",
    (runtime, { app, release }) =>
      Effect.gen(function* () {
        const broken = yield* release("2.0.0+1", compose({ web: { environment: { A: "${PASSWORD} ${" } } }))
        const refused = yield* Effect.flip(runtime.preflight(app, broken))
        const said = JSON.stringify([refused, refused.message])
        assert.notInclude(said, "correct-horse")
      }),
    "PASSWORD=correct-horse\n"
  )

  runtimeTest("reports a container's health and the result of a command in it", (runtime, { app, release }) =>
    Effect.gen(function* () {
      const healthcheck = { test: ["CMD", "test", "-e", "/ok"], interval: "200ms", retries: 50 }
      const touch = ["sh", "-c", "trap 'exit 0' TERM; touch /ok; while :; do sleep 0.1; done"]
      const files = compose({ app: { healthcheck, command: touch }, web: {} })
      yield* runtime.deploy(app, yield* release("1.0.0+1", files), deadline)
      assert.deepStrictEqual(yield* runtime.containerState(app, undefined), { ok: true, dead: false, seen: "healthy" })
      assert.deepStrictEqual((yield* runtime.containerState(app, "web")).ok, true)
      const unknown = yield* Effect.flip(runtime.exec(app, "true", "db"))
      assert.match(unknown.message, /it has no service db \(services: app, web\)/)
    })
  )

  it.live("says what to do without an engine", () =>
    Effect.gen(function* () {
      const env = { PATH: process.env["PATH"] ?? "", DOCKER_HOST: "unix:///nowhere.sock" }
      const nowhere = Effect.provide(makeSwarmRuntime, ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
      const runtime = yield* nowhere
      const error = yield* Effect.flip(runtime.available)
      assert.match(`${error.message}; ${error.next}`, /engine does not respond; start it/)
      const { app } = yield* testStack()
      // A look that fails must never pass for "nothing is there" (LAW-1).
      assert.strictEqual((yield* Effect.flip(runtime.assertQuiet(app)))._tag, "RuntimeUnavailable")
    }).pipe(Effect.scoped)
  )
})
