/** What an operator does from the pages of a real daemon in a real browser, and what others cannot. */
import { createServer } from "node:http"
import { assert, it } from "@effect/vitest"
import { freePort } from "@lastgood/testing/freePort"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { describeNeeding } from "../../../needing.ts"
import { expectCode } from "../../expect.ts"
import { exits, v1, v2, v3, type World, waitUntil } from "../../harness.ts"
import {
  browser,
  complaints,
  go,
  isTooWide,
  linkOf,
  missingBrowser,
  opened,
  problemsOf,
  shows,
  tabTo
} from "./browser.ts"
import { serving } from "./serving.ts"

const typesIn = (world: World) => Effect.map(world.log, ({ events }) => events.map(({ type }) => type))

const countOf = (world: World, type: string) =>
  Effect.map(typesIn(world), (types) => types.filter((one) => one === type).length)

const press = (page: Page, name: RegExp | string) =>
  Effect.promise(() => page.getByRole("button", { name }).first().click())

/** Opens a confirm page, and sends its form. */
const confirm = Effect.fnUntraced(function* (page: Page, url: string, button: RegExp) {
  yield* go(page, url)
  yield* press(page, button)
  yield* Effect.promise(() => page.waitForURL(/\/apps\/demo(?:#.*)?$/))
})

/** A page of another program on this host, on another port: the browser sends it our cookies. */
const otherSite = (html: (own: string) => string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const port = await freePort()
      const cookies: Array<string> = []
      const server = createServer((request, response) => {
        cookies.push(request.headers.cookie ?? "")
        response.setHeader("content-type", "text/html").end(html(`http://127.0.0.1:${port}`))
      })
      await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
      return { url: `http://127.0.0.1:${port}/`, cookies, server }
    }),
    ({ server }) => Effect.sync(() => server.close())
  )

describeNeeding("LASTGOOD_TEST_BROWSER", missingBrowser, "the pages", () => {
  it.live(
    "let an operator upgrade with the keyboard alone, and show the attempt as it goes on",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving()
        yield* start
        const base = `http://127.0.0.1:${port}`
        const { page, said } = yield* opened(yield* browser)
        yield* go(page, yield* linkOf(world))
        assert.strictEqual(page.url(), `${base}/`)
        yield* world.tag(v2, { slowStop: 300 })
        yield* tabTo(page, /^demo$/)
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        yield* Effect.promise(() => page.waitForURL(`${base}/apps/demo`))
        yield* tabTo(page, /^Plan an upgrade$/)
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        yield* shows(page, "puts this data back")
        for (const part of [v1, v2, "Downtime: unknown", "stops the app, and proves that nothing can write"]) {
          assert.include(yield* Effect.promise(() => page.locator("main").textContent()), part)
        }
        assert.strictEqual(yield* countOf(world, "UpgradeAttempted"), 0)
        yield* tabTo(page, /^Upgrade to 1\.1\.0/)
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        yield* Effect.promise(() => page.waitForURL(/\/apps\/demo#attempt-/))
        // A mark that a reload would remove.
        yield* Effect.promise(() => page.evaluate("window.isSame = true"))
        yield* shows(page, "committed", "#attempts li:first-child .head")
        yield* shows(page, "the last upgrade ended: committed", "#spoken")
        assert.isTrue(yield* Effect.promise(() => page.evaluate("window.isSame === true")))
        assert.strictEqual((yield* world.page).version, v2)

        // What happens elsewhere is shown too, and leaves the focus and open details alone.
        yield* Effect.promise(() => page.locator("#chart-size summary").click())
        yield* Effect.promise(() => page.getByRole("link", { name: "Take a snapshot" }).focus())
        yield* world.tag(v3)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        yield* shows(page, v3, "#attempts li:first-child .head")
        yield* shows(page, "committed", "#attempts li:first-child .head")
        assert.isTrue(yield* Effect.promise(() => page.evaluate("window.isSame === true")))
        assert.isNotNull(yield* Effect.promise(() => page.locator("#chart-size details").getAttribute("open")))
        const focused = yield* Effect.promise(() => page.evaluate("document.activeElement.textContent"))
        assert.strictEqual(focused, "Take a snapshot")
        assert.deepStrictEqual(complaints(said), [])
      }),
    300_000
  )

  it.live(
    "let an operator do everything else, each once, after a page that says what will happen",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving()
        yield* world.tag(v2)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 0)
        yield* world.addRow("b")
        yield* world.tag(v3, exits)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
        yield* world.tag("2.0.0+2.0.0")
        yield* start
        const acts = `http://127.0.0.1:${port}/apps/demo/acts`
        const { page, said } = yield* opened(yield* browser)
        yield* go(page, yield* linkOf(world))

        // A double click.
        yield* go(page, `${acts}/snapshot`)
        yield* Effect.promise(() => page.getByRole("button").dblclick())
        yield* shows(page, "done", "#attempts li:first-child .head")
        assert.strictEqual(yield* countOf(world, "SnapshotAttempted"), 1)

        yield* go(page, `${acts}/hold`)
        yield* Effect.promise(() => page.getByLabel("Reason").fill("<b>a conference</b>"))
        yield* Effect.promise(() => page.getByLabel("Until").selectOption("86400"))
        yield* press(page, "Hold")
        yield* shows(page, "<b>a conference</b>", "dl.facts")
        yield* confirm(page, `${acts}/release`, /Release/)
        yield* confirm(page, `${acts}/retry?version=${encodeURIComponent(v3)}`, /Retry/)
        yield* confirm(page, `${acts}/approve?version=2.0.0%2B2.0.0`, /Approve/)
        yield* confirm(page, `${acts}/withdraw?version=2.0.0%2B2.0.0`, /Withdraw/)
        yield* confirm(page, `${acts}/acknowledge`, /Acknowledge/)
        const types = yield* typesIn(world)
        for (const type of ["AppHeld", "AppReleased", "QuarantineLifted", "VersionApproved", "ApprovalWithdrawn"]) {
          assert.include(types, type)
        }
        assert.include(types, "AlertAcknowledged")

        // The page says which data comes back, and where the other goes.
        const { text } = yield* go(page, `${acts}/rollback`)
        for (const part of ["takes the place of the present data", "is set aside", v1, "sets the present data aside"]) {
          assert.include(text, part)
        }
        yield* press(page, /Roll back to 1\.0\.0/)
        yield* shows(page, "done", "#attempts li:first-child .head")
        const { rows, version } = yield* world.page
        assert.deepStrictEqual({ rows, version }, { rows: ["a"], version: v1 })
        yield* shows(page, "Set aside by rollbacks")
        yield* Effect.promise(() => page.locator("#snapshots").getByRole("link", { name: "Restore" }).first().click())
        yield* press(page, /Restore to 1\.1\.0/)
        yield* shows(page, v2, "#attempts li:first-child .head")
        yield* shows(page, "done", "#attempts li:first-child .head")
        assert.deepStrictEqual((yield* world.page).rows, ["a", "b"])
        // What is not possible has no button.
        assert.include((yield* go(page, `${acts}/release`)).text, "it is not on hold")
        assert.strictEqual(yield* Effect.promise(() => page.getByRole("button").count()), 0)
        assert.deepStrictEqual(complaints(said), [])
      }),
    300_000
  )

  it.live(
    "let an operator deploy, promote and interrupt, and close the breaker of the host",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving("", { config: "    interval: 1h\n", top: "breaker: 1\n" })
        // The daemon's first pass upgrades, and rolls back, which opens the breaker. The next one is far away.
        yield* world.tag(v2, exits)
        yield* start
        const base = `http://127.0.0.1:${port}`
        const acts = `${base}/apps/demo/acts`
        const { page, said } = yield* opened(yield* browser, { viewport: { width: 360, height: 740 } })
        yield* go(page, yield* linkOf(world))
        const isFine = Effect.gen(function* () {
          assert.strictEqual(yield* problemsOf(page), "[]")
          assert.isFalse(yield* isTooWide(page))
        })

        yield* waitUntil(
          "the breaker does not open",
          Effect.map(countOf(world, "AlertRaised"), (count) => count === 2),
          120_000
        )
        yield* shows(page, "automatic upgrades are stopped", "#alerts")
        yield* Effect.promise(() => page.getByRole("link", { name: "Close the breaker" }).click())
        yield* shows(page, "counts rollbacks anew")
        yield* isFine
        yield* press(page, "Close the breaker")
        yield* Effect.promise(() => page.waitForURL(`${base}/`))
        assert.strictEqual(yield* countOf(world, "BreakerClosed"), 1)
        assert.include((yield* go(page, `${base}/apps/_host/acts/release`)).text, "the breaker is closed")

        yield* go(page, `${base}/apps/demo`)
        expectCode(yield* world.lastgood(["promote", "demo", "--at-teardown"]), 0)
        yield* Effect.promise(() => page.getByRole("link", { name: "Deploy", exact: true }).click())
        yield* shows(page, "No snapshot is taken")
        yield* isFine
        yield* press(page, /^Deploy 1\.0\.0/)
        yield* shows(page, "committed", "#attempts li:first-child .head")
        assert.strictEqual((yield* world.page).version, v1)

        yield* go(page, `${acts}/promote`)
        yield* shows(page, "if it is healthy")
        yield* isFine
        yield* Effect.promise(() => page.getByLabel(/Take a snapshot first/).uncheck())
        yield* press(page, "Promote")
        yield* waitUntil(
          "it is not promoted",
          Effect.map(countOf(world, "SnapshotPromoted"), (count) => count === 2),
          60_000
        )

        // A try waits at its health gate.
        yield* world.tag(v3, { health: 500 })
        const tried = world.start(["try", "demo", v3])
        yield* go(page, `${base}/apps/demo`)
        yield* Effect.promise(() => page.getByRole("link", { name: "Interrupt" }).click())
        yield* shows(page, "is rolled back, version and data")
        yield* isFine
        yield* press(page, "Interrupt")
        expectCode(yield* tried.done, 130)
        assert.strictEqual((yield* world.page).version, v1)
        assert.deepStrictEqual(complaints(said), [])
      }),
    300_000
  )

  it.live(
    "let an operator stop, start and remove an app, whose data stays",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving("", { config: "    interval: 1h\n" })
        yield* start
        const base = `http://127.0.0.1:${port}`
        const { page, said } = yield* opened(yield* browser)
        yield* go(page, yield* linkOf(world))
        const isFine = Effect.gen(function* () {
          for (const colorScheme of ["light", "dark"] as const) {
            for (const width of [360, 1280]) {
              yield* Effect.promise(() => page.emulateMedia({ colorScheme }))
              yield* Effect.promise(() => page.setViewportSize({ width, height: 800 }))
              assert.strictEqual(yield* problemsOf(page), "[]", `${colorScheme}, ${width} px`)
              assert.isFalse(yield* isTooWide(page), `${colorScheme}, ${width} px`)
            }
          }
        })
        /** From the app's page to the confirm page, and what that says. */
        const asked = Effect.fnUntraced(function* (name: string, ...parts: ReadonlyArray<string>) {
          yield* Effect.promise(() => page.getByRole("link", { name, exact: true }).click())
          for (const part of parts) yield* shows(page, part)
          yield* isFine
        })
        const links = (name: string) => Effect.promise(() => page.getByRole("link", { name, exact: true }).count())

        yield* go(page, `${base}/apps/demo`)
        assert.deepStrictEqual([yield* links("Stop"), yield* links("Start")], [1, 0])
        yield* isFine
        yield* asked("Stop", v1, "Downtime: until you start it again", "No snapshot is taken")
        assert.strictEqual(yield* countOf(world, "StopAttempted"), 0)
        yield* press(page, "Stop")
        yield* shows(page, "done", "#attempts li:first-child .head")
        yield* shows(page, "stopped by", "dl.facts")
        assert.isFalse(yield* world.isUp)
        assert.deepStrictEqual([yield* links("Stop"), yield* links("Start")], [0, 1])
        yield* isFine
        assert.include((yield* go(page, `${base}/apps/demo/acts/stop`)).text, "it is already down")

        yield* go(page, `${base}/apps/demo`)
        yield* asked("Start", "the version that its data belongs to")
        yield* press(page, /^Start 1\.0\.0/)
        yield* shows(page, "committed", "#attempts li:first-child .head")
        assert.deepStrictEqual((yield* world.page).rows, ["a"])

        const before = yield* countOf(world, "SnapshotVerified")
        yield* asked("Remove", "Its data stays", "Downtime: for good", "lastgood remove demo --data")
        assert.strictEqual(yield* countOf(world, "RemoveAttempted"), 0)
        yield* press(page, "Remove")
        yield* shows(page, "done", "#attempts li:first-child .head")
        yield* shows(page, "removed by", "dl.facts")
        assert.isFalse(yield* world.isUp)
        assert.strictEqual(yield* countOf(world, "SnapshotVerified"), before + 1)
        assert.notInclude(yield* typesIn(world), "DataRemoved")
        for (const name of ["Stop", "Start", "Remove"]) assert.strictEqual(yield* links(name), 0, name)
        yield* isFine
        // It comes back on its data, as the page said.
        expectCode(yield* world.lastgood(["deploy", "demo"]), 0)
        assert.deepStrictEqual((yield* world.page).rows, ["a"])
        assert.deepStrictEqual(complaints(said), [])
      }),
    300_000
  )

  it.live(
    "show that the daemon is gone, and go on when it is back",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving()
        const daemon = yield* start
        const { page } = yield* opened(yield* browser)
        const link = yield* linkOf(world)
        yield* go(page, link)
        yield* go(page, `http://127.0.0.1:${port}/apps/demo`)
        yield* shows(page, "live", "#link")
        daemon.signal("SIGKILL")
        yield* daemon.done
        yield* shows(page, "The daemon does not answer", "#link")
        yield* Effect.promise(() => page.evaluate("window.isSame = true"))
        yield* start
        yield* shows(page, /^live$/, "#link")
        expectCode(yield* world.lastgood(["hold", "demo", "--reason", "after the restart"]), 0)
        yield* shows(page, "after the restart", "dl.facts")
        assert.isTrue(yield* Effect.promise(() => page.evaluate("window.isSame === true")))
        // A link works once, whichever daemon took it.
        const again = yield* Effect.promise(() => fetch(link, { redirect: "manual" }))
        assert.strictEqual(again.status, 401)
      }),
    300_000
  )

  /** Verifies: LAW-17 */
  it.live(
    "do nothing for a stolen cookie, another site, or a browser that only reads",
    () =>
      Effect.gen(function* () {
        const { ask, port, start, world } = yield* serving(", readOpen: true")
        yield* start
        const base = `http://127.0.0.1:${port}`
        const hold = `${base}/apps/demo/acts/hold`
        const one = yield* browser
        const { context, page } = yield* opened(one)
        yield* go(page, yield* linkOf(world))
        const [session] = yield* Effect.promise(() => context.cookies())
        const key = String(yield* Effect.promise(() => page.evaluate("localStorage.getItem('lastgood-act')")))
        assert.match(key, /^\d+\./)
        const other = yield* opened(one)
        yield* go(other.page, yield* linkOf(world))
        const otherKey = String(
          yield* Effect.promise(() => other.page.evaluate("localStorage.getItem('lastgood-act')"))
        )

        const cookie = `lastgood-session=${session?.value}`
        const body = `once=${"n".repeat(24)}&reason=mine&for=`
        const sent = (headers: Readonly<Record<string, string>>) =>
          ask("/apps/demo/acts/hold", {
            method: "POST",
            body,
            headers: { "content-type": "application/x-www-form-urlencoded", ...headers }
          })
        const before = yield* typesIn(world)
        for (const headers of [
          {},
          { cookie },
          { "x-lastgood-act": key },
          { cookie, "x-lastgood-act": otherKey },
          { cookie, "x-lastgood-act": session?.value ?? "" },
          { cookie, "x-lastgood-act": key, origin: "http://127.0.0.1:1" },
          { cookie, "x-lastgood-act": key, "sec-fetch-site": "same-site" },
          { cookie, "x-lastgood-act": key, host: "evil.example" }
        ]) {
          assert.strictEqual((yield* sent(headers)).status, 403, JSON.stringify(headers))
        }
        assert.strictEqual((yield* sent({ cookie, "x-lastgood-act": key, "x-huge": "y".repeat(20_000) })).status, 431)
        const huge = yield* ask("/apps/demo/acts/hold", {
          method: "POST",
          body: "z".repeat(70_000),
          headers: { cookie, "x-lastgood-act": key, "content-type": "application/x-www-form-urlencoded" }
        })
        assert.strictEqual(huge.status, 413)

        // A page on another port gets the cookie, and can do nothing with it.
        const evil = yield* otherSite(
          () => `<title>evil</title><iframe src="${hold}"></iframe>
<form id="form" method="post" action="${hold}" target="frame"><input name="once" value="${"m".repeat(24)}"><input name="reason" value="theirs"><input name="for"></form><iframe name="frame"></iframe>
<script>
form.submit()
const body = new URLSearchParams({ once: "o".repeat(24), reason: "theirs", for: "" })
Promise.allSettled([
  fetch("${hold}", { method: "POST", credentials: "include", mode: "no-cors", body }),
  fetch("${hold}", { method: "POST", credentials: "include", headers: { "x-lastgood-act": "guess" }, body }),
  fetch("${base}/", { credentials: "include" }).then((r) => r.text())
]).then((all) => { document.title = all.map((one) => one.status).join(" ") })
</script>`
        )
        yield* go(page, evil.url)
        yield* waitUntil(
          "the other site does not end",
          Effect.promise(async () => (await page.title()).includes("rejected"))
        )
        assert.isTrue(evil.cookies.some((text) => text.includes("lastgood-session=")))
        assert.strictEqual(yield* Effect.promise(() => page.title()), "rejected rejected rejected")
        const framed = page.frames().map((frame) => frame.url())
        assert.notInclude(framed, hold, "a frame shows one of our pages")
        assert.deepStrictEqual(yield* typesIn(world), before)

        // Without JavaScript, and without a session: the command in place of the button.
        for (const options of [{ javaScriptEnabled: false }, {}]) {
          const reader = yield* opened(one, options)
          assert.include((yield* go(reader.page, hold)).text, 'lastgood hold demo --reason "…"')
          assert.isFalse(yield* Effect.promise(() => reader.page.getByRole("button").isVisible()))
        }
        assert.strictEqual((yield* sent({ cookie, "x-lastgood-act": key })).status, 200)
        assert.strictEqual(yield* countOf(world, "AppHeld"), 1)
      }),
    300_000
  )
})
