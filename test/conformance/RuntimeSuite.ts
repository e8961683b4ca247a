/**
 * The contract of the port `Runtime`, as tests over any adapter. Real services, real time; what a service did is read
 * from its volume, never asked of the runtime under test.
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { EffectiveApp, Release } from "@lastgood/core/domain/App"
import type { Inspection, Runtime, ServiceInspection } from "@lastgood/core/runtime/Runtime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** What `PASSWORD` in the app's env file is to be: the word that nothing may repeat (LAW-12). */
export const password = "correct-horse-battery"

/** One app of one test. Everything of it is gone when the scope of `make` closes, whatever the runtime did. */
export interface Subject {
  readonly runtime: Runtime
  /** It has one volume, `data`, and an env file with `PASSWORD`. Nothing of it runs yet. */
  readonly app: EffectiveApp
  /**
   * Lays a release out: a POSIX `sh` script per service, which finds the volume's folder in `$DATA` and the env file's
   * word in `$PASSWORD`. A service that ends is not started again.
   */
  readonly release: (version: string, services: Readonly<Record<string, string>>) => Effect.Effect<Release>
  /** Lays a release out that cannot be deployed. */
  readonly invalid: Effect.Effect<Release>
  /** Somebody changes what the service `web` runs, past lastgood; something of the app stays up, or comes back. */
  readonly byHand: Effect.Effect<void, unknown, Scope.Scope>
  /** Somebody else holds the volume until the scope closes. Returns what `NotQuiet` has to name. */
  readonly holdData: Effect.Effect<string, unknown, Scope.Scope>
}

export interface RuntimeSuiteOptions {
  /** Milliseconds within which this runtime deploys and undeploys a small app. */
  readonly deadlineMs: number
  /** Milliseconds for one test. */
  readonly timeoutMs: number
  /** Its tests run beside each other: they mostly wait for an engine. */
  readonly concurrent?: boolean
  /** For suites that need something of the host: `describe` where it is there, a skip where it is not. */
  readonly describe?: (name: string, body: () => void) => void
}

/** Runs until it is asked to end. */
const idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
const counts = `echo started >> $DATA/starts; ${idle}`
/** Says who it is, again and again. */
const beats = (who: string) => `trap 'exit 0' TERM; while :; do echo ${who} >> $DATA/beats; sleep 0.05; done`
/** Goes on writing for two seconds after it was asked to end. */
const stopsSlowly =
  "trap 'i=0; while [ $i -lt 20 ]; do echo $i >> $DATA/log; i=$((i+1)); sleep 0.1; done; exit 0' TERM; " +
  "echo up >> $DATA/log; while :; do sleep 0.1; done"

const dataFolder = ({ app, runtime }: Subject) =>
  Effect.map(runtime.volumes(app, []), (volumes) => volumes.find(({ key }) => key === "data")?.path ?? "/none")

const textOf = (subject: Subject, name: string) =>
  Effect.flatMap(dataFolder(subject), (folder) =>
    Effect.promise(() => readFile(join(folder, name), "utf8").catch(() => ""))
  )

const waitForText = Effect.fnUntraced(function* (subject: Subject, name: string, text: string) {
  const deadline = (yield* Clock.currentTimeMillis) + 15_000
  while (!(yield* textOf(subject, name)).includes(text)) {
    if ((yield* Clock.currentTimeMillis) > deadline) return yield* Effect.die(new Error(`${name} never said ${text}`))
    yield* Effect.sleep(50)
  }
})

export const suite = (name: string, make: Effect.Effect<Subject, unknown, Scope.Scope>, options: RuntimeSuiteOptions) =>
  (options.describe ?? describe)(`Runtime: ${name}`, () => {
    const { concurrent = false, deadlineMs, timeoutMs: timeout } = options
    const check = (title: string, body: (subject: Subject) => Effect.Effect<void, unknown, Scope.Scope>) =>
      it.live(title, () => Effect.flatMap(make, body), { timeout, concurrent })

    check("deploys a release, and reports the running one", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        const one = yield* release("1.0.0+1", { web: idle, worker: idle })
        assert.isFalse((yield* runtime.inspect(app)).present)
        const { services } = yield* runtime.deploy(app, one, deadlineMs)
        assert.deepStrictEqual([...services].sort(), ["web", "worker"])
        const seen = yield* runtime.inspect(app)
        assert.deepStrictEqual(
          [seen.present, seen.converged, seen.version, seen.commit],
          [true, true, one.version, one.commit]
        )
        assert.deepStrictEqual(seen.services.map((s) => [s.name, s.ok]).sort(), [
          ["web", true],
          ["worker", true]
        ])
      })
    )

    check("reads a release's declarations without touching anything", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        const declared = yield* runtime.declared(app, yield* release("1.0.0+1", { web: idle }))
        for (const service of declared) {
          assert.deepStrictEqual(service, { name: "web", labels: {}, healthcheck: null })
        }
        assert.isFalse((yield* runtime.inspect(app)).present)
      })
    )

    check("deploys the same release twice as one app, started once", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const one = yield* release("1.0.0+1", { web: counts })
        yield* runtime.deploy(app, one, deadlineMs)
        yield* runtime.deploy(app, one, deadlineMs)
        yield* waitForText(subject, "starts", "started")
        yield* Effect.sleep(500)
        assert.strictEqual(yield* textOf(subject, "starts"), "started\n")
        assert.isTrue((yield* runtime.inspect(app)).converged)
      })
    )

    check("replaces the running release, and removes services that the new one does not have", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const one = yield* release("1.0.0+1", { web: beats("1"), gone: beats("1") })
        yield* runtime.deploy(app, one, deadlineMs)
        yield* waitForText(subject, "beats", "1")
        yield* runtime.deploy(app, yield* release("2.0.0+2", { web: beats("2") }), deadlineMs)
        const atReturn = (yield* textOf(subject, "beats")).length
        yield* Effect.sleep(500)
        const since = (yield* textOf(subject, "beats")).slice(atReturn)
        assert.deepStrictEqual([...new Set(since.split("\n").filter((line) => line !== ""))], ["2"])
        const seen = yield* runtime.inspect(app)
        assert.deepStrictEqual([seen.version, seen.services.map((s) => s.name)], ["2.0.0+2", ["web"]])
      })
    )

    check("undeploys everything but the volumes, also repeatedly", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const one = yield* release("1.0.0+1", { web: counts, worker: idle })
        yield* runtime.deploy(app, one, deadlineMs)
        yield* waitForText(subject, "starts", "started")
        const { removed } = yield* runtime.undeploy(app, deadlineMs, [])
        assert.isAtLeast(removed.length, 2)
        assert.isFalse((yield* runtime.inspect(app)).present)
        yield* runtime.assertQuiet(app, [])
        assert.strictEqual(yield* textOf(subject, "starts"), "started\n")
        assert.deepStrictEqual((yield* runtime.undeploy(app, deadlineMs, [])).removed, [])
        yield* runtime.deploy(app, one, deadlineMs)
        yield* waitForText(subject, "starts", "started\nstarted\n")
      })
    )

    check("undeploys an app that was never deployed", ({ app, runtime }) =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* runtime.undeploy(app, deadlineMs, [])).removed, [])
        yield* runtime.assertQuiet(app, [])
      })
    )

    /** Verifies: LAW-1 */
    check("is not quiet while the app is up, and does not change it", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: idle }), deadlineMs)
        const error = yield* Effect.flip(runtime.assertQuiet(app, []))
        assert.strictEqual(error._tag, "NotQuiet")
        assert.isTrue(error._tag === "NotQuiet" && error.left.length > 0)
        assert.isTrue((yield* runtime.inspect(app)).converged)
      })
    )

    /** Verifies: LAW-1 */
    check("returns from undeploy only after a slow service has finished writing", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: stopsSlowly }), deadlineMs)
        yield* waitForText(subject, "log", "up")
        const { quietAfterMs } = yield* runtime.undeploy(app, deadlineMs, [])
        const atReturn = yield* textOf(subject, "log")
        yield* Effect.sleep(1500)
        assert.strictEqual(yield* textOf(subject, "log"), atReturn)
        assert.match(atReturn, /\n19\n$/)
        assert.isAtLeast(quietAfterMs, 1900)
      })
    )

    /** Verifies: LAW-1 */
    check("is not quiet, at the deadline and after it, while somebody else uses a volume", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release, holdData } = subject
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: counts }), deadlineMs)
        yield* waitForText(subject, "starts", "started")
        yield* Effect.gen(function* () {
          const holder = yield* holdData
          const error = yield* Effect.flip(runtime.undeploy(app, 3000, []))
          assert.strictEqual(error._tag, "NotQuiet", error.message)
          assert.isTrue(error._tag === "NotQuiet" && error.left.some((left) => left.includes(holder)), error.message)
          assert.isTrue(error._tag === "NotQuiet" && error.waitedMs >= 3000 && error.waitedMs < 3000 + deadlineMs)
          const still = yield* Effect.flip(runtime.assertQuiet(app, []))
          assert.include(still.message, holder)
        }).pipe(Effect.scoped)
        yield* runtime.undeploy(app, deadlineMs, [])
        yield* runtime.assertQuiet(app, [])
        assert.strictEqual(yield* textOf(subject, "starts"), "started\n")
      })
    )

    check("fails to deploy a service that ends immediately, and removes its remains", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const bad = yield* release("1.0.0+1", { web: counts, broken: "echo no good; exit 3" })
        const error = yield* Effect.flip(runtime.deploy(app, bad, deadlineMs))
        assert.strictEqual(error._tag, "RuntimeFailed")
        assert.match(error.message, /broken.*3/s)
        assert.isFalse((yield* runtime.inspect(app)).converged)
        yield* runtime.undeploy(app, deadlineMs, [])
        yield* runtime.assertQuiet(app, [])
        assert.isFalse((yield* runtime.inspect(app)).present)
        yield* runtime.deploy(app, yield* release("1.0.1+1", { web: idle }), deadlineMs)
        assert.isTrue((yield* runtime.inspect(app)).converged)
      })
    )

    /** Verifies: LAW-14 */
    check("finds no hazard in a valid release, and refuses one that cannot be deployed", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const one = yield* release("1.0.0+1", { web: idle })
        assert.deepStrictEqual(yield* runtime.preflight(app, one), [])
        yield* runtime.prefetch(app, one)
        assert.isFalse((yield* runtime.inspect(app)).present)
        yield* runtime.deploy(app, one, deadlineMs)
        const bad = yield* subject.invalid
        const before = yield* runtime.inspect(app)
        assert.strictEqual((yield* Effect.flip(runtime.preflight(app, bad)))._tag, "InvalidRelease")
        assert.strictEqual((yield* Effect.flip(runtime.deploy(app, bad, deadlineMs)))._tag, "InvalidRelease")
        assert.deepStrictEqual(yield* runtime.inspect(app), before)
      })
    )

    check("runs commands inside the app, and returns their output and exit code", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: idle, worker: idle }), deadlineMs)
        const ran = yield* runtime.exec(app, "echo $((6 * 7)); echo no >&2; exit 9", "worker")
        assert.deepStrictEqual([ran.code, ran.output], [9, "42\nno\n"])
        const unknown = yield* Effect.flip(runtime.exec(app, "true", "db"))
        assert.match(unknown.message, /db/)
        yield* runtime.undeploy(app, deadlineMs, [])
        assert.strictEqual((yield* Effect.flip(runtime.exec(app, "true", "web")))._tag, "RuntimeFailed")
      })
    )

    check("distinguishes a running service from one that ended for good", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const services = { web: idle, brief: "while [ ! -e $DATA/end ]; do sleep 0.1; done; exit 4" }
        yield* runtime.deploy(app, yield* release("1.0.0+1", services), deadlineMs)
        const folder = yield* dataFolder(subject)
        yield* Effect.promise(() => writeFile(join(folder, "end"), ""))
        const deadline = (yield* Clock.currentTimeMillis) + 15_000
        let brief = yield* runtime.containerState(app, "brief")
        while (!brief.dead && (yield* Clock.currentTimeMillis) < deadline) {
          yield* Effect.sleep(200)
          brief = yield* runtime.containerState(app, "brief")
        }
        const web = yield* runtime.containerState(app, "web")
        assert.deepStrictEqual([web.ok, web.dead, brief.ok, brief.dead], [true, false, false, true])
        const seen = yield* runtime.inspect(app)
        assert.isFalse(seen.converged)
        assert.deepStrictEqual(
          seen.services.filter((s) => !s.ok).map((s) => [s.name, s.dead, s.since]),
          [["brief", true, null]]
        )
      })
    )

    /** Verifies: LAW-16 */
    check("reports the same services after another deploy of the release", (subject) =>
      Effect.gen(function* () {
        const { app, runtime, release } = subject
        const one = yield* release("1.0.0+1", { web: idle, worker: idle })
        const look = Effect.map(runtime.inspect(app), (seen) => ({
          seen,
          // When it was started, and what is said to people, are another time's.
          facts: {
            ...seen,
            services: seen.services.map(({ state: _, since: __, ...facts }) => facts)
          }
        }))
        yield* runtime.deploy(app, one, deadlineMs)
        const first = yield* look
        for (const { version, commit, config, replicas, restarts, since, dead } of first.seen.services) {
          assert.deepStrictEqual([version, commit, restarts, dead], [one.version, one.commit, 0, undefined])
          assert.match(config ?? "", /^1\.[0-9a-f]{8}\.[0-9a-f]{32}$/)
          assert.strictEqual(replicas, 1)
          const age = (yield* Clock.currentTimeMillis) - Date.parse(since ?? "")
          assert.isTrue(age > -3000 && age < deadlineMs, `since ${since}`)
        }
        yield* runtime.deploy(app, one, deadlineMs)
        assert.deepStrictEqual((yield* look).seen, first.seen)
        yield* runtime.undeploy(app, deadlineMs, [])
        assert.deepStrictEqual((yield* runtime.inspect(app)).services, [])
        yield* runtime.deploy(app, one, deadlineMs)
        assert.deepStrictEqual((yield* look).facts, first.facts)
      })
    )

    /** Verifies: LAW-16 */
    check("detects changes by hand", ({ app, runtime, release, byHand }) =>
      Effect.gen(function* () {
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: idle, worker: idle }), deadlineMs)
        const before = yield* runtime.inspect(app)
        assert.isFalse(before.mixed)
        yield* byHand
        const deadline = (yield* Clock.currentTimeMillis) + 15_000
        const webOf = ({ services }: Inspection) => services.filter(({ name }) => name === "web")
        const told = ({ version, commit, config }: ServiceInspection) => `${version} ${commit} ${config}`
        let after = before
        while ((yield* Clock.currentTimeMillis) < deadline) {
          after = yield* runtime.inspect(app)
          if (after.mixed || webOf(after).map(told).join() !== webOf(before).map(told).join()) return
          yield* Effect.sleep(200)
        }
        assert.fail(`the change by hand is not seen: ${JSON.stringify(after)}`)
      })
    )

    check("returns the last lines that the app printed", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        const talks = `for i in 1 2 3 4 5; do echo "line $i"; done; ${idle}`
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: talks }), deadlineMs)
        yield* Effect.sleep(500)
        const logs = yield* runtime.logs(app, 2)
        assert.include(logs, "line 5")
        assert.include(logs, "line 4")
        assert.notInclude(logs, "line 3")
      })
    )

    /** Verifies: LAW-12 */
    check("reveals no value of the env file, whatever the app prints", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        const tells = 'echo "my password is $PASSWORD"; echo "$PASSWORD" >&2'
        const bad = yield* release("1.0.0+1", { web: `${tells}; exit 1` })
        const error = yield* Effect.flip(runtime.deploy(app, bad, deadlineMs))
        const logsOfBad = yield* runtime.logs(app, 50)
        yield* runtime.undeploy(app, deadlineMs, [])
        yield* runtime.deploy(app, yield* release("2.0.0+1", { web: `${tells}; ${idle}` }), deadlineMs)
        const { output } = yield* runtime.exec(app, "echo $PASSWORD", "web")
        assert.strictEqual(output, "***\n")
        const logs = yield* runtime.logs(app, 50)
        assert.include(logs, "my password is ***")
        const notQuiet = yield* Effect.flip(runtime.assertQuiet(app, []))
        const said = [error, error.message, logsOfBad, logs, notQuiet, notQuiet.message, yield* runtime.inspect(app)]
        assert.notInclude(JSON.stringify(said), password)
      })
    )

    check("lists the existing volumes, and recreates a lost one", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* runtime.volumes(app, []), [])
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: idle }), deadlineMs)
        yield* runtime.undeploy(app, deadlineMs, [])
        const [volume, ...others] = yield* runtime.volumes(app, [])
        assert.deepStrictEqual([volume?.key, others], ["data", []])
        if (volume === undefined) return
        const { path, created, ...rest } = volume
        // What Docker shows of a local volume is another time after each write to it.
        assert.isNull(created)
        assert.deepStrictEqual(yield* runtime.createVolume(app, rest), volume)
        const lost = { ...rest, name: rest.name.replace(/data$/, "lost"), key: "lost" }
        const made = yield* runtime.createVolume(app, lost)
        assert.deepStrictEqual(made, { ...lost, path: made.path, created: made.created })
        assert.notStrictEqual(made.path, path)
        assert.deepStrictEqual(yield* runtime.createVolume(app, lost), made)
      })
    )

    check("deletes a volume with its data, and no folder of the host", ({ app, runtime, release }) =>
      Effect.gen(function* () {
        yield* runtime.deploy(app, yield* release("1.0.0+1", { web: idle }), deadlineMs)
        yield* runtime.undeploy(app, deadlineMs, [])
        const [volume] = yield* runtime.volumes(app, [])
        if (volume === undefined) return assert.fail("there is no volume")
        if (volume.kind !== "volume") {
          yield* Effect.flip(runtime.removeVolume(app, volume))
          return assert.deepStrictEqual(yield* runtime.volumes(app, []), [volume])
        }
        yield* runtime.removeVolume(app, volume)
        assert.deepStrictEqual(yield* runtime.volumes(app, []), [])
        // A lastgood that was killed deletes it again.
        yield* runtime.removeVolume(app, volume)
      })
    )
  })
