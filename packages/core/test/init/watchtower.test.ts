import { assert, describe, it } from "@effect/vitest"
import { adviceFor, settingNotes } from "../../src/init/watched.ts"
import { readWatchtower, treatmentBy } from "../../src/runtime/docker/Watchtower.ts"
import { watchtowerHazards } from "../../src/runtime/docker/watchtowers.ts"
import { container } from "../runtime/compose/container.ts"
import { service } from "./host.ts"

const label = (name: string, value: string) => ({ [`com.centurylinklabs.watchtower.${name}`]: value })
const tower = (env: ReadonlyArray<string> = [], args: ReadonlyArray<string> = []) =>
  readWatchtower("watchtower", true, env, args)

describe("Watchtower's settings", () => {
  it("are those of its variables", () => {
    const read = tower([
      "PATH=/bin",
      "WATCHTOWER_SCHEDULE=0 0 4 * * *",
      "WATCHTOWER_LABEL_ENABLE=true",
      "WATCHTOWER_NOTIFICATION_URL=discord://token@id telegram://secret@telegram?chats=1",
      "WATCHTOWER_DISABLE_CONTAINERS=db,cache"
    ])
    assert.strictEqual(read.schedule, "0 0 4 * * *")
    assert.isTrue(read.labelEnable)
    assert.deepStrictEqual(read.disabled, ["db", "cache"])
    // Verifies: LAW-12
    assert.deepStrictEqual(read.notifies, ["discord", "telegram"])
    assert.notInclude(JSON.stringify(read), "secret")
  })

  it("are those of its command line, which goes before", () => {
    const read = tower(
      ["WATCHTOWER_POLL_INTERVAL=60"],
      ["/watchtower", "--interval", "300", "-e", "--cleanup", "--scope=home", "web", "db"]
    )
    assert.strictEqual(read.everySeconds, 300)
    assert.deepStrictEqual([read.labelEnable, read.scope, read.only], [true, "home", ["web", "db"]])
    assert.deepStrictEqual(settingNotes(read).length, 1)
    assert.match(settingNotes(read)[0] ?? "", /^WATCHTOWER_CLEANUP: not needed/)
  })

  /** Verifies: LAW-7, LAW-12 */
  it("are never taken for the name of a container", () => {
    const read = tower(
      [],
      [
        ...["--notification-email-server-password", "hunter2", "--notification-gotify-token", "hunter3"],
        ...[
          "--notification-email-server-tls-skip-verify",
          "-ci30",
          "-es",
          "0 0 4 * * *",
          "--notifications-level",
          "warn"
        ]
      ]
    )
    assert.deepStrictEqual([read.only, read.everySeconds, read.labelEnable], [[], 30, true])
    assert.strictEqual(read.schedule, "0 0 4 * * *")
    assert.notMatch(JSON.stringify(read), /hunter/)
  })

  it("that mean nothing stay at a day", () => {
    assert.strictEqual(tower(["WATCHTOWER_POLL_INTERVAL=often"]).everySeconds, 86_400)
  })
})

describe("What Watchtower does with a container", () => {
  it.each([
    ["updates it by default", [], {}, "updated"],
    ["leaves it alone", [], label("enable", "false"), "unwatched"],
    ["needs the label where it is asked for", ["LABEL_ENABLE=1"], {}, "unwatched"],
    ["has the label where it is asked for", ["LABEL_ENABLE=1"], label("enable", "true"), "updated"],
    ["only reports", [], label("monitor-only", "true"), "monitored"],
    ["only reports anything", ["MONITOR_ONLY=true"], {}, "monitored"],
    ["reports in spite of the label", ["MONITOR_ONLY=true"], label("monitor-only", "false"), "monitored"],
    [
      "lets the label decide",
      ["MONITOR_ONLY=true", "LABEL_TAKE_PRECEDENCE=true"],
      label("monitor-only", "false"),
      "updated"
    ],
    ["does not pull", [], label("no-pull", "true"), "fixed"],
    ["has another scope", ["SCOPE=a"], label("scope", "b"), "unwatched"],
    ["has its scope", ["SCOPE=a"], label("scope", "a"), "updated"],
    ["is told to leave it out", ["DISABLE_CONTAINERS=shop-web-1"], {}, "unwatched"]
  ] as const)("%s", (_, env, labels, expected) => {
    const read = tower(env.map((line) => `WATCHTOWER_${line}`))
    assert.strictEqual(treatmentBy(read, { name: "shop-web-1", isRunning: true, labels }), expected)
  })

  it("ignores stopped ones unless it is told otherwise", () => {
    const stopped = { name: "shop-web-1", isRunning: false, labels: {} }
    assert.strictEqual(treatmentBy(tower(), stopped), "unwatched")
    assert.strictEqual(treatmentBy(tower(["WATCHTOWER_INCLUDE_STOPPED=true"]), stopped), "updated")
  })
})

describe("What an app takes from Watchtower", () => {
  it("is its schedule, or its interval as a duration", () => {
    assert.strictEqual(
      adviceFor([tower(["WATCHTOWER_SCHEDULE=0 0 4 * * *"])], [service("web")]).schedule,
      "0 0 4 * * *"
    )
    assert.strictEqual(adviceFor([tower()], [service("web")]).interval, "1d")
    assert.strictEqual(adviceFor([tower(["WATCHTOWER_POLL_INTERVAL=90"])], [service("web")]).interval, "90s")
    assert.deepStrictEqual(adviceFor([], [service("web")]).interval, null)
  })

  it("is not an automatic upgrade where it upgrades nothing, also by labels alone", () => {
    const quiet = service("web", { labels: label("enable", "false") })
    assert.isTrue(adviceFor([tower()], [quiet]).isManual)
    assert.isTrue(adviceFor([], [quiet]).isManual)
    const { fixed, isManual } = adviceFor([tower()], [quiet, service("db")])
    assert.deepStrictEqual([isManual, fixed], [false, ["web"]])
  })

  it("is a sentence for what lastgood does otherwise, without the text of a hook", () => {
    const { notes } = adviceFor(
      [tower()],
      [
        service("web", {
          labels: { ...label("depends-on", "db"), ...label("lifecycle.pre-update", "dump --password hunter2") }
        })
      ]
    )
    assert.match(notes.join("\n"), /restarts web with db \(depends-on\)/)
    assert.match(notes.join("\n"), /lifecycle hooks for Watchtower \(pre-update\)/)
    assert.notInclude(notes.join("\n"), "hunter2")
  })
})

/** Verifies: LAW-7, LAW-14 */
describe("A Watchtower beside lastgood", () => {
  const other = (like: Parameters<typeof container>[0]) =>
    container({ name: "watchtower", labels: { "com.centurylinklabs.watchtower": "true" }, ...like })

  it("is a hazard while it runs and upgrades a container of the app", () => {
    const [hazard, ...more] = watchtowerHazards([container()], [other({})])
    assert.strictEqual(hazard?.kind, "watchtower")
    assert.match(hazard?.what ?? "", /container watchtower\) upgrades shop-web-1 by itself/)
    assert.deepStrictEqual(more, [])
  })

  it("is none when it is stopped, or leaves the app alone", () => {
    assert.deepStrictEqual(watchtowerHazards([container()], [other({ status: "exited" })]), [])
    const quiet = container({ labels: label("enable", "false") })
    assert.deepStrictEqual(watchtowerHazards([quiet], [other({})]), [])
    const reported = container({ labels: label("monitor-only", "true") })
    assert.deepStrictEqual(watchtowerHazards([reported], [other({})]), [])
  })
})
