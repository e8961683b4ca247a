import { readFile } from "node:fs/promises"
import { assert, describe, it, vi } from "@effect/vitest"
import { recorder } from "@lastgood/testing/recorder"
import * as Effect from "effect/Effect"
import { jsonOf, makeWorld, type Ran } from "./world.ts"

// Each test starts several processes, on machines that may be busy with other tests.
vi.setConfig({ testTimeout: 420_000 })

const canary = "c4nary5ecret"

const setUp = Effect.fnUntraced(function* (notify: ReadonlyArray<string>, more = "") {
  const world = yield* makeWorld()
  const config = yield* Effect.promise(() => readFile(world.at("lastgood.yaml"), "utf8"))
  yield* world.write("lastgood.yaml", `${config}notify: ${JSON.stringify(notify)}\n${more}`)
  const done = (code: number, ...args: ReadonlyArray<string>) =>
    Effect.tap(world.lastgood([...args]), (ran: Ran) =>
      Effect.sync(() => assert.strictEqual(ran.code, code, `${args.join(" ")}\n${ran.stdout}${ran.stderr}`))
    )
  return { ...world, done }
})

const titles = (bodies: ReadonlyArray<{ readonly body: string }>) =>
  bodies.map(({ body }) => (JSON.parse(body) as { readonly title: string }).title)

describe("notify", () => {
  it.live("test sends one message to each sink, and says what each server answered", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const good = yield* recorder(() => ({ body: "taken\nmore" }))
        const bad = yield* recorder(() => ({ status: 403, body: `no ${canary}` }))
        const { done } = yield* setUp([
          `generic+http://127.0.0.1:${good.port}/${canary}?template=json`,
          `ntfy://u:${canary}@127.0.0.1:${bad.port}/ops?disabletls=yes&level=error`
        ])
        const both = yield* done(1, "notify", "test")
        const [one = "", two = ""] = both.stdout.trim().split("\n")
        assert.match(one, /^generic:127\.0\.0\.1:[0-9a-f]{4}: 200 OK: taken$/)
        assert.match(two, /^ntfy:127\.0\.0\.1:[0-9a-f]{4}: failed: got 403 Forbidden: no \*\*\*$/)
        assert.deepStrictEqual(titles(good.seen), ["lastgood: test message"])

        const json = jsonOf(yield* done(0, "notify", "test", one.split(": ")[0]?.slice(0, 9) ?? "", "--json"))
        assert.deepNestedInclude(json as object, { format: 1, ok: true, "sinks[0].answer": "200 OK: taken" })
        assert.match((yield* done(64, "notify", "test", "nothing")).stderr, /no such sink .*it has generic:.*, ntfy:/)
        assert.match((yield* done(0, "notify")).stdout, /^generic:\S+ {2}info\nntfy:\S+ {2}error\n$/)
      })
    )
  )

  /** Verifies: LAW-10, LAW-12 */
  it.live("a command sends its alert, and the log, the reports and the errors know the sink without its secrets", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const good = yield* recorder()
        const bad = yield* recorder(({ body, url }) => ({ status: 500, body: `${url} ${body} ${canary}` }))
        const { done, lastgood } = yield* setUp([
          `generic+http://127.0.0.1:${good.port}/${canary}?template=json`,
          `gotify://127.0.0.1:${bad.port}/${canary}?disabletls=yes`
        ])
        const outputs: Array<string> = []
        const keep = (ran: Ran) => outputs.push(ran.stdout, ran.stderr)
        keep(yield* done(0, "deploy", "web", "--to", "1.0.0+1.0.0"))
        assert.deepStrictEqual(good.seen, [])
        const failed = yield* done(3, "upgrade", "web")
        keep(failed)
        assert.match(failed.stderr, /alert not delivered to gotify:127\.0\.0\.1:[0-9a-f]{4}: got 500/)
        assert.deepStrictEqual(titles(good.seen), ["web: 1.1.0+1.0.0 failed, rolled back to 1.0.0+1.0.0"])
        const [{ body = "" } = {}] = good.seen
        assert.match(body, /The app was down for [\d.]+ m?s \(undeploy .*, deploy .*\)\./)
        assert.match(body, /Raised at \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ\./)
        assert.lengthOf(bad.seen, 1)
        // A later command does not hammer it, and sends nothing twice.
        keep(yield* done(0, "hold", "web"))
        assert.deepStrictEqual([good.seen.length, bad.seen.length], [1, 1])
        assert.match((yield* done(0, "notify")).stdout, /gotify:\S+ {2}info {2}failing since .*: got 500/)
        const doctor = yield* lastgood(["doctor"])
        assert.match(doctor.stdout, /^WARN {2}notifications: gotify:\S+ takes nothing since .*: got 500/m)
        assert.match(doctor.stdout, /^OK {4}notifications: generic:/m)

        for (const args of [
          ["log", "--json"],
          ["log"],
          ["status", "--json"],
          ["alerts", "--all", "--json"],
          ["replay", "--json"],
          ["notify", "--json"],
          ["export"],
          ["doctor"]
        ]) {
          keep(yield* lastgood(args))
        }
        assert.notInclude(outputs.join("\n"), canary)
        assert.include(outputs.join("\n"), "AlertDelivered")
        keep(yield* done(0, "report", "--output", "report.tar.gz"))
        const report = yield* lastgood(["report", "--output", "again.tar.gz"])
        assert.notInclude(report.stdout + report.stderr, canary)
      })
    )
  )

  it.live("is sent once by reconcile --once, which pings a dead man's switch", () =>
    Effect.scoped(
      Effect.gen(function* () {
        const chat = yield* recorder()
        const pings = yield* recorder()
        const { done } = yield* setUp(
          [`generic+http://127.0.0.1:${chat.port}/x?template=json`],
          `ping: http://127.0.0.1:${pings.port}/${canary}\n`
        )
        yield* done(0, "deploy", "web", "--to", "1.0.0+1.0.0")
        yield* done(3, "reconcile", "--once")
        yield* done(0, "reconcile", "--once")
        assert.deepStrictEqual(titles(chat.seen), ["web: 1.1.0+1.0.0 failed, rolled back to 1.0.0+1.0.0"])
        const paths = pings.seen.map(({ url }) => url.replace(`/${canary}`, ""))
        assert.deepStrictEqual(paths, ["/start", "/fail", "/start", ""])
      })
    )
  )
})
