/** The pages of a real daemon in a real browser. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Page } from "playwright-core"
import { describeNeeding } from "../../../needing.ts"
import { expectCode } from "../../expect.ts"
import { harms, v1, v2 } from "../../harness.ts"
import { browser, complaints, go, isTooWide, linkOf, missingBrowser, opened, problemsOf } from "./browser.ts"
import { serving } from "./serving.ts"

const hrefOf = (page: Page, selector: string) =>
  Effect.promise(async () => (await page.locator(selector).first().getAttribute("href")) ?? "none")

/** Markup in a text that an operator, a recipe or an app could write. */
const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`

describeNeeding("LASTGOOD_TEST_BROWSER", missingBrowser, "the dashboard", () => {
  /** Verifies: LAW-12, LAW-13 */
  it.live(
    "shows all apps and one app to whoever has the link, in both themes and at every width",
    () =>
      Effect.gen(function* () {
        const { port, start, world } = yield* serving()
        const base = `http://127.0.0.1:${port}`
        yield* world.tag(v2, harms)
        expectCode(yield* world.lastgood(["upgrade", "demo"]), 3)
        expectCode(yield* world.lastgood(["hold", "demo", "--reason", hostile]), 0)
        expectCode(yield* world.lastgood(["dashboard"]), 1)
        yield* start
        const one = yield* browser

        const { context, page, said } = yield* opened(one, { javaScriptEnabled: false })
        const before = yield* go(page, `${base}/`)
        assert.strictEqual(before.status, 401)
        assert.include(before.text, "Run lastgood dashboard")
        const link = yield* linkOf(world)
        const first = yield* go(page, link)
        assert.match(page.url(), /\/#act=[\w.-]+$/)
        assert.include(first.text, "1 of 1 app running, 1 needs attention, 1 open alert")
        assert.include(first.text, v1)
        const [cookie] = yield* Effect.promise(() => context.cookies())
        assert.deepInclude(cookie, { httpOnly: true, sameSite: "Strict" })

        yield* Effect.promise(() => page.getByRole("link", { name: "demo", exact: true }).first().click())
        const text = yield* Effect.promise(() => page.locator("main").textContent())
        for (const part of [v1, v2, "rolled back, recovered", "down ", "rollback: restore", "Quarantined", hostile]) {
          assert.include(text, part)
        }
        assert.notInclude(yield* Effect.promise(() => page.content()), "k9Xw3fQ2vT7m")
        const attempt = yield* hrefOf(page, "#attempts h3 a")
        const snapshot = yield* hrefOf(page, "#snapshots th a")
        const alert = yield* hrefOf(page, "#alerts p.acts a")
        assert.deepStrictEqual(complaints(said), [])

        // The link works once.
        const other = yield* opened(one)
        assert.include((yield* go(other.page, link)).text, "no longer valid")
        assert.strictEqual((yield* go(other.page, `${base}/apps/demo`)).status, 401)
        const nowhere = yield* go(other.page, `${base}/nothing`)
        assert.strictEqual(nowhere.status, 404)
        assert.include(nowhere.text, "No page at this address. All apps")

        const cookies = yield* Effect.promise(() => context.cookies())
        for (const colorScheme of ["light", "dark"] as const) {
          for (const width of [360, 1280]) {
            const shown = yield* opened(one, { colorScheme, viewport: { width, height: 800 } })
            yield* Effect.promise(() => shown.context.addCookies(cookies))
            for (const path of [
              ...[
                "/",
                "/?show=attention&q=dem",
                "/apps/demo",
                "/apps/nothing",
                "/nothing",
                "/enter",
                attempt,
                snapshot,
                alert
              ],
              `${snapshot}?volume=data`,
              ...["upgrade", "rollback", "hold", "release", "retry"].map((act) => `/apps/demo/acts/${act}`)
            ]) {
              yield* go(shown.page, `${base}${path}`)
              const where = `${path}, ${colorScheme}, ${width} px`
              assert.strictEqual(yield* problemsOf(shown.page), "[]", where)
              assert.isFalse(yield* isTooWide(shown.page), where)
              assert.notInclude(yield* Effect.promise(() => shown.page.title()), "owned", where)
            }
            assert.deepStrictEqual(complaints(shown.said), [])
            yield* Effect.promise(() => shown.context.close())
          }
        }

        // The first key goes to the content.
        yield* go(page, `${base}/`)
        yield* Effect.promise(() => page.keyboard.press("Tab"))
        yield* Effect.promise(() => page.keyboard.press("Enter"))
        assert.strictEqual(page.url(), `${base}/#main`)
      }),
    300_000
  )
})
